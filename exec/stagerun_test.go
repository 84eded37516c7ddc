package exec

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/plan"
	"corpusmill/storage"
)

// scripted is a backend that takes n tasks and runs them as pick chooses. Its
// script tells whether it has lost the task, which is handed out again.
type scripted struct {
	n      int
	script func(t Task, on func(Event)) (lost bool)
	pick   func(n int) int
}

func (b *scripted) Open(context.Context, string, int) error { return nil }
func (b *scripted) Close() error                            { return nil }

func (b *scripted) Run(ctx context.Context, tasks iter.Seq[Task], on func(Event)) error {
	next, stop := iter.Pull(tasks)
	defer stop()
	var have []Task
	take := func() {
		if t, ok := next(); ok {
			have = append(have, t)
		}
	}
	for range b.n {
		take()
	}
	for len(have) > 0 {
		i := b.pick(len(have))
		t := have[i]
		have = append(have[:i], have[i+1:]...)
		if b.script(t, on) {
			take()
		}
	}
	return ctx.Err()
}

// stageOf runs n tasks of three segments each and returns the segments in the
// order of their commits.
func stageOf(t *testing.T, n int, b Backend, edit ...func(*Task)) (committed []string, err error) {
	t.Helper()
	d := &driver{backend: b, opts: Options{Workers: 2}, progress: newProgress(1), shared: workDir(scratch.Dir(t)),
		plan: &plan.Plan{Inputs: []storage.File{{Path: "in"}}, Stages: []plan.Stage{{Name: "all", End: plan.EndWrite}}}}
	var tasks []Task
	for i := range n {
		tasks = append(tasks, Task{Split: storage.Split{Seg: 3 * i, Start: int64(i), End: int64(i + 1)}})
	}
	for _, fn := range edit {
		for i := range tasks {
			fn(&tasks[i])
		}
	}
	var finished []int
	err = d.run(t.Context(), d.backend, tasks, func(s *Segment) error {
		committed = append(committed, fmt.Sprint(s.Seg))
		return nil
	}, func(t Task) error {
		finished = append(finished, t.ID)
		return nil
	})
	for i, id := range finished {
		if i != id {
			t.Errorf("task %d was done at place %d", id, i)
		}
	}
	return committed, err
}

func segmentDone(t Task, k int) Event {
	s := &Segment{Bulk: &Bulk{}}
	s.Seg = t.Split.Seg + k
	return Event{Task: t.ID, Attempt: t.Attempt, Kind: SegmentDone, Segment: s}
}

func inOrder(n int) string {
	var want []string
	for i := range 3 * n {
		want = append(want, fmt.Sprint(i))
	}
	return strings.Join(want, " ")
}

// TestStageOrder commits in the order of the input whatever comes first, and
// when tasks are lost after some of their segments, while the lost go on and
// report.
func TestStageOrder(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var zombies []Event
		b := &scripted{n: 12, pick: rnd.IntN, script: func(task Task, on func(Event)) (lost bool) {
			for _, z := range zombies {
				on(z)
			}
			zombies = nil
			for k := range 3 {
				if task.Split.Seg+k < task.From {
					continue // done by an earlier attempt
				}
				if task.Attempt < 2 && rnd.IntN(4) == 0 {
					on(Event{Task: task.ID, Attempt: task.Attempt, Kind: TaskLost, Err: "gone"})
					zombies = append(zombies, segmentDone(task, k), Event{Task: task.ID, Attempt: task.Attempt, Kind: TaskDone},
						Event{Task: task.ID, Attempt: task.Attempt, Kind: TaskFailed, Err: "too late"})
					return true
				}
				on(segmentDone(task, k))
			}
			on(Event{Task: task.ID, Attempt: task.Attempt, Kind: TaskDone})
			return false
		}}
		got, err := stageOf(t, 12, b)
		if err != nil || strings.Join(got, " ") != inOrder(12) {
			t.Fatalf("seed %d: %v, %v", seed, err, got)
		}
	}
}

// TestLostHead loses the first task and runs the others before it is tried
// again, with more in their segments than may wait in memory: none waits for
// the first one, which nobody is at work on.
func TestLostHead(t *testing.T) {
	var order []int
	b := &scripted{n: 4, pick: first, script: func(task Task, on func(Event)) (lost bool) {
		order = append(order, task.ID)
		if task.ID == 0 && task.Attempt == 0 {
			on(Event{Task: 0, Kind: TaskLost, Err: "gone"})
			return true
		}
		for k := range 3 {
			e := segmentDone(task, k)
			e.Segment.Bulk.Rows = []byte(strings.Repeat("{}\n", 1000))
			on(e)
		}
		on(Event{Task: task.ID, Attempt: task.Attempt, Kind: TaskDone})
		return false
	}}
	got, err := stageOf(t, 4, b)
	if err != nil || strings.Join(got, " ") != inOrder(4) {
		t.Fatalf("%v, %v", err, got)
	}
	if fmt.Sprint(order) != "[0 1 2 3 0]" {
		t.Errorf("the tasks ran in the order %v", order)
	}
}

func first(int) int { return 0 }

func TestStageFails(t *testing.T) {
	fail := errors.New("the data is at fault")
	for _, x := range []struct {
		name   string
		script func(t Task, on func(Event)) (lost bool)
		want   string
	}{
		{"failed", func(t Task, on func(Event)) bool {
			on(Failed(t, fail))
			return false
		}, fail.Error()},
		{"always lost", func(t Task, on func(Event)) bool {
			on(Event{Task: t.ID, Attempt: t.Attempt, Kind: TaskLost, Err: "gone"})
			return true
		}, "was lost 4 times; the last time: gone"},
		{"forgotten", func(Task, func(Event)) bool { return false }, "the backend stopped before all tasks were done"},
	} {
		t.Run(x.name, func(t *testing.T) {
			b := &scripted{n: 1, pick: first, script: x.script}
			if _, err := stageOf(t, 1, b); err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("%v, want %q", err, x.want)
			}
		})
	}
}
