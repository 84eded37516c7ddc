package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"corpusmill/exec"
)

// errLeft is why a worker ends whose standard input has ended.
var errLeft = errors.New("whoever gave the task is gone")

// Serve is the child's side: it runs the tasks that come on in, one after the
// other, and writes events to out, until in ends. A task that runs then is
// given up, since nobody waits for it. So a worker never outlives the process
// that holds the other end of in, however that process ends.
func Serve(ctx context.Context, folder string, in io.Reader, out io.Writer, clock exec.Clock) error {
	x, err := exec.NewExecutor(folder, clock)
	if err != nil {
		return err
	}
	s := &server{enc: json.NewEncoder(out)}
	defer func() {
		if !s.abandoned {
			x.Close()
		}
	}()
	x.Progress = func(stage int, bytes int64) {
		s.on(exec.Event{Kind: exec.TaskProgress, Stage: stage, Bytes: bytes})
	}
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	tasks, bad := make(chan exec.Task), make(chan error, 1)
	go func() {
		defer close(tasks)
		for d := json.NewDecoder(in); ; {
			var t exec.Task
			if err := d.Decode(&t); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				bad <- fmt.Errorf("reading a task: %w", err)
				break
			}
			select {
			case tasks <- t:
			case <-ctx.Done():
				return
			}
		}
		leave(errLeft)
	}()
	w := x.NewWorker(os.Getpid())
	for t := range tasks {
		if err := s.serve(ctx, x, w, t); err != nil {
			return err
		}
	}
	select {
	case err := <-bad:
		return err
	default:
		return nil
	}
}

// server writes a worker's events.
type server struct {
	abandoned bool // a task still runs

	mu     sync.Mutex
	enc    *json.Encoder
	broken error
}

func (s *server) on(e exec.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enc.Encode(e); err != nil && s.broken == nil {
		s.broken = err
	}
}

func (s *server) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// serve runs a task. Its error ends the worker.
func (s *server) serve(ctx context.Context, x *exec.Executor, w *exec.Worker, t exec.Task) error {
	// A task may not look at ctx for a while. The process need not wait.
	finished := make(chan error, 1)
	go func() {
		finished <- w.Run(ctx, t, func(seg *exec.Segment) error {
			if err := x.Store(t, seg); err != nil {
				return err
			}
			s.on(exec.Event{Task: t.ID, Attempt: t.Attempt, Kind: exec.SegmentDone, Segment: seg, Usage: w.Usage()})
			return s.err()
		})
	}()
	var err error
	select {
	case err = <-finished:
	case <-ctx.Done():
		select {
		case err = <-finished:
		case <-time.After(time.Second):
			err, s.abandoned = context.Cause(ctx), true
		}
	}
	if s.err() != nil {
		return s.err()
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := exec.Event{Task: t.ID, Attempt: t.Attempt, Kind: exec.TaskDone}
	if err != nil {
		e = exec.Failed(t, err)
	}
	e.Usage = w.Usage()
	s.on(e)
	return s.err()
}
