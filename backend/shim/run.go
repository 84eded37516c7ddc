package shim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"corpusmill/exec"
)

// More deadlines.
const (
	// silence is how long a running bundle may give no sign of life, nine times
	// as long as it should, where Engine.Silence doesn't say it. Engines may take
	// minutes to see that a machine is gone. A bundle that nobody begins, where
	// others do begin, lies with a worker that doesn't answer: it is sent again
	// after as long, and after twice as long each further time.
	silence = 45 * time.Second
	// mercy is how long the engine may take to end such a bundle. After it the
	// bundle is forgotten.
	mercy = 5 * time.Second
	// reminder is how long bundles wait with nothing running until the log says so.
	reminder = time.Minute
	// patience is how long bundles may wait with nothing running.
	patience = 15 * time.Minute
	// watching is how often both are looked at.
	watching = 2 * time.Second
)

// LeastSilence is the least Engine.Silence with which one late sign of life is
// no loss: three times as long as there should be between two.
const LeastSilence = 15 * time.Second

// largestBundle is the most tasks in a bundle.
const largestBundle = 256

// run is one stage on the engine.
type run struct {
	b     *Backend
	s     *session
	on    func(exec.Event)
	need  Resources
	slots int

	queue    []exec.Task
	fed      bool // no more tasks come
	bundles  map[int]*bundle
	perTask  time.Duration // what a task takes; 0 as long as none has ended
	heard    time.Duration // when the engine last said anything of what isn't given up
	newest   time.Duration // when the last of the bundles that have begun was sent
	reminded bool
}

// bundle is some tasks that a worker runs one after the other.
type bundle struct {
	left  map[int]int // attempts of tasks that have not ended, by task
	tasks int
	sent  time.Duration
	tries int // times that it was sent before, at most
	node  string
	began bool // a worker has it
	heard time.Duration
	ended bool          // by kill, which it may not notice
	when  time.Duration // of kill
}

// order is what the driver gets to run.
type order struct {
	Do        string      `json:"do"`
	Bundle    int         `json:"bundle"`
	Resources Resources   `json:"resources,omitzero"`
	Limit     int64       `json:"limit"` // bytes of memory that the worker may use
	Tasks     []exec.Task `json:"tasks,omitempty"`
}

// Run implements exec.Backend.
func (b *Backend) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	if b.session == nil {
		// A run that was cancelled at the end of a stage has closed it.
		return cmp.Or(ctx.Err(), errors.New("the backend isn't open"))
	}
	feed, stop := feedOf(tasks)
	defer stop()
	r := &run{b: b, s: b.session, on: on, bundles: map[int]*bundle{}, heard: b.now()}
	err := r.loop(ctx, feed)
	if err != nil {
		if e := b.Close(); e != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w\n%w", err, e)
		}
	}
	return err
}

func (b *Backend) now() time.Duration { return time.Duration(b.Clock()) }

// feedOf hands the tasks on as they come, from a goroutine: asking for the
// next one may block until an earlier one has ended.
func feedOf(tasks iter.Seq[exec.Task]) (feed <-chan exec.Task, stop func()) {
	ch, stopped := make(chan exec.Task, 1024), make(chan struct{})
	go func() {
		defer close(ch)
		for t := range tasks {
			select {
			case ch <- t:
			case <-stopped:
				return
			}
		}
	}()
	return ch, func() { close(stopped) }
}

func (r *run) loop(ctx context.Context, feed <-chan exec.Task) error {
	watch := time.NewTicker(watching)
	defer watch.Stop()
	for {
		if err := r.dispatch(feed); err != nil {
			return err
		}
		if r.fed && len(r.queue) == 0 && len(r.bundles) == 0 {
			return ctx.Err()
		}
		more := feed
		if r.fed {
			more = nil
		}
		select {
		case t, ok := <-more:
			r.take(t, ok)
		case m, ok := <-r.s.messages:
			if !ok {
				return r.s.died()
			}
			if err := r.hear(m); err != nil {
				return err
			}
		case <-watch.C:
			if err := r.watch(); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take queues a task. One that was lost goes first: others wait for it.
func (r *run) take(t exec.Task, ok bool) {
	switch {
	case !ok:
		r.fed = true
	case t.Attempt > 0:
		r.queue = append([]exec.Task{t}, r.queue...)
	default:
		r.queue = append(r.queue, t)
	}
}

// dispatch fills the slots.
func (r *run) dispatch(feed <-chan exec.Task) error {
	for more := !r.fed; more; more = more && !r.fed {
		select {
		case t, ok := <-feed:
			r.take(t, ok)
		default:
			more = false
		}
	}
	for len(r.queue) > 0 {
		if len(r.bundles) == 0 {
			r.need = r.b.needs(r.queue[0].Stage)
			r.slots = r.b.slots(r.need)
		}
		if len(r.bundles) >= r.slots {
			break
		}
		n := r.size()
		bundle := &bundle{left: map[int]int{}, tasks: n, sent: r.b.now()}
		for _, t := range r.queue[:n] {
			bundle.left[t.ID] = t.Attempt
			bundle.tries = max(bundle.tries, t.Attempt)
		}
		o := order{Do: "run", Bundle: r.b.bundles, Resources: r.need, Limit: r.limit(), Tasks: r.queue[:n]}
		if err := r.s.send(o); err != nil {
			return err
		}
		r.bundles[r.b.bundles] = bundle
		r.b.bundles++
		r.queue = r.queue[n:]
	}
	return nil
}

// size is how many tasks the next bundle gets: as many as make its work long
// against its cost, and not so many that others would have nothing to do at
// the stage's end. A task that was lost goes alone.
func (r *run) size() int {
	if r.perTask == 0 || r.queue[0].Attempt > 0 {
		return 1
	}
	n := int(r.b.Engine.Work / max(r.perTask, time.Microsecond))
	fair := (len(r.queue) + 2*r.slots - 1) / (2 * r.slots)
	return max(1, min(n, fair, largestBundle))
}

// limit is a worker's share of the memory of the machine with most.
func (r *run) limit() int64 {
	if r.need.Memory > 0 {
		return r.need.Memory
	}
	if r.b.ready.NodeCPUs == 0 {
		return 0
	}
	return int64(r.b.ready.NodeMemory * min(1, r.need.CPUs/r.b.ready.NodeCPUs))
}

// hear handles a message.
func (r *run) hear(m message) error {
	switch m.Kind {
	case "failed":
		return fmt.Errorf("%s: %s", r.b.Engine.Name, m.Err)
	case "ready":
		// Machines have come or gone.
		if m.Ready != nil {
			r.b.ready = *m.Ready
			r.slots = r.b.slots(r.need)
		}
		r.heard = r.b.now()
		return nil
	case "closed":
		return errors.New("the driver of " + r.b.Engine.Name + " left before the work was done")
	}
	bundle := r.bundles[m.Bundle]
	if bundle == nil {
		return nil // of a stage before, or given up
	}
	bundle.heard = r.b.now()
	if !bundle.ended {
		r.heard = bundle.heard
	}
	for _, raw := range m.Events {
		var e event
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("%s: a worker said %q: %w", r.b.Engine.Name, raw, err)
		}
		r.event(bundle, e)
	}
	if m.Kind == "end" || m.Kind == "unbegun" {
		delete(r.bundles, m.Bundle)
		r.finish(bundle, m.Err, m.Kind == "unbegun")
	}
	return nil
}

// event passes an event on.
func (r *run) event(b *bundle, e event) {
	switch e.Kind {
	case bundleBegan:
		b.node, b.began, r.s.began = e.Node, true, true
		r.newest = max(r.newest, b.sent)
		return
	case childSaid:
		for _, line := range e.Lines {
			r.b.logf("%s: %s", b.node, line)
		}
		return
	case bundleTook:
		took := max(time.Duration(e.Seconds*float64(time.Second))/time.Duration(b.tasks), 1)
		if r.perTask == 0 {
			r.perTask = took
		}
		r.perTask = (r.perTask + took) / 2
		return
	case exec.TaskProgress:
		r.on(e.Event)
		return
	}
	attempt, ok := b.left[e.Task]
	if !ok || attempt != e.Attempt {
		return
	}
	switch e.Kind {
	case exec.TaskDone, exec.TaskFailed:
		delete(b.left, e.Task)
	case exec.TaskLost:
		delete(b.left, e.Task)
		e.Err = b.on(e.Err)
	}
	r.on(e.Event)
}

// on adds the machine to what is said of a lost task.
func (b *bundle) on(err string) string {
	if b.node != "" {
		return "on " + b.node + ": " + err
	}
	return err
}

// finish ends a bundle. What it hasn't done is lost, where it may have begun.
func (r *run) finish(b *bundle, why string, unbegun bool) {
	kind := exec.TaskLost
	switch {
	case !b.began && (unbegun || b.ended):
		kind = exec.TaskUnbegun
	case b.ended:
		why = fmt.Sprintf("it gave no sign of life for %s", r.silence())
	case why == "":
		why = "the engine ended it"
	}
	for id, attempt := range b.left {
		r.on(exec.Event{Task: id, Attempt: attempt, Kind: kind, Err: b.on(why)})
	}
}

func (r *run) silence() time.Duration { return cmp.Or(r.b.Engine.Silence, silence) }

// watch looks for what takes too long.
func (r *run) watch() error {
	if !r.b.Engine.Pulse {
		return nil
	}
	now, atWork, waiting := r.b.now(), 0, 0
	for number, b := range r.bundles {
		switch {
		case b.ended && now-b.when > mercy:
			// The engine doesn't get rid of it; its events are dropped.
			delete(r.bundles, number)
			r.finish(b, "", false)
		case !b.began:
			waiting++
		case !b.ended:
			atWork++
		}
	}
	again := 0
	for number, b := range r.bundles {
		if b.ended || !r.overdue(b, now, atWork) {
			continue
		}
		if b.ended, b.when = true, now; !b.began {
			again++
		}
		if err := r.s.send(order{Do: "kill", Bundle: number}); err != nil {
			return err
		}
	}
	if again > 0 {
		r.b.logf("%s has begun nothing of %d bundles for %s; they are sent again", r.b.Engine.Name, again, r.silence())
	}
	if waiting < len(r.bundles) || waiting == 0 {
		r.reminded = false
		return nil
	}
	switch quiet := now - r.heard; {
	case quiet > patience:
		return fmt.Errorf("%s has started nothing for %s, though %d tasks wait: it has no free machine with %g CPUs and %g GPUs. Free some or add one, and give the same command again", r.b.Engine.Name, patience, waiting, r.need.CPUs, r.need.GPUs)
	case quiet > reminder && !r.reminded:
		r.b.logf("%s has started nothing for a minute: it waits for a machine with %g CPUs and %g GPUs", r.b.Engine.Name, r.need.CPUs, r.need.GPUs)
		r.reminded = true
	}
	return nil
}

// overdue says whether a bundle has been silent for too long. One that nobody
// has begun may wait for others to make room: it isn't overdue as long as the
// run has all the room that there is, nor before one that was sent later has
// begun or nothing of the run is at work.
func (r *run) overdue(b *bundle, now time.Duration, atWork int) bool {
	if b.began {
		return now-b.heard > r.silence()
	}
	turn := b.sent < r.newest && atWork < r.b.room(r.need) || atWork == 0
	return r.s.began && turn && now-b.sent > r.grace(b)
}

// grace is how long a bundle may lie with the engine until somebody begins it.
func (r *run) grace(b *bundle) time.Duration { return r.silence() << min(b.tries, 10) }
