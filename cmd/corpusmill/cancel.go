package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"corpusmill/backend/slurm"
	"corpusmill/runs"
)

// cancelTime is how long a run may take to end by itself.
const cancelTime = time.Minute

// killedExit is what a run ends with that is killed.
const killedExit = 128 + 9

func cancel(e *env, args []string) error {
	f, err := takeFlags(args, []string{"force"}, []string{"timeout"})
	if err != nil {
		return err
	}
	patience := cancelTime
	if v, given := f.values["timeout"]; given {
		seconds, err := strconv.ParseFloat(v, 64)
		if err != nil || !(seconds >= 0 && seconds <= 1e6) {
			return usageError{fmt.Sprintf("--timeout is a number of seconds, not %q", v)}
		}
		patience = time.Duration(seconds * float64(time.Second))
	}
	s, err := e.find(f.rest)
	if err != nil {
		return err
	}
	notice := filepath.Join(s.Folder, slurm.Notice)
	if s.State.Over() {
		if s.State == runs.Interrupted && s.Run.Backend == "slurm" {
			err = slurm.Sweep(e.ctx, notice)
		}
		if err != nil {
			return err
		}
		_, err := fmt.Fprintf(e.stdout, "run %s is over already: %s\n", s.ID, s.State)
		return err
	}
	killed := false
	switch {
	case s.Run.Place == runs.RayJob:
		err = e.stopRayJob(s.Run, patience)
	case s.Run.Place == runs.SlurmJob:
		killed, err = slurm.StopJob(e.ctx, s.Run.Job, patience, f.set["force"])
	case s.Driver == nil:
		return fmt.Errorf("run %s is just being started; try again", s.ID)
	case s.Driver.See() == runs.Elsewhere:
		return fmt.Errorf("run %s is driven by process %d on %s: give corpusmill cancel %s there", s.ID, s.Driver.PID, s.Driver.Host, s.Folder)
	default:
		killed, err = runs.Stop(s.Driver.Process, patience, f.set["force"])
		if errors.Is(err, runs.ErrGone) {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", s.ID, err)
	}
	if killed && s.Run.Backend == "slurm" {
		// The driver had no time to take its jobs along.
		if err := slurm.Sweep(e.ctx, notice); err != nil {
			return err
		}
	}
	return e.cancelled(s, killed)
}

// cancelled notes the end of a run that couldn't do it itself, and says what
// became of it.
func (e *env) cancelled(s *runs.Status, killed bool) error {
	d, err := runs.ReadDriver(s.Folder, s.Run.Try)
	if err != nil {
		return err
	}
	if d == nil || d.End == nil {
		if d == nil { // its job was still waiting
			d = &runs.Driver{Try: s.Run.Try, Process: runs.Process{Host: s.Run.Host}, Since: s.Run.Started}
		}
		d.End = &runs.End{At: time.Now(), State: runs.Cancelled, Exit: 130}
		if killed {
			d.End.Exit, d.End.Error = killedExit, "killed by corpusmill cancel --force"
		}
		if err := d.Write(s.Folder); err != nil {
			return err
		}
	}
	if d.End.State == runs.Done {
		_, err = fmt.Fprintf(e.stdout, "run %s was quicker: it is done\n", s.ID)
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "run %s is %s; what is done is kept: corpusmill resume %s goes on\n", s.ID, d.End.State, s.ID)
	return err
}

// stopRayJob has Ray stop the run's job, and waits until it has ended.
func (e *env) stopRayJob(r *runs.Run, patience time.Duration) error {
	c, err := e.rayCluster(r.Address)
	if err != nil {
		return err
	}
	if err := c.Stop(e.ctx, r.Job); err != nil {
		return err
	}
	const pause = 200 * time.Millisecond
	for waited := time.Duration(0); ; waited += pause {
		state, err := c.Look(e.ctx, r.Job)
		if err != nil || state.Ended() {
			return err
		}
		if waited >= patience {
			return fmt.Errorf("job %s is still there %v after it was told to stop: see %s", r.Job, patience, r.Address)
		}
		select {
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-time.After(pause):
		}
	}
}
