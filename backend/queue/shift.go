package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"sync"
	"time"

	"corpusmill/exec"
)

// shift is a worker's part in one session.
type shift struct {
	Worker
	session Session
	engine  exec.Backend
	in      *tail

	mu       sync.Mutex
	change   chan struct{} // has one when there is a task to start
	out      *log
	unsaid   []any         // lines that couldn't be written yet
	progress map[int]int64 // bytes by stage that weren't told of yet
	broken   error         // of the log
	news     bool          // something was said, that the lead may answer
	run      int
	tasks    []exec.Task // that aren't started
	started  map[held]time.Duration

	cancel  context.CancelFunc
	stopped chan error // of the engine's run
}

// serve joins a session and works until its part in it is over: the error
// says why. When it returns nothing it started is alive.
func (w *Worker) serve(ctx context.Context, l *lookout, s Session) error {
	engine := w.Engine(s.Dir)
	if err := engine.Open(ctx, s.Folder, w.Slots); err != nil {
		return over(err)
	}
	defer engine.Close()
	out, in, err := w.join(s)
	if err != nil {
		return over(diskError(s.Folder, err))
	}
	f := &shift{Worker: *w, session: s, engine: engine, in: in, out: out,
		change: make(chan struct{}, 1), progress: map[int]int64{}, started: map[held]time.Duration{}}
	f.Lost = s.Lost
	f.begin(ctx)
	defer f.end()
	return f.loop(ctx, l)
}

// over is err, or errOver when the session's folder isn't there any more.
func over(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errOver
	}
	return err
}

func (f *shift) loop(ctx context.Context, l *lookout) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	p := pace{max: f.Poll}
	last, beat := f.now(), f.now()
	for {
		select {
		case <-ctx.Done():
		case err := <-f.stopped:
			f.stopped <- err
			if ctx.Err() == nil {
				return fmt.Errorf("the tasks can't be run: %w", err)
			}
		case <-timer.C:
		}
		if ctx.Err() != nil {
			f.end()
			f.say(said{Bye: true})
			return context.Cause(ctx)
		}
		now := f.now()
		if now-last > f.Lost {
			return errLost // it slept: the lead has heard nothing of it for as long
		}
		last = now
		some, err := f.listen(ctx)
		if err != nil {
			return err
		}
		s, err := l.look(min(f.beat(), time.Second))
		switch {
		case err != nil:
			return err
		case s.ID != f.session.ID || s.State == Interrupted || s.State == Ended:
			return errOver
		}
		f.mu.Lock()
		due := len(f.progress) > 0 && now-beat >= min(f.beat(), time.Second)
		some, f.news = some || f.news, false
		err = f.broken
		f.mu.Unlock()
		if err != nil {
			return err
		}
		if due || now-beat >= f.beat() {
			beat = now
			f.say(said{})
		}
		timer.Reset(p.after(some))
	}
}

// listen takes in what the lead has said.
func (f *shift) listen(ctx context.Context) (some bool, err error) {
	some, err = f.in.read(func(line []byte) error {
		var t told
		if err := json.Unmarshal(line, &t); err != nil {
			return fmt.Errorf("%s: %w", f.in.path, err)
		}
		switch {
		case t.Lost:
			return errLost
		case t.Leave:
			f.end()
			f.say(said{Bye: true})
			return errOver
		case t.Stop > 0:
			f.end()
			f.say(said{Stopped: t.Stop})
			f.begin(ctx)
		default:
			f.give(t)
		}
		return nil
	})
	return some, over(err)
}

// give queues tasks.
func (f *shift) give(t told) {
	f.mu.Lock()
	f.run = t.Run
	f.tasks = append(f.tasks, t.Tasks...)
	f.mu.Unlock()
	f.wake()
}

func (f *shift) wake() {
	select {
	case f.change <- struct{}{}:
	default:
	}
}

// begin starts the engine.
func (f *shift) begin(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	f.cancel, f.stopped = cancel, stopped
	go func() { stopped <- f.engine.Run(ctx, f.supply(ctx), f.on) }()
}

// end cancels what is at work and waits for it to stop.
func (f *shift) end() {
	f.cancel()
	err := <-f.stopped
	f.stopped <- err
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tasks = nil
	clear(f.started)
}

// supply hands the engine a task when one of its slots is free.
func (f *shift) supply(ctx context.Context) iter.Seq[exec.Task] {
	return func(yield func(exec.Task) bool) {
		for {
			f.mu.Lock()
			var t exec.Task
			ready := len(f.tasks) > 0 && len(f.started) < f.Slots
			if ready {
				t, f.tasks = f.tasks[0], f.tasks[1:]
				f.started[held{t.ID, t.Attempt}] = f.now()
			}
			f.mu.Unlock()
			if ready {
				if !yield(t) {
					return
				}
				continue
			}
			select {
			case <-f.change:
			case <-ctx.Done():
				return
			}
		}
	}
}

// on passes an event of the engine to the lead.
func (f *shift) on(e exec.Event) {
	f.mu.Lock()
	line := said{Run: f.run, Event: &e}
	switch e.Kind {
	case exec.TaskProgress:
		f.progress[e.Stage] += e.Bytes
		f.mu.Unlock()
		return
	case exec.TaskDone, exec.TaskFailed, exec.TaskLost:
		key := held{e.Task, e.Attempt}
		line.Took = f.now() - f.started[key]
		delete(f.started, key)
		f.news = true
	}
	f.mu.Unlock()
	f.say(line)
	f.wake()
}

// say writes a line to the log, behind those that couldn't be written before
// and what there is of progress.
func (f *shift) say(line said) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for stage, n := range f.progress {
		f.unsaid = append(f.unsaid, said{Run: f.run, Event: &exec.Event{Kind: exec.TaskProgress, Stage: stage, Bytes: n}})
	}
	clear(f.progress)
	f.unsaid = append(f.unsaid, line)
	switch err := f.out.write(f.unsaid...); {
	case err == nil:
		f.unsaid = f.unsaid[:0]
	case errors.Is(err, fs.ErrNotExist):
		f.broken = errOver
	}
}
