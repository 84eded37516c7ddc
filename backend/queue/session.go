package queue

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Session is what the lead says of itself in a file that workers know the
// path of, the notice. It is replaced as a whole, by rename.
type Session struct {
	// ID is another one for each time that a lead is started.
	ID string `json:"id"`
	// Job is the launcher's name of what it started, "" where it has none: two
	// sessions with the same are of the same job.
	Job   string `json:"job,omitempty"`
	State State  `json:"state"`
	// Beat counts up while the lead is alive.
	Beat int64 `json:"beat"`
	// Build is the lead's version of the program; workers have to be the same.
	Build string `json:"build"`
	// Lost is how long a worker may be silent.
	Lost time.Duration `json:"lost"`
	// Dir is the lead's working directory: relative paths of the plan start
	// there.
	Dir string `json:"dir"`
	// Folder is the run folder that tasks work in, once State is Open.
	Folder string `json:"folder,omitempty"`
	// Exit and Message tell how it ended, once State is Ended.
	Exit    int    `json:"exit"`
	Message string `json:"message,omitempty"`
}

// State is how far a session is.
type State string

const (
	Starting State = "starting" // there are no tasks yet
	Open     State = "open"     // workers may join
	Closed   State = "closed"   // there will be no more tasks
	// Interrupted is a session that a signal ended: the next goes on with it.
	Interrupted State = "interrupted"
	Ended       State = "ended"
)

// queue is the folder of the session's logs.
func (s Session) queue() string { return filepath.Join(s.Folder, "queue", s.ID) }

// Read reads a notice.
func Read(notice string) (Session, error) {
	var s Session
	raw, err := os.ReadFile(notice)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("%s: %w", notice, err)
	}
	return s, nil
}

// Lead keeps a notice: it is the side that has the tasks.
type Lead struct {
	notice string
	mu     sync.Mutex
	now    Session
	quit   chan struct{}
	once   sync.Once // closes quit
	done   sync.WaitGroup
}

// NewLead writes the notice, with its folder, and keeps its beat until End,
// Interrupt or Retire. s has Job and Build.
func NewLead(notice string, s Session, t Timing) (*Lead, error) {
	var err error
	if s.Dir, err = os.Getwd(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(notice), 0o777); err != nil {
		return nil, err
	}
	t = t.withDefaults()
	s.ID, s.State, s.Lost = rand.Text(), Starting, t.Lost
	l := &Lead{notice: notice, now: s, quit: make(chan struct{})}
	if err := l.write(); err != nil {
		return nil, err
	}
	l.done.Go(func() { l.beat(t.beat()) })
	return l, nil
}

func (l *Lead) beat(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			// A beat that fails is made up for by the next.
			_ = l.set(func(s *Session) { s.Beat++ })
		case <-l.quit:
			return
		}
	}
}

// ID is that of the session.
func (l *Lead) ID() string { return l.session().ID }

// session is what the notice says.
func (l *Lead) session() Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *Lead) set(change func(*Session)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.now)
	return l.write()
}

// write puts the notice in place. When the disk is full there still is room
// where the last one is: a reader that finds it half written reads it again.
func (l *Lead) write() error {
	raw, err := json.Marshal(l.now)
	if err != nil {
		return err
	}
	temp := l.notice + ".tmp"
	err = os.WriteFile(temp, append(raw, '\n'), 0o666)
	if err == nil {
		err = os.Rename(temp, l.notice)
	}
	if err == nil {
		return nil
	}
	os.Remove(temp)
	f, e := os.OpenFile(l.notice, os.O_WRONLY, 0)
	if !full(err) || e != nil {
		return diskError(l.notice, err)
	}
	defer f.Close()
	if _, err := f.WriteAt(append(raw, '\n'), 0); err != nil {
		return diskError(l.notice, err)
	}
	return f.Truncate(int64(len(raw)) + 1)
}

// maxMessage keeps a notice within the block of a file system that it has.
const maxMessage = 1 << 10

// End stops the beat and leaves the notice with how it ended, for workers and
// for those that start later.
func (l *Lead) End(exit int, message string) error {
	l.stop()
	return l.set(func(s *Session) {
		s.State, s.Exit, s.Message = Ended, exit, strings.ToValidUTF8(message[:min(len(message), maxMessage)], "")
	})
}

// Interrupt stops the beat; workers wait for a lead that goes on.
func (l *Lead) Interrupt() error {
	l.stop()
	return l.set(func(s *Session) { s.State = Interrupted })
}

// Retire stops the beat and removes the notice.
func (l *Lead) Retire() error {
	l.stop()
	if err := os.Remove(l.notice); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (l *Lead) stop() {
	l.once.Do(func() { close(l.quit) })
	l.done.Wait()
}
