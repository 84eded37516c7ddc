package queue

import (
	"context"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"corpusmill/exec"
)

// echo is an engine whose tasks are done at once.
type echo struct{}

func (echo) Open(context.Context, string, int) error { return nil }
func (echo) Close() error                            { return nil }
func (echo) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	for t := range tasks {
		on(exec.Event{Task: t.ID, Attempt: t.Attempt, Kind: exec.TaskDone})
	}
	return ctx.Err()
}

// BenchmarkEmptyTask takes tasks that do nothing to a worker and back, at the
// default pace. It tells how long the first took, from the start of the lead.
func BenchmarkEmptyTask(b *testing.B) {
	began := time.Now()
	timing := Timing{Clock: func() int64 { return int64(time.Since(began)) }}
	dir := b.TempDir()
	notice := filepath.Join(dir, "session.json")
	w := &Worker{Timing: timing, Name: "worker", Slots: 4, Engine: func(string) exec.Backend { return echo{} }}
	worker := make(chan error, 1)
	go func() { _, err := w.Follow(b.Context(), notice); worker <- err }()
	time.Sleep(time.Second) // the worker is there first, and looks for the lead

	start := time.Now()
	lead, err := NewLead(notice, Session{}, timing)
	if err != nil {
		b.Fatal(err)
	}
	d := &Driver{Timing: timing, Lead: lead}
	if err := d.Open(b.Context(), filepath.Join(dir, "work"), 1); err != nil {
		b.Fatal(err)
	}
	run := func(n int) {
		tasks := func(yield func(exec.Task) bool) {
			for i := range n {
				if !yield(exec.Task{ID: i}) {
					return
				}
			}
		}
		if err := d.Run(b.Context(), tasks, func(exec.Event) {}); err != nil {
			b.Fatal(err)
		}
	}
	run(1)
	first := time.Since(start)
	b.ResetTimer()
	run(b.N)
	b.StopTimer()
	b.ReportMetric(float64(first.Milliseconds()), "ms-to-first")
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
	if err := lead.End(0, ""); err != nil {
		b.Fatal(err)
	}
	if err := <-worker; err != nil {
		b.Fatal(err)
	}
}
