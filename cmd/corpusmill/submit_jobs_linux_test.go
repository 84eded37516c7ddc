package main

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/ray/raytest"
	"corpusmill/backend/slurm/slurmtest"
	"corpusmill/runs"
)

// onMachine runs a command of the program on a machine of a cluster.
func onMachine(t *testing.T, command func(name string, args ...string) *exec.Cmd, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	there := program(ctx, args...)
	c := command(there.Path, there.Args[1:]...)
	var stdout, stderr bytes.Buffer
	c.Env, c.Stdout, c.Stderr, c.WaitDelay = there.Env, &stdout, &stderr, time.Second
	defer context.AfterFunc(ctx, func() { c.Process.Kill() })()
	if err := c.Run(); c.ProcessState == nil {
		t.Fatal(err)
	}
	return outcome{code: c.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// TestSubmitSlurmJob has the driver be a job of Slurm, which has its workers
// in other jobs.
func TestSubmitSlurmJob(t *testing.T) {
	s := newSubmitted(t, trial{"slurm", twoReads, "out.jsonl", []string{"--backend", "slurm", "--slurm_options=--partition=main"}}, 20<<20)
	c := slurmtest.Start(t)
	here := func(args ...string) outcome { return onMachine(t, c.Command, args...) }
	submit := append([]string{"submit", "--driver", "job"}, s.in(t, s.dir, s.input)[1:]...)

	// A job that waits for its turn is known, and can be cancelled.
	o := here(append(submit, "--driver_options", "--begin=now+1hour")...)
	o.want(t, 0)
	o = here("status", s.out())
	o.wantOut(t, "waiting", "slurm job corpusmill-")
	here(submit...).want(t, exitFailure, "is at work in "+s.run()+" (waiting)")
	o = here("cancel", s.out())
	o.want(t, 0)
	o.wantOut(t, "is cancelled")
	here("status", s.out()).wantOut(t, "cancelled")
	if left := c.Queue(t); len(left) > 0 {
		t.Errorf("left in Slurm's queue: %v", left)
	}

	// Options that it has for itself are refused, and nothing is left.
	here(append(submit, "--driver_options", "--output=log")...).want(t, exitFailure, "can't have --output")
	here("status", s.out()).wantOut(t, "cancelled")

	here(submit...).want(t, 0)
	untilJournal(t, s.out())
	o = here("status", s.out())
	o.wantOut(t, "running", "--backend slurm", "stage     ")
	here("cancel", s.out()).want(t, 0)
	here("status", s.out()).wantOut(t, "cancelled, exit 130")
	if left := c.Queue(t); len(left) > 0 {
		t.Errorf("left in Slurm's queue: %v", left)
	}
	if left := c.Machine.Find(t, "--session="); len(left) > 0 {
		t.Errorf("%d workers are alive", len(left))
	}

	here("resume", s.out()).want(t, 0)
	until(t, "the driver doesn't begin", func() bool {
		return len(c.Machine.Find(t, " process --config "+s.dir)) > 0 && exists(filepath.Join(s.run(), "session.json"))
	})
	c.Machine.KillOne(t, " process --config "+s.dir)
	until(t, "a job that was killed isn't seen to be gone", func() bool {
		return strings.Contains(here("status", s.out()).stdout, "interrupted: job corpusmill-")
	})
	here("resume", s.out()).want(t, 0)
	here("logs", "-f", s.out()).want(t, 0)
	s.published(t, true)
}

// submitRayJob submits to the dashboard of a Ray cluster.
func submitRayJob(t *testing.T, c *raytest.Cluster) {
	t.Setenv("CORPUSMILL_PYTHON", filepath.Join(c.Bin, "python"))
	s := newSubmitted(t, trial{"job", mapDedup, "out.jsonl", []string{"--backend", "ray", "--ray_address", c.Jobs}}, 20<<20)
	here := func(args ...string) outcome { return onMachine(t, c.Machines[0].Command, args...) }
	submit := append([]string{"submit"}, s.in(t, s.dir, s.input)[1:]...)

	began := time.Now()
	here(submit...).want(t, 0)
	t.Logf("submit took %v", time.Since(began).Round(time.Millisecond))
	here(submit...).want(t, exitFailure, "is at work in "+s.run())
	defer func() {
		if t.Failed() {
			t.Logf("the job:\n%s%s", here("status", s.out()).stdout, here("logs", s.out()).stdout)
		}
	}()
	until(t, "the job doesn't begin", func() bool { return exists(filepath.Join(s.run(), "driver.json")) })
	untilJournal(t, s.out())
	o := here("status", s.out())
	o.wantOut(t, "running", "ray job corpusmill-")
	o = here("cancel", s.out())
	o.want(t, 0)
	o.wantOut(t, "is cancelled")
	for _, m := range c.Machines {
		none(t, m.Find(t, "worker "+s.dir))
	}
	if st := status1(t, s.out()); st.State != runs.Cancelled {
		t.Errorf("the run is %s (%s)", st.State, st.Why)
	}
	here("logs", s.out()).wantOut(t, "stopped; what is done is kept")

	here("resume", s.out()).want(t, 0)
	here("logs", "-f", s.out()).want(t, 0)
	s.published(t, true)
}
