// Package slurm runs tasks in job arrays of Slurm. The driver stays where it
// was started, on a login node or in a job, and reaches Slurm by its own
// commands. Each job of an array is a worker that takes tasks from a queue in
// the run folder, which all nodes share: what a task costs is then a line in
// a file, and not a job. Jobs are submitted as there is work for them, and
// submitted again when they are lost: Slurm requeues those of a node that
// fails, but not those that are killed.
package slurm

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path/filepath"
	"time"

	"corpusmill/backend/queue"
	"corpusmill/exec"
	"corpusmill/plan"
)

// Caps are what Slurm can do: sbatch and its queue come before the first task.
var Caps = plan.Caps{Engine: "Slurm", Apart: true, Remote: true, Session: 3 * time.Second}

// Backend is the driver's side.
type Backend struct {
	queue.Timing
	// Command is the program and its arguments that serve a job; those of
	// Worker are added.
	Command []string
	// Build is the version of the program.
	Build string
	// Workers is the most tasks at once over all jobs.
	Workers int
	// Options are given to sbatch.
	Options []string
	// Worth is how much work, in time, a job is submitted for: 10 s by default.
	Worth time.Duration
	// Every is the time between two looks at Slurm's queue, 5 s by default.
	Every time.Duration
	// Call runs one of Slurm's programs and returns its standard output. An
	// error has its standard error. nil for the programs on the PATH.
	Call func(ctx context.Context, stdin, program string, args ...string) (string, error)
	Logf func(format string, args ...any)

	lead   *queue.Lead
	driver *queue.Driver
	notice string
	jobs   *jobs
}

// Open implements exec.Backend.
func (b *Backend) Open(ctx context.Context, folder string, workers int) error {
	if b.Call == nil {
		b.Call = Call
	}
	if b.Worth <= 0 {
		b.Worth = 10 * time.Second
	}
	if b.Every <= 0 {
		b.Every = 5 * time.Second
	}
	if b.Workers <= 0 {
		b.Workers = workers
	}
	if b.Timing.Absent <= 0 {
		b.Timing.Absent = 24 * time.Hour // that jobs may wait in Slurm's queue
	}
	cpus, err := cpusOf(b.Options)
	if err != nil {
		return err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	b.notice = filepath.Join(filepath.Dir(folder), "session.json")
	if err := b.sweep(ctx); err != nil {
		return err
	}
	if b.lead, err = queue.NewLead(b.notice, queue.Session{Build: b.Build}, b.Timing); err != nil {
		return err
	}
	b.jobs = &jobs{b: b, cpus: cpus, name: jobName(b.lead.ID()), logs: filepath.Join(folder, "slurm"), elements: map[string]*element{}}
	if err := b.jobs.limits(ctx); err != nil {
		return err
	}
	b.driver = &queue.Driver{Timing: b.Timing, Lead: b.lead, Logf: b.Logf, Idle: 3 * b.Worth, Watch: b.jobs.watch}
	return b.driver.Open(ctx, folder, workers)
}

// sweep cancels what a driver that was killed has left in Slurm's queue.
func (b *Backend) sweep(ctx context.Context) error {
	old, err := queue.Read(b.notice)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		_, err = b.Call(ctx, "", "scancel", "--name="+jobName(old.ID))
	}
	return err
}

func jobName(session string) string { return "corpusmill-" + session }

// Run implements exec.Backend.
func (b *Backend) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	return b.driver.Run(ctx, tasks, on)
}

// Close implements exec.Backend: nothing of the run is left in Slurm's queue.
func (b *Backend) Close() error {
	if b.lead == nil {
		return nil
	}
	var first error
	if b.driver != nil {
		first = b.driver.Close()
	}
	if err := b.jobs.cancel(); first == nil {
		first = err
	}
	if err := b.lead.Retire(); first == nil {
		first = err
	}
	b.lead, b.driver = nil, nil
	return first
}

func (b *Backend) logf(format string, args ...any) {
	if b.Logf != nil {
		b.Logf(format, args...)
	}
}

// script is what a job runs. The worker's name is the one that squeue has.
func (b *Backend) script() string {
	worker := append(b.Command[:len(b.Command):len(b.Command)], "--session="+b.notice)
	return "#!/bin/sh\nexec" + quoted(worker) + ` --name="${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" --np="${SLURM_CPUS_PER_TASK:-1}"` + "\n"
}
