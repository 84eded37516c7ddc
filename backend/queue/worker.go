package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"corpusmill/exec"
)

// Worker is the side that runs the tasks of a session.
type Worker struct {
	Timing
	// Name is how the lead's messages name it.
	Name string
	// Slots is how many tasks it runs at once.
	Slots int
	// Build has to be the lead's.
	Build string
	// Job is the launcher's name of what it started, "" where it has none.
	Job string
	// Engine returns what runs the tasks here. dir is the working directory of
	// the lead.
	Engine func(dir string) exec.Backend
	// Once ends the work with the first session, however that ended.
	Once bool
	// Logf is nil for silence.
	Logf func(format string, args ...any)
}

// Why a worker's part in a session ends.
var (
	errOver = errors.New("the session is over")
	errLost = errors.New("the lead has given this worker's tasks to others")
)

// Follow works for the sessions that the notice tells of, one after the other,
// until one has ended for good, which it returns. It gives up when there is no
// sign of a lead for the time Absent.
func (w *Worker) Follow(ctx context.Context, notice string) (Session, error) {
	w.Timing = w.withDefaults()
	l := &lookout{Timing: w.Timing, notice: notice, seen: w.now()}
	for served := ""; ; {
		s, err := l.next(ctx, func(s Session) bool {
			switch s.State {
			case Open:
				return s.ID != served
			case Ended:
				return l.fresh() || s.Exit == 0 && s.Job != "" && s.Job == w.Job
			}
			return false
		})
		if err != nil || s.State == Ended {
			return s, err
		}
		if s.Build != w.Build {
			return s, fmt.Errorf("this corpusmill is %s, the lead's is %s: all have to be the same", w.Build, s.Build)
		}
		err = w.serve(ctx, l, s)
		switch {
		case ctx.Err() != nil:
			return s, context.Cause(ctx)
		case errors.Is(err, errLost):
			w.logf("the lead has given this worker up; it joins again")
			continue
		case full(err) && !w.Once:
			// The lead ends the run, or somebody makes room.
			w.logf("%v", err)
			l.pause(ctx)
			continue
		case err != nil && !errors.Is(err, errOver):
			return s, err
		case w.Once:
			return s, nil
		}
		served = s.ID
	}
}

func (w *Worker) logf(format string, args ...any) {
	if w.Logf != nil {
		w.Logf(format, args...)
	}
}

// lookout watches a notice.
type lookout struct {
	Timing
	notice  string
	last    Session
	seen    time.Duration // when the notice last changed
	looked  time.Duration
	changes int
}

// fresh says whether the notice has changed since the worker began: another
// was left by a lead that may be none of this job's.
func (l *lookout) fresh() bool { return l.changes > 1 }

// look reads the notice, unless that was done in the time every, and fails
// when it hasn't changed for too long.
func (l *lookout) look(every time.Duration) (Session, error) {
	now := l.now()
	if l.changes > 0 && now-l.looked < every {
		return l.last, nil
	}
	slept := l.looked > 0 && now-l.looked > l.Absent/2
	l.looked = now
	s, err := Read(l.notice)
	switch {
	case err == nil && (s != l.last || l.changes == 0):
		l.last, l.seen = s, now
		l.changes++
	case slept:
		l.seen = now
	case now-l.seen > l.Absent && err != nil:
		return s, fmt.Errorf("no lead has begun for %v: %w", l.Absent, err)
	case now-l.seen > l.Absent:
		return s, fmt.Errorf("the lead has given no sign of life for %v (%s)", l.Absent, l.notice)
	}
	return l.last, nil
}

// next waits for a notice that is wanted.
func (l *lookout) next(ctx context.Context, wanted func(Session) bool) (Session, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return l.last, context.Cause(ctx)
		case <-timer.C:
		}
		s, err := l.look(0)
		if err != nil {
			if l.changes > 0 && l.last.State == Ended {
				return l.last, nil // nobody came to begin anew
			}
			return s, err
		}
		if l.changes > 0 && wanted(s) {
			return s, nil
		}
		timer.Reset(l.Poll)
	}
}

// pause waits for as long as a sign of life may take.
func (l *lookout) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(l.beat()):
	}
}

// join makes the worker's logs and knocks.
func (w *Worker) join(s Session) (*log, *tail, error) {
	name := rand.Text()
	folder := filepath.Join(s.queue(), workersFolder, name)
	if err := os.Mkdir(folder, 0o777); err != nil {
		return nil, nil, err
	}
	if _, err := newLog(filepath.Join(folder, toldFile)); err != nil {
		return nil, nil, err
	}
	out, err := newLog(filepath.Join(folder, saidFile))
	if err != nil {
		return nil, nil, err
	}
	if err := out.write(said{Hello: &hello{Name: w.Name, Slots: w.Slots}}); err != nil {
		return nil, nil, err
	}
	knock, err := os.OpenFile(filepath.Join(s.queue(), joinFolder, name), os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, nil, err
	}
	return out, &tail{path: filepath.Join(folder, toldFile)}, knock.Close()
}
