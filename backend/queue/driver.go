package queue

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"corpusmill/exec"
)

// Driver is the backend that hands tasks to the workers of a session.
type Driver struct {
	Timing
	// Lead has the notice that workers read. It outlives the Driver.
	Lead *Lead
	// Logf is told of workers that join and are lost; nil for silence.
	Logf func(format string, args ...any)
	// Idle is how long a worker may be without a task before it is told to
	// leave; 0 for as long as the run goes on.
	Idle time.Duration
	// Watch, when it isn't nil, is called between two looks at the workers. It
	// may name workers that are gone, with the reason. Its error ends the run.
	Watch func(ctx context.Context, w Work) (gone map[string]string, err error)

	folder  string // of the session; "" when none is open
	members []*member
	run     int
	looked  time.Duration // when newcomers were looked for
	alone   time.Duration // when there last was a worker
	average time.Duration
	pending []exec.Task // by ID
}

// Work is the state of a run.
type Work struct {
	Workers []string      // the names of those that have joined
	Slots   int           // tasks that they run at once
	Tasks   int           // that are known of and not done, those at work included
	Average time.Duration // of what tasks took lately; 0 when none is done
}

// Open implements exec.Backend. How many tasks run at once is up to the
// workers that join.
func (d *Driver) Open(_ context.Context, folder string, _ int) error {
	d.Timing = d.withDefaults()
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	// What an interrupted session left is of no use to this one.
	if err := os.RemoveAll(filepath.Join(folder, "queue")); err != nil {
		return err
	}
	s := d.Lead.session()
	s.Folder = folder
	for _, name := range []string{joinFolder, workersFolder} {
		if err := os.MkdirAll(filepath.Join(s.queue(), name), 0o777); err != nil {
			return diskError(s.Folder, err)
		}
	}
	d.folder, d.alone, d.looked = s.queue(), d.now(), d.now()-time.Hour
	return d.Lead.set(func(s *Session) { s.Folder, s.State = folder, Open })
}

// maxPending is how many tasks are taken before there is a worker for them.
const maxPending = 1 << 16

// Run implements exec.Backend.
func (d *Driver) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	d.run++
	d.pending = nil
	supply := supplyOf(ctx, tasks)
	timer := time.NewTimer(0)
	defer timer.Stop()
	p := pace{max: d.Poll}
	d.refresh()
	for last := d.now(); ; {
		now := d.now()
		if now-last > d.Lost/2 {
			d.refresh() // it was this process that slept
		}
		last = now
		some, err := d.look(ctx, now, on)
		if err == nil {
			var given bool
			given, err = d.assign()
			some = some || given
		}
		if err != nil {
			d.stop()
			return err
		}
		if supply == nil && d.outstanding() == 0 {
			return ctx.Err()
		}
		timer.Reset(p.after(some))
		from := supply
		if len(d.pending) >= maxPending {
			from = nil
		}
		select {
		case <-ctx.Done():
			d.stop()
			return ctx.Err()
		case <-timer.C:
		case t, ok := <-from:
			p.next = 0
			for more := true; more; {
				if !ok {
					supply = nil
					break
				}
				d.enqueue(t)
				select {
				case t, ok = <-from:
				default:
					more = false
				}
				more = more && len(d.pending) < maxPending
			}
		}
	}
}

// supplyOf hands out the tasks until they or ctx end.
func supplyOf(ctx context.Context, tasks iter.Seq[exec.Task]) <-chan exec.Task {
	supply := make(chan exec.Task, 16)
	go func() {
		defer close(supply)
		for t := range tasks {
			select {
			case supply <- t:
			case <-ctx.Done():
				return
			}
		}
	}()
	return supply
}

// enqueue puts a task in its place: one that was lost is an early one, which
// the commit of others waits for.
func (d *Driver) enqueue(t exec.Task) {
	i, _ := slices.BinarySearchFunc(d.pending, t, func(a, b exec.Task) int { return a.ID - b.ID })
	d.pending = slices.Insert(d.pending, i, t)
}

func (d *Driver) outstanding() int {
	n := len(d.pending)
	for _, m := range d.members {
		n += len(m.tasks)
	}
	return n
}

// look takes in what has happened since the last time, and says whether
// anything has. Silence is measured up to now, when the look began: were this
// process put to sleep in the middle of it, nobody would count as silent for
// that.
func (d *Driver) look(ctx context.Context, now time.Duration, on func(exec.Event)) (some bool, err error) {
	some, err = d.admit()
	if err != nil {
		return some, err
	}
	for _, m := range d.members {
		if d.hear(m, on) {
			some = true
		}
	}
	gone := map[string]string{}
	if d.Watch != nil {
		w := Work{Tasks: d.outstanding(), Average: d.average}
		for _, m := range d.members {
			w.Workers, w.Slots = append(w.Workers, m.hello.Name), w.Slots+m.hello.Slots
		}
		if gone, err = d.Watch(ctx, w); err != nil {
			return some, err
		}
	}
	d.members = slices.DeleteFunc(d.members, func(m *member) bool {
		why, left := gone[m.hello.Name]
		switch {
		case m.bye:
			why = m.hello.Name + " has left"
		case left:
			why = m.hello.Name + ": " + why
		case now-m.heard > d.Lost:
			why = fmt.Sprintf("%s has given no sign of life for %v", m.hello.Name, d.Lost)
			d.logf("%s", why)
		default:
			return false
		}
		m.lose(why, on)
		some = true
		return true
	})
	switch {
	case len(d.members) > 0 || d.outstanding() == 0:
		d.alone = d.now()
	case now-d.alone > d.Absent:
		return some, fmt.Errorf("no worker has joined for %v; what is done is kept: give the same command again when there are workers", d.Absent)
	}
	return some, nil
}

// refresh has the time that every worker was heard of begin anew.
func (d *Driver) refresh() {
	for _, m := range d.members {
		m.heard = d.now()
	}
	d.alone = d.now()
}

// most is how many tasks a worker with so many slots gets: enough to be busy
// until the next look, and not so many that others wait for it at the end.
func (d *Driver) most(slots int) int {
	if d.average == 0 {
		return slots
	}
	return slots * int(min(1+(10*d.Poll+d.average-1)/d.average, 64))
}

// assign gives the pending tasks to the workers that have least to do, and
// says whether there were any.
func (d *Driver) assign() (some bool, err error) {
	given := map[*member][]exec.Task{}
	for len(d.pending) > 0 {
		var best *member
		for _, m := range d.members {
			if m.leaving || len(m.tasks) >= d.most(m.hello.Slots) {
				continue
			}
			if best == nil || len(m.tasks)*best.hello.Slots < len(best.tasks)*m.hello.Slots {
				best = m
			}
		}
		if best == nil {
			break
		}
		t := d.pending[0]
		d.pending = d.pending[1:]
		best.tasks[held{t.ID, t.Attempt}] = t
		given[best] = append(given[best], t)
	}
	for _, m := range d.members {
		switch {
		case len(given[m]) > 0:
			m.idle = d.now()
			some = true
			if err := m.tell(told{Run: d.run, Tasks: given[m]}); err != nil {
				return some, err
			}
		case len(m.tasks) > 0:
			m.idle = d.now()
		case d.Idle > 0 && d.now()-m.idle > d.Idle && !m.leaving:
			m.leaving = true
			if err := m.tell(told{Leave: true}); err != nil {
				return some, err
			}
		}
	}
	return some, nil
}

// stop cancels the tasks that are at work. A worker that doesn't say in time
// that it has is given up.
func (d *Driver) stop() {
	d.pending = nil
	d.until(func(m *member) bool {
		return len(m.tasks) == 0 || m.stopped >= d.run
	}, told{Stop: d.run})
	for _, m := range d.members {
		clear(m.tasks)
	}
}

// until tells all workers for which done isn't true yet something, and waits
// for it to be; those that take too long are given up.
func (d *Driver) until(done func(*member) bool, say told) {
	for _, m := range d.members {
		if !done(m) && m.tell(say) != nil {
			m.bye = true
		}
	}
	p := pace{max: d.Poll}
	for began := d.now(); ; {
		some, open := false, 0
		for _, m := range d.members {
			if m.bye || done(m) {
				continue
			}
			some = d.hear(m, func(exec.Event) {}) || some
			if !m.bye && !done(m) {
				open++
			}
		}
		if open == 0 || d.now()-began > d.Leave {
			break
		}
		time.Sleep(p.after(some))
	}
	d.members = slices.DeleteFunc(d.members, func(m *member) bool {
		if m.bye || done(m) {
			return m.bye
		}
		m.lose("it didn't stop", func(exec.Event) {})
		return true
	})
}

// Close implements exec.Backend: it ends the workers' part in the session and
// removes the session's folder.
func (d *Driver) Close() error {
	if d.folder == "" {
		return nil
	}
	err := d.Lead.set(func(s *Session) { s.State = Closed })
	if _, e := d.admit(); err == nil {
		err = e
	}
	d.until(func(m *member) bool { return m.bye }, told{Leave: true})
	d.members = nil
	// A worker that wakes up late may be writing here; the rest goes with the
	// run's work folder.
	os.RemoveAll(filepath.Dir(d.folder))
	d.folder = ""
	return err
}

func (d *Driver) logf(format string, args ...any) {
	if d.Logf != nil {
		d.Logf(format, args...)
	}
}
