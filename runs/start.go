package runs

import (
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"corpusmill/internal/child"
	"corpusmill/internal/filelock"
)

// TryVariable is the variable by which a driver that somebody else has started
// knows of which try it is.
const TryVariable = "CORPUSMILL_TRY"

// TryOf is the value of TryVariable; 0 for a process that nobody else started.
func TryOf(getenv func(string) string) (int, error) {
	v := getenv(TryVariable)
	if v == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s is %q: it is set by corpusmill submit, and by nobody else", TryVariable, v)
	}
	return n, nil
}

// Claim keeps others from starting a run in the folder, until release is
// called or the process ends.
func Claim(folder string) (release func(), err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	release, err = filelock.Take(filepath.Join(folder, lockName))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("run %s is just being started by another command: %s", ID(folder), folder)
	}
	return release, err
}

// Detach starts the command as a process of its own session, that no terminal
// reaches, which prints to the run's log. It stays when this process ends. A
// receive from ended returns once it has ended.
func (r *Run) Detach(program string) (p *os.Process, ended <-chan *os.ProcessState, err error) {
	log, err := os.OpenFile(Log(r.Folder), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	c := osexec.Command(program, r.Args()...)
	c.Dir, c.Stdout, c.Stderr = r.Dir, log, log
	c.Env = append(os.Environ(), TryVariable+"="+strconv.Itoa(r.Try))
	child.Detach(c)
	if err := c.Start(); err != nil {
		return nil, nil, err
	}
	done := make(chan *os.ProcessState, 1)
	go func() {
		_ = c.Wait() // its state has it all
		done <- c.ProcessState
	}()
	return c.Process, done, nil
}

// Stop asks a driver to end, as Ctrl-C would, and waits for that. It is killed
// when force is set and it is still there after patience. The error is ErrGone
// when it was gone before.
func Stop(p Process, patience time.Duration, force bool) (killed bool, err error) {
	if err := p.Signal(os.Interrupt); err != nil {
		return false, err
	}
	if waitGone(p, patience) {
		return false, nil
	}
	if !force {
		return false, fmt.Errorf("process %d is still there %v after SIGINT; --force kills it", p.PID, patience)
	}
	if err := p.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, ErrGone) {
		return false, err
	}
	if !waitGone(p, killTime) {
		return false, fmt.Errorf("process %d is still there %v after SIGKILL: the system holds it, as it does when a disk or a network file system doesn't answer", p.PID, killTime)
	}
	return true, nil
}

// killTime is how long a process may take to end that was killed.
const killTime = 10 * time.Second

// waitGone waits until a process is gone, and says whether it is.
func waitGone(p Process, patience time.Duration) bool {
	const pause = 20 * time.Millisecond
	for waited := time.Duration(0); p.See() != Gone; waited += pause {
		if waited >= patience {
			return false
		}
		time.Sleep(pause)
	}
	return true
}
