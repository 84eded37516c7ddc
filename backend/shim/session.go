package shim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	osexec "os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"corpusmill/internal/child"
)

// session is a driver process.
type session struct {
	engine   string
	cmd      *osexec.Cmd
	stderr   child.Tail
	messages chan message  // closed when no more come
	gone     chan struct{} // closed when the process has ended
	began    bool          // a worker has begun something

	mu  sync.Mutex
	in  io.WriteCloser
	bad error // of a line that is no message
	end error // how the process ended
}

// start starts Python in a process group of its own.
func start(python, engine string) (*session, error) {
	s := &session{engine: engine, messages: make(chan message, 64), gone: make(chan struct{}), stderr: child.Tail{Max: 4 << 10}}
	s.cmd = osexec.Command(python, "-u", "-c", bootstrap)
	s.cmd.Stderr = &s.stderr
	// What the driver has started may keep its standard error open.
	s.cmd.WaitDelay = time.Second
	child.Tie(s.cmd)
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	started := make(chan error)
	go s.own(out, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting the driver of %s: %w", engine, err)
	}
	return s, nil
}

// own starts the process and stays with it to its end, on one thread.
func (s *session) own(out io.Reader, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := s.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	s.read(out)
	s.end = s.cmd.Wait()
	close(s.gone)
	close(s.messages)
}

// read passes the messages on.
func (s *session) read(out io.Reader) {
	lines := bufio.NewReaderSize(out, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			s.mu.Lock()
			s.bad = fmt.Errorf("the driver of %s said %q: %w", s.engine, bytes.TrimSpace(line), err)
			s.mu.Unlock()
			s.kill()
			return
		}
		s.messages <- m
	}
}

// send gives the driver a line. A driver that is gone is noticed by the end
// of its messages.
func (s *session) send(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in.Write(append(raw, '\n'))
	return nil
}

// died says why the driver has ended by itself.
func (s *session) died() error {
	<-s.gone
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad != nil {
		return s.bad
	}
	how := "it exited"
	if s.end != nil {
		how = s.end.Error()
	}
	return fmt.Errorf("the driver of %s ended: %s%s", s.engine, how, s.words())
}

// words are the last lines of what the driver said on standard error.
func (s *session) words() string {
	lines := strings.Split(s.stderr.String(), "\n")
	if last := strings.Join(lines[max(0, len(lines)-8):], "\n  "); last != "" {
		return "\n  " + last
	}
	return ""
}

func (s *session) kill() { child.KillGroup(s.cmd) } // it may be gone already

// close has the driver disconnect and end, or kills it when it takes too
// long. Nothing is left of the driver and its group then.
func (s *session) close() error {
	s.send(map[string]string{"do": "close"})
	s.mu.Lock()
	s.in.Close()
	s.mu.Unlock()
	late := time.NewTimer(closeDeadline)
	defer late.Stop()
	var failed error
	for {
		select {
		case m, ok := <-s.messages:
			if !ok {
				return failed
			}
			if m.Kind == "failed" {
				failed = fmt.Errorf("leaving %s: %s", s.engine, m.Err)
			}
		case <-late.C:
			failed = fmt.Errorf("the driver of %s did not end within %s and was killed%s", s.engine, closeDeadline, s.words())
			s.kill()
		}
	}
}
