package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	osexec "os/exec"
	"runtime"
	"strings"
	"sync"

	"corpusmill/exec"
	"corpusmill/internal/child"
	"corpusmill/plan"
)

// ProcessCaps are what Processes can do.
var ProcessCaps = plan.Caps{Engine: "processes", Apart: true}

// Processes runs each task in a child process, one after the other in as many
// children as there are workers: what an engine does, on one machine. A child
// that dies costs its current task, which is reported lost.
type Processes struct {
	// Command is the program and its arguments that serve a worker; the run
	// folder is added. Tasks go to its standard input and events come from
	// its standard output, both JSON Lines.
	Command []string
	// Memory is what each child may use, in bytes; 0 for no bound.
	Memory int64
	// Dir is the children's working directory; "" for this process's.
	Dir     string
	folder  string
	workers int
}

// Open implements exec.Backend.
func (p *Processes) Open(_ context.Context, folder string, workers int) error {
	if len(p.Command) == 0 {
		return errors.New("no command to start a worker with")
	}
	p.folder, p.workers = folder, workers
	return nil
}

// Close implements exec.Backend.
func (p *Processes) Close() error { return nil }

// Run implements exec.Backend.
func (p *Processes) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	queue := queueOf(ctx, tasks)
	var wg sync.WaitGroup
	for range p.workers {
		wg.Go(func() {
			// The kernel ties "die with the parent" to the thread that starts
			// the child.
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var c *worker
			defer func() { c.stop() }()
			for t := range queue {
				if c == nil {
					var err error
					if c, err = p.start(ctx); err != nil {
						on(exec.Event{Task: t.ID, Attempt: t.Attempt, Kind: exec.TaskLost, Err: err.Error()})
						continue
					}
				}
				if err := c.run(t, on); err != nil {
					err = c.died(err)
					c = nil
					if ctx.Err() == nil {
						on(exec.Event{Task: t.ID, Attempt: t.Attempt, Kind: exec.TaskLost, Err: err.Error()})
					}
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// worker is one worker process.
type worker struct {
	cmd    *osexec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *child.Tail
}

func (p *Processes) start(ctx context.Context) (*worker, error) {
	c := &worker{stderr: &child.Tail{Max: 4 << 10}}
	c.cmd = osexec.CommandContext(ctx, p.Command[0], append(p.Command[1:len(p.Command):len(p.Command)], p.folder)...)
	c.cmd.Stderr, c.cmd.Dir = c.stderr, p.Dir
	if p.Memory > 0 {
		c.cmd.Env = append(os.Environ(), fmt.Sprint("GOMEMLIMIT=", p.Memory))
	}
	child.Tie(c.cmd)
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReaderSize(out, 64<<10)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a worker process: %w", err)
	}
	return c, nil
}

// run gives the child a task and passes its events on. An error means that
// the child is gone, or speaks nonsense.
func (c *worker) run(t exec.Task, on func(exec.Event)) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if _, err := c.in.Write(append(raw, '\n')); err != nil {
		return err
	}
	for {
		line, err := c.out.ReadBytes('\n')
		if err != nil {
			return err
		}
		var e exec.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("the worker process said %q: %w", bytes.TrimSpace(line), err)
		}
		on(e)
		if e.Kind == exec.TaskDone || e.Kind == exec.TaskFailed || e.Kind == exec.TaskLost {
			return nil
		}
	}
}

// died ends a child that has failed and says why it did.
func (c *worker) died(cause error) error {
	c.in.Close()
	c.cmd.Process.Kill() // it may be gone already
	if err := c.cmd.Wait(); err != nil && !strings.Contains(cause.Error(), "said") {
		cause = fmt.Errorf("the worker process ended: %w", err)
	}
	if s := c.stderr.String(); s != "" {
		cause = fmt.Errorf("%w: %s", cause, s)
	}
	return cause
}

// stop lets the child end by itself.
func (c *worker) stop() {
	if c != nil {
		c.in.Close()
		c.cmd.Wait() // its tasks are done; how it ends changes nothing
	}
}
