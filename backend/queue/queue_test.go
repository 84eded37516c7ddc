package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"corpusmill/exec"
)

// stage is a session with a driver, on a clock that the test sets.
type stage struct {
	t      *testing.T
	clock  atomic.Int64
	timing Timing
	lead   *Lead
	driver *Driver
	notice string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	dir := t.TempDir()
	s := &stage{t: t, notice: filepath.Join(dir, "session.json")}
	s.timing = Timing{Clock: s.clock.Load, Poll: time.Millisecond, Leave: 50 * time.Millisecond}.withDefaults()
	s.driver = &Driver{Timing: s.timing}
	var err error
	if s.lead, err = NewLead(s.notice, Session{Build: "this"}, s.timing); err != nil {
		t.Fatal(err)
	}
	s.driver.Lead = s.lead
	if err := s.driver.Open(t.Context(), filepath.Join(dir, "work"), 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Workers that the test plays don't say that they leave.
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					s.clock.Add(int64(time.Millisecond))
					time.Sleep(time.Millisecond)
				}
			}
		}()
		if err := s.driver.Close(); err != nil {
			t.Error(err)
		}
		close(stop)
		if err := s.lead.Retire(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// run runs tasks as the driver of a run does: those that are lost come again.
// It returns the events.
func (s *stage) run(n int) (events func() []string, wait func() error) {
	var mu sync.Mutex
	var list []string
	again := make(chan exec.Task, 100)
	open := n
	for i := range n {
		again <- exec.Task{ID: i}
	}
	on := func(e exec.Event) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, fmt.Sprintf("%s %d.%d %s", e.Kind, e.Task, e.Attempt, e.Err))
		switch e.Kind {
		case exec.TaskLost:
			again <- exec.Task{ID: e.Task, Attempt: e.Attempt + 1}
		case exec.TaskDone:
			if open--; open == 0 {
				close(again)
			}
		}
	}
	tasks := iter.Seq[exec.Task](func(yield func(exec.Task) bool) {
		for t := range again {
			if !yield(t) {
				return
			}
		}
	})
	done := make(chan error, 1)
	go func() { done <- s.driver.Run(s.t.Context(), tasks, on) }()
	events = func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(list) }
	wait = func() error {
		select {
		case err := <-done:
			return err
		case <-time.After(time.Minute):
			return fmt.Errorf("the run doesn't end; its events are %q", events())
		}
	}
	return events, wait
}

// player is a worker that the test plays.
type player struct {
	t   *testing.T
	out *log
	in  *tail
}

func (s *stage) join(name string) *player {
	s.t.Helper()
	w := Worker{Timing: s.timing, Name: name, Slots: 1}
	out, in, err := w.join(s.lead.session())
	if err != nil {
		s.t.Fatal(err)
	}
	return &player{s.t, out, in}
}

// heard waits until the lead has said something that is wanted.
func (p *player) heard(wanted func(told) bool) told {
	p.t.Helper()
	var found *told
	for deadline := time.Now().Add(10 * time.Second); found == nil; {
		if time.Now().After(deadline) {
			p.t.Fatal("the lead doesn't say it")
		}
		_, err := p.in.read(func(line []byte) error {
			var t told
			if err := json.Unmarshal(line, &t); err != nil {
				return err
			}
			if wanted(t) {
				found = &t
			}
			return nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	return *found
}

func (p *player) task() exec.Task {
	p.t.Helper()
	return p.heard(func(t told) bool { return len(t.Tasks) > 0 }).Tasks[0]
}

func (p *player) say(run int, t exec.Task, kind exec.EventKind) {
	p.t.Helper()
	if err := p.out.write(said{Run: run, Event: &exec.Event{Task: t.ID, Attempt: t.Attempt, Kind: kind}}); err != nil {
		p.t.Fatal(err)
	}
}

// TestLostWorker has a worker that falls silent with a task. The task goes to
// another; what the silent one says when it wakes up doesn't count.
func TestLostWorker(t *testing.T) {
	s := newStage(t)
	events, wait := s.run(1)
	silent := s.join("silent")
	if got := silent.task(); got.Attempt != 0 {
		t.Fatalf("the first attempt is %d", got.Attempt)
	}
	s.clock.Add(int64(s.timing.Lost / 3))
	time.Sleep(20 * time.Millisecond)
	if got := events(); len(got) > 0 {
		t.Fatalf("a worker that was silent for less than the time allowed: %q", got)
	}
	other := s.join("other")
	other.heardOf(s)
	// In steps that the lead doesn't take for its own sleep.
	for n := 0; n < 2000 && len(events()) == 0; n++ {
		s.clock.Add(int64(s.timing.Lost / 20))
		if err := other.out.write(said{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	task := other.task()
	if task.Attempt != 1 {
		t.Errorf("the other worker got attempt %d", task.Attempt)
	}
	silent.heard(func(t told) bool { return t.Lost })
	silent.say(1, exec.Task{ID: 0}, exec.TaskDone)
	time.Sleep(20 * time.Millisecond)
	other.say(1, exec.Task{ID: 0}, exec.TaskDone) // not its attempt
	other.say(7, task, exec.TaskDone)             // not its run
	time.Sleep(20 * time.Millisecond)
	want := []string{"lost 0.0 silent has given no sign of life for 30s"}
	if got := events(); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	other.say(1, task, exec.TaskDone)
	if err := wait(); err != nil {
		t.Error(err)
	}
	if got := events(); !slices.Equal(got, append(want, "done 0.1 ")) {
		t.Errorf("events %q", got)
	}
}

// heardOf waits until the lead has taken the worker in.
func (p *player) heardOf(s *stage) {
	p.t.Helper()
	folder := filepath.Join(s.lead.session().queue(), joinFolder)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(folder, "[A-Z2-7]*"))
		if err != nil {
			p.t.Fatal(err)
		}
		if len(files) == 0 {
			return
		}
		s.clock.Add(int64(time.Millisecond))
		if time.Now().After(deadline) {
			p.t.Fatal("the lead takes nobody in")
		}
	}
}

// TestLeaving has a worker say goodbye with a task: it goes to another at
// once.
func TestLeaving(t *testing.T) {
	s := newStage(t)
	events, wait := s.run(1)
	first := s.join("first")
	first.task()
	if err := first.out.write(said{Bye: true}); err != nil {
		t.Fatal(err)
	}
	second := s.join("second")
	task := second.task()
	second.say(1, task, exec.TaskDone)
	if err := wait(); err != nil {
		t.Error(err)
	}
	if got := events(); !slices.Equal(got, []string{"lost 0.0 first has left", "done 0.1 "}) {
		t.Errorf("events %q", got)
	}
}

// TestNoWorker ends a run that no worker joins.
func TestNoWorker(t *testing.T) {
	s := newStage(t)
	_, wait := s.run(1)
	for range 100 {
		s.clock.Add(int64(s.timing.Absent / 90))
		time.Sleep(2 * time.Millisecond)
	}
	if err := wait(); err == nil || !strings.Contains(err.Error(), "no worker has joined for 10m0s") {
		t.Errorf("the run ended with %v", err)
	}
}

// TestSleepingLead has the lead itself sleep for long: the workers aren't
// lost for it.
func TestSleepingLead(t *testing.T) {
	s := newStage(t)
	events, wait := s.run(1)
	p := s.join("worker")
	task := p.task()
	s.clock.Add(int64(10 * s.timing.Lost))
	time.Sleep(20 * time.Millisecond)
	p.say(1, task, exec.TaskDone)
	if err := wait(); err != nil {
		t.Error(err)
	}
	if got := events(); !slices.Equal(got, []string{"done 0.0 "}) {
		t.Errorf("events %q", got)
	}
}

// TestAbsentLead has workers that find no lead, or one that falls silent, or
// another build of the program.
func TestAbsentLead(t *testing.T) {
	s := newStage(t)
	var clock atomic.Int64
	w := &Worker{Name: "worker", Slots: 1, Build: "other", Timing: Timing{Clock: func() int64 { return clock.Add(int64(time.Second)) }, Poll: time.Millisecond}}
	for notice, want := range map[string]string{
		filepath.Join(t.TempDir(), "none"): "no lead has begun for 10m0s",
		s.notice:                           "this corpusmill is other, the lead's is this",
	} {
		if _, err := w.Follow(t.Context(), notice); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	w.Build, w.Engine = "this", func(string) exec.Backend { return idle{} }
	if err := s.lead.Interrupt(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Follow(t.Context(), s.notice); err == nil || !strings.Contains(err.Error(), "the lead has given no sign of life for 10m0s") {
		t.Errorf("the error is %v", err)
	}
}

// idle is an engine that no task comes to.
type idle struct{}

func (idle) Open(context.Context, string, int) error { return nil }
func (idle) Close() error                            { return nil }
func (idle) Run(ctx context.Context, _ iter.Seq[exec.Task], _ func(exec.Event)) error {
	<-ctx.Done()
	return ctx.Err()
}
