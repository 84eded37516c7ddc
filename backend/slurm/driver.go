package slurm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"corpusmill/backend/queue"
)

// DriverJob is a batch job that drives a run.
type DriverJob struct {
	Name string // by which it is found
	Dir  string // its working folder
	// Command is the program with its arguments, and Env the variables that
	// it gets beside those of who submits it.
	Command []string
	Env     map[string]string
	Log     string // the file that what it prints is appended to
	// Tasks is how many copies of the command srun starts in the job; 0 for the
	// command alone, without srun.
	Tasks   int
	Options []string
}

// driverOwn are the options of sbatch that a DriverJob sets itself.
var driverOwn = []string{"--array", "-a", "--ntasks", "-n", "--job-name", "-J", "--output", "-o", "--error", "-e", "--open-mode", "--wrap", "--parsable", "--chdir", "-D", "--input", "-i", "--wait", "-W"}

// Submit submits the job and returns its number.
func (j *DriverJob) Submit(ctx context.Context) (id string, err error) {
	if err := Reserved(j.Options, driverOwn); err != nil {
		return "", err
	}
	args := append([]string{"--parsable", "--job-name=" + j.Name, "--chdir=" + j.Dir, "--output=" + j.Log, "--open-mode=append", fmt.Sprint("--ntasks=", max(j.Tasks, 1))}, j.Options...)
	if j.Tasks > 0 {
		args = append(args, "--no-kill")
	}
	out, err := Call(ctx, j.script(), "sbatch", args...)
	id, _, _ = strings.Cut(strings.TrimSpace(out), ";")
	return id, err
}

// script is what the job runs: the driver, or srun, in the place of its shell,
// so that a signal for the batch step reaches it. Copies outlive one another
// and their nodes: what they make of it is theirs.
func (j *DriverJob) script() string {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n")
	for _, k := range slices.Sorted(maps.Keys(j.Env)) {
		fmt.Fprintf(&b, "export %s=%s\n", k, strings.TrimSpace(quoted([]string{j.Env[k]})))
	}
	b.WriteString("exec")
	if j.Tasks > 0 {
		fmt.Fprintf(&b, ` srun --ntasks=%d ${SLURM_CPUS_PER_TASK:+--cpus-per-task=$SLURM_CPUS_PER_TASK} --no-kill --kill-on-bad-exit=0 --wait=0 --mpi=none --quiet --disable-status`, j.Tasks)
	}
	b.WriteString(quoted(j.Command) + "\n")
	return b.String()
}

// FindJob looks for the job of a name in Slurm's queue: its state as Slurm
// words it, and the reason why it waits; "" for a job that isn't there.
func FindJob(ctx context.Context, name string) (state, reason string, err error) {
	out, err := Call(ctx, "", "squeue", "--noheader", "--name="+name, "--states=all", "--format=%T|%r")
	if err != nil {
		return "", "", err
	}
	for line := range strings.Lines(out) {
		s, why, _ := strings.Cut(strings.TrimSpace(line), "|")
		switch s {
		// What is over stays in the queue for a while.
		case "", "COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "DEADLINE", "OUT_OF_MEMORY", "REVOKED":
			continue
		}
		return s, why, nil
	}
	return "", "", nil
}

// StopJob ends the job of a name and waits until it has left the queue: one
// that runs gets SIGINT, as by Ctrl-C, so that it cleans up, and is cancelled
// when force is set and it is still there after patience.
func StopJob(ctx context.Context, name string, patience time.Duration, force bool) (killed bool, err error) {
	state, _, err := FindJob(ctx, name)
	if err != nil || state == "" {
		return false, err
	}
	if state == "PENDING" {
		_, err = Call(ctx, "", "scancel", "--state=PENDING", "--name="+name)
	} else {
		_, err = Call(ctx, "", "scancel", "--signal=INT", "--batch", "--name="+name)
	}
	if err != nil {
		return false, err
	}
	gone, err := leaves(ctx, name, patience)
	if gone || err != nil {
		return false, err
	}
	if !force {
		return false, fmt.Errorf("job %s is still in Slurm's queue %v after SIGINT; --force cancels it", name, patience)
	}
	if _, err := Call(ctx, "", "scancel", "--name="+name); err != nil {
		return false, err
	}
	if gone, err = leaves(ctx, name, callTime); err == nil && !gone {
		err = fmt.Errorf("job %s is still in Slurm's queue %v after it was cancelled", name, callTime)
	}
	return true, err
}

// leaves waits until Slurm has no job of the name, and says whether it has none.
func leaves(ctx context.Context, name string, patience time.Duration) (bool, error) {
	const pause = 500 * time.Millisecond
	for waited := time.Duration(0); ; waited += pause {
		state, _, err := FindJob(ctx, name)
		if err != nil || state == "" {
			return err == nil, err
		}
		if waited >= patience {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// Sweep cancels the jobs of the session whose notice is at path, which a
// driver that was killed has left in Slurm's queue.
func Sweep(ctx context.Context, path string) error {
	old, err := queue.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		_, err = Call(ctx, "", "scancel", "--name="+jobName(old.ID))
	}
	return err
}

// Notice is the name, in the run folder, of the file that tells of a session.
const Notice = "session.json"
