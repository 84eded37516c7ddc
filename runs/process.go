package runs

import (
	"errors"
	"fmt"
	"os"
)

// Process is a process, told apart from one that has its number later.
type Process struct {
	Host string `json:"host"`
	PID  int    `json:"pid"`
	// Start is when it started, Boot the boot of its machine and Space the set
	// of processes in which its number counts; "" where the system doesn't tell.
	Start string `json:"start,omitempty"`
	Boot  string `json:"boot,omitempty"`
	Space string `json:"pid_namespace,omitempty"`
}

// Sight is what can be seen of a process from here.
type Sight int

const (
	// Alive is a process that is there.
	Alive Sight = iota
	// Gone is one that is no more, or whose machine was started anew since.
	Gone
	// Elsewhere is one of another machine or container, which can't be seen.
	Elsewhere
)

// Self is this process.
func Self() Process {
	p := here()
	p.PID = os.Getpid()
	p.Start, _ = startOf(p.PID)
	return p
}

// here is what all processes have in common that this one can see.
func here() Process {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	boot, space := machine()
	return Process{Host: host, Boot: boot, Space: space}
}

// See looks for the process.
func (p Process) See() Sight { return p.seenFrom(here()) }

func (p Process) seenFrom(here Process) Sight {
	switch {
	case p.Host != here.Host:
		return Elsewhere
	case p.Boot != here.Boot:
		return Gone
	case p.Space != here.Space:
		return Elsewhere
	}
	if start, alive := startOf(p.PID); !alive || start != p.Start {
		return Gone
	}
	return Alive
}

// ErrGone says that a process is no more.
var ErrGone = errors.New("the process is gone")

// Signal sends a signal to the process and to no other. The error is ErrGone
// when it is no more.
func (p Process) Signal(s os.Signal) error {
	// The handle is of whoever has the number now, and stays with it: if that is
	// the process, the signal reaches nobody else.
	h, err := os.FindProcess(p.PID)
	if err != nil {
		return ErrGone
	}
	defer h.Release()
	switch p.See() {
	case Gone:
		return ErrGone
	case Elsewhere:
		return fmt.Errorf("process %d is on %s and can't be reached from here", p.PID, p.Host)
	}
	if err := h.Signal(s); errors.Is(err, os.ErrProcessDone) {
		return ErrGone
	} else if err != nil {
		return fmt.Errorf("process %d: %w", p.PID, err)
	}
	return nil
}
