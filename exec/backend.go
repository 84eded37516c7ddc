package exec

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"syscall"

	"corpusmill/storage"
	"corpusmill/storage/object"
)

// Backend starts tasks on some engine. It schedules, and tells lost tasks from
// failed ones; retries, order and results are the driver's.
type Backend interface {
	// Open connects. folder is the run folder, which every task can reach;
	// workers is how many tasks run at once.
	Open(ctx context.Context, folder string, workers int) error
	// Run starts the tasks in the order in which they come and calls on for
	// what happens to them, from any goroutine; a call may block. tasks may
	// block too, while it waits for what becomes of earlier ones. When Run
	// returns, nothing it started is alive. Its error is the engine's own;
	// that of a cancelled ctx is ctx's.
	Run(ctx context.Context, tasks iter.Seq[Task], on func(Event)) error
	// Close disconnects. It may be called more than once.
	Close() error
}

// Event is something that happened to a task.
type Event struct {
	Task    int       `json:"task"`
	Attempt int       `json:"attempt"`
	Kind    EventKind `json:"kind"`
	Segment *Segment  `json:"segment,omitempty"`
	// Err says why a task failed or was lost. A failure that has to keep its
	// type stays in Cause, which doesn't leave the process.
	Err   string `json:"err,omitempty"`
	Cause error  `json:"-"`
	// FullDisk is set when a failure is that of a full disk.
	FullDisk *DiskError `json:"full_disk,omitempty"`
	// Account is set when a failure is an AccountError.
	Account bool `json:"account,omitempty"`
	// Usage is what the worker's process took so far; nil when it isn't measured,
	// and with TaskProgress.
	Usage *Usage `json:"usage,omitempty"`
	// Stage and Bytes belong to TaskProgress: uncompressed input bytes read
	// since the last one.
	Stage int   `json:"stage,omitempty"`
	Bytes int64 `json:"bytes,omitempty"`
}

// Failed is the event of a task that ended with err. It is lost where it may
// end well on another machine.
func Failed(t Task, err error) Event {
	if errors.Is(err, object.ErrUnavailable) {
		return Event{Task: t.ID, Attempt: t.Attempt, Kind: TaskLost, Err: err.Error()}
	}
	e := Event{Task: t.ID, Attempt: t.Attempt, Kind: TaskFailed, Err: err.Error(), Cause: err}
	var disk *DiskError
	if errors.As(err, &disk) && disk.Full() {
		e.FullDisk = disk
	}
	var account *AccountError
	e.Account = errors.As(err, &account) || errors.Is(err, storage.ErrChanged)
	return e
}

// cause is the failure as an error, also of an event from another process.
func (e Event) cause() error {
	switch {
	case e.Account:
		return &AccountError{cmp.Or(e.Cause, errors.New(e.Err))}
	case e.Cause != nil:
		return e.Cause
	case e.FullDisk != nil:
		return &DiskError{Path: e.FullDisk.Path, Bytes: e.FullDisk.Bytes, Err: syscall.ENOSPC}
	}
	return errors.New(e.Err)
}

// EventKind is what happened.
type EventKind string

const (
	SegmentDone  EventKind = "segment"  // Segment is finished
	TaskDone     EventKind = "done"     // all of the task's segments are
	TaskFailed   EventKind = "failed"   // the data's or the code's fault: it would fail again
	TaskLost     EventKind = "lost"     // the machine's fault: it may be tried again
	TaskUnbegun  EventKind = "unbegun"  // no worker has begun it, so it counts for no try
	TaskProgress EventKind = "progress" // the task has read some more
)
