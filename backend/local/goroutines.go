// Package local runs tasks on this machine: as goroutines of this process, or
// in child processes.
package local

import (
	"context"
	"encoding/json"
	"iter"
	"sync"

	"corpusmill/exec"
)

// Goroutines runs tasks in this process.
type Goroutines struct {
	Clock   exec.Clock
	workers int
	x       *exec.Executor
}

// Open implements exec.Backend.
func (g *Goroutines) Open(_ context.Context, folder string, workers int) error {
	x, err := exec.NewExecutor(folder, g.Clock)
	if err != nil {
		return err
	}
	g.x, g.workers = x, workers
	return nil
}

// Run implements exec.Backend.
func (g *Goroutines) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	g.x.Progress = func(stage int, bytes int64) {
		on(exec.Event{Kind: exec.TaskProgress, Stage: stage, Bytes: bytes})
	}
	queue := queueOf(ctx, tasks)
	var wg sync.WaitGroup
	for i := range g.workers {
		wg.Go(func() {
			w := g.x.NewWorker(i)
			for t := range queue {
				runTask(ctx, w, t, on)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// runTask runs a task as any engine would, from its JSON.
func runTask(ctx context.Context, w *exec.Worker, t exec.Task, on func(exec.Event)) {
	e := exec.Event{Task: t.ID, Attempt: t.Attempt}
	raw, err := json.Marshal(t)
	if err == nil {
		t = exec.Task{}
		err = json.Unmarshal(raw, &t)
	}
	if err == nil {
		err = w.Run(ctx, t, func(s *exec.Segment) error {
			e.Kind, e.Segment, e.Usage = exec.SegmentDone, s, w.Usage()
			on(e)
			return ctx.Err()
		})
	}
	e.Segment = nil
	switch {
	case err == nil:
		e.Kind = exec.TaskDone
	case ctx.Err() != nil:
		return
	default:
		e = exec.Failed(t, err)
	}
	e.Usage = w.Usage()
	on(e)
}

// Close implements exec.Backend.
func (g *Goroutines) Close() error {
	if g.x == nil {
		return nil
	}
	err := g.x.Close()
	g.x = nil
	return err
}
