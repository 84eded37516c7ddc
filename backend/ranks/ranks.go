package ranks

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"corpusmill/backend/local"
	"corpusmill/backend/queue"
	"corpusmill/exec"
	"corpusmill/plan"
)

// Caps are what ranks can do.
var Caps = plan.Caps{Engine: "ranks", Apart: true, Remote: true}

// Job is what a rank knows of the run.
type Job struct {
	Place
	queue.Timing
	// Folder is the run folder, which all ranks share.
	Folder string
	// Workers is how many tasks this rank runs at once.
	Workers int
	// Command is the program and its arguments that serve a worker, as
	// local.Processes has it; Memory is what each may use, in bytes.
	Command []string
	Memory  int64
	// Build is the version of the program; all ranks have to be the same.
	Build string
	Logf  func(format string, args ...any)
}

// notice is where the ranks meet.
func (j *Job) notice() string { return filepath.Join(j.Folder, "session.json") }

func (j *Job) worker() *queue.Worker {
	name := fmt.Sprintf("rank %d", j.Rank)
	if host, err := os.Hostname(); err == nil {
		name += " on " + host
	}
	return &queue.Worker{
		Timing: j.Timing, Name: name, Slots: j.Workers, Build: j.Build, Job: j.Place.Job, Logf: j.Logf,
		Engine: func(dir string) exec.Backend {
			return &local.Processes{Command: j.Command, Memory: j.Memory, Dir: dir}
		},
	}
}

// Follow works until rank 0 has ended the run, and returns its exit code and
// the message that goes with it. An error is this rank's own.
func (j *Job) Follow(ctx context.Context) (exit int, message string, err error) {
	s, err := j.worker().Follow(ctx, j.notice())
	return s.Exit, s.Message, err
}

// Lead is the part of rank 0: a backend whose workers are all ranks.
type Lead struct {
	job    *Job
	lead   *queue.Lead
	driver queue.Driver
	leave  context.CancelFunc // of the worker in this process
	worker chan error         // its end
}

// Lead tells the other ranks that a run begins. It must be ended by End or
// Interrupt.
func (j *Job) Lead() (*Lead, error) {
	lead, err := queue.NewLead(j.notice(), queue.Session{Job: j.Place.Job, Build: j.Build}, j.Timing)
	if err != nil {
		return nil, err
	}
	return &Lead{job: j, lead: lead, driver: queue.Driver{Timing: j.Timing, Lead: lead}}, nil
}

// Log has logf told of ranks that join and are lost.
func (l *Lead) Log(logf func(format string, args ...any)) { l.driver.Logf = logf }

// Open implements exec.Backend. This rank's own workers join as well.
func (l *Lead) Open(ctx context.Context, folder string, workers int) error {
	if err := l.driver.Open(ctx, folder, workers); err != nil {
		return err
	}
	w := l.job.worker()
	w.Once = true
	ctx, l.leave = context.WithCancel(context.WithoutCancel(ctx))
	worker := make(chan error, 1)
	l.worker = worker
	go func() {
		_, err := w.Follow(ctx, l.job.notice())
		worker <- err
	}()
	l.driver.Watch = func(context.Context, queue.Work) (map[string]string, error) {
		select {
		case err := <-worker:
			worker <- err
			return nil, err
		default:
			return nil, nil
		}
	}
	return nil
}

// Run implements exec.Backend.
func (l *Lead) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	return l.driver.Run(ctx, tasks, on)
}

// Close implements exec.Backend.
func (l *Lead) Close() error {
	err := l.driver.Close()
	if l.leave != nil {
		l.leave()
		<-l.worker
		l.leave = nil
	}
	return err
}

// End tells all ranks, also those that start later, how the run ended.
func (l *Lead) End(exit int, message string) error { return l.lead.End(exit, message) }

// Interrupt has the other ranks wait for rank 0 to be started again.
func (l *Lead) Interrupt() error { return l.lead.Interrupt() }
