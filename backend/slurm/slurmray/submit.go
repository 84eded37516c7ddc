package slurmray

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"corpusmill/backend/slurm"
)

// Job is a command that runs as a batch job on the first of its nodes.
type Job struct {
	// Name is the job's name in Slurm.
	Name    string
	Command []string
	Nodes   int
	// Options are given to sbatch.
	Options []string
	// Folder is where the job writes what it says. All nodes share it.
	Folder         string
	Stdout, Stderr io.Writer
	Logf           func(format string, args ...any)
	// Every is the time between two looks at the job, 2 s by default.
	Every time.Duration
}

// own are the options of sbatch that are not the user's.
var own = []string{"--nodes", "-N", "--ntasks", "-n", "--ntasks-per-node", "--array", "-a", "--job-name", "-J", "--output", "-o",
	"--error", "-e", "--input", "-i", "--wrap", "--parsable", "--wait", "-W"}

// Deadlines of a job.
const (
	queueTime     = 24 * time.Hour   // that it may wait for its nodes
	silentTime    = 10 * time.Minute // that Slurm may fail to answer
	interruptTime = 30 * time.Second // that its command may take to end when it is interrupted
	cancelTime    = 2 * time.Minute  // that Slurm may take to end it
)

// Failed is a job that didn't end well.
type Failed struct {
	// Exit is the exit code of the command, 0 when it didn't end by itself.
	Exit int
	msg  string
}

func (f *Failed) Error() string { return f.msg }

// Run submits the job, passes on what it says, and returns when it has ended:
// a *Failed when it ended otherwise than well. When ctx ends the job is cancelled.
// When this process is killed it goes on.
func (j *Job) Run(ctx context.Context) error {
	if err := slurm.Reserved(j.Options, own); err != nil {
		return err
	}
	if j.Every <= 0 {
		j.Every = 2 * time.Second
	}
	file := func(id, ending string) string { return filepath.Join(j.Folder, "slurm-"+id+ending) }
	args := append([]string{"--parsable", "--job-name=" + j.Name, fmt.Sprint("--nodes=", j.Nodes), "--ntasks-per-node=1", "--no-kill",
		"--output=" + file("%j", ".out"), "--error=" + file("%j", ".err")}, j.Options...)
	out, err := slurm.Call(ctx, slurm.Script(j.Command), "sbatch", args...)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(strings.TrimSpace(out), ";")
	j.logf("Slurm job %s: what it says is in %s and %s", id, file(id, ".out"), file(id, ".err"))
	pipes := []*pipe{{path: file(id, ".out"), to: j.Stdout}, {path: file(id, ".err"), to: j.Stderr}}
	s, err := j.follow(ctx, id, pipes)
	for _, p := range pipes {
		if e := p.pass(); err == nil {
			err = e
		}
	}
	if err != nil {
		return err
	}
	return s.verdict(id)
}

// follow waits for the job's end.
func (j *Job) follow(ctx context.Context, id string, pipes []*pipe) (s state, err error) {
	var silent, queued time.Duration
	for since := time.Duration(0); ; since += j.Every {
		select {
		case <-ctx.Done():
			return s, j.cancel(ctx, id)
		case <-time.After(j.Every):
		}
		for _, p := range pipes {
			if err := p.pass(); err != nil {
				return s, errors.Join(err, j.cancel(ctx, id))
			}
		}
		now, err := look(ctx, id)
		switch {
		case ctx.Err() != nil:
			continue
		case err != nil:
			if silent += j.Every; silent > silentTime {
				return s, fmt.Errorf("job %s goes on, but Slurm doesn't answer: %w", id, err)
			}
			continue
		case now.ended():
			return now, nil
		case now.name == "PENDING":
			if queued += j.Every; queued > queueTime {
				return s, errors.Join(fmt.Errorf("job %s was cancelled after it had waited for %v (%s)", id, queueTime, now.reason), j.cancel(ctx, id))
			}
			if queued%time.Minute < j.Every {
				j.logf("job %s waits in Slurm's queue (%s)", id, now.reason)
			}
		}
		s, silent = now, 0
	}
}

// cancel ends the job and returns why ctx ended. The command has some time to
// end by itself, as it does when it is interrupted, before Slurm ends it.
func (j *Job) cancel(ctx context.Context, id string) error {
	why := context.Cause(ctx)
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelTime)
	defer stop()
	if _, err := slurm.Call(ctx, "", "scancel", "--batch", "--signal=INT", id); err == nil && j.over(ctx, id, interruptTime) {
		return why
	}
	if _, err := slurm.Call(ctx, "", "scancel", id); err != nil {
		return errors.Join(why, err)
	}
	if !j.over(ctx, id, cancelTime) {
		return errors.Join(why, fmt.Errorf("job %s was cancelled, but %v later Slurm still has it", id, cancelTime))
	}
	return why
}

// over waits until the job has ended. A job that waits for its nodes doesn't
// by itself.
func (j *Job) over(ctx context.Context, id string, most time.Duration) bool {
	ctx, stop := context.WithTimeout(ctx, most)
	defer stop()
	for {
		s, err := look(ctx, id)
		if err == nil && s.ended() {
			return true
		}
		if most == interruptTime && s.name == "PENDING" {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(j.Every / 4):
		}
	}
}

func (j *Job) logf(format string, args ...any) {
	if j.Logf != nil {
		j.Logf(format, args...)
	}
}

// state is what Slurm says of a job.
type state struct {
	name, reason string
	exit         int
}

// unknown is the state of a job that Slurm has forgotten.
const unknown = "UNKNOWN"

func look(ctx context.Context, id string) (state, error) {
	out, err := slurm.Call(ctx, "", "scontrol", "--oneliner", "show", "job", id)
	if err != nil {
		if strings.Contains(err.Error(), "Invalid job id") {
			return state{name: unknown}, nil
		}
		return state{}, err
	}
	f := fieldsOf(out)
	s := state{name: f["JobState"], reason: f["Reason"]}
	code, _, _ := strings.Cut(f["ExitCode"], ":")
	s.exit, err = strconv.Atoi(code)
	return s, err
}

// ended says whether the job is over. One that completes still has processes.
func (s state) ended() bool {
	switch s.name {
	case "PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "RESIZING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED",
		"SIGNALING", "STAGE_OUT", "STOPPED", "SPECIAL_EXIT", "RESV_DEL_HOLD":
		return false
	}
	return true
}

func (s state) verdict(id string) error {
	switch {
	case s.name == "COMPLETED":
		return nil
	case s.name == unknown:
		return &Failed{msg: fmt.Sprintf("Slurm doesn't know job %s any more: give the same command again to go on, or to learn that it is done", id)}
	case s.name == "FAILED" && s.exit > 0:
		return &Failed{Exit: s.exit, msg: fmt.Sprintf("job %s ended with exit code %d, as it says above", id, s.exit)}
	}
	return &Failed{msg: fmt.Sprintf("Slurm has ended job %s: %s (%s); what is done is kept: give the same command again to go on", id, s.name, s.reason)}
}

// pipe passes on what is appended to a file.
type pipe struct {
	path string
	to   io.Writer
	off  int64
}

// pass passes on what is new. A file that isn't there has nothing.
func (p *pipe) pass() error {
	f, err := os.Open(p.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(p.to, io.NewSectionReader(f, p.off, 1<<62))
	p.off += n
	return err
}
