package main

import (
	"context"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"corpusmill/backend/ray/raytest"
	"corpusmill/internal/scratch"
)

// TestRay runs on a cluster of two nodes, and ends drivers in every way.
func TestRay(t *testing.T) {
	c := raytest.Start(t, 2)
	c.Setenv(t)
	t.Setenv("CORPUSMILL_PYTHON", c.Python)
	input := write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(30<<20, 0.3)))
	x := trial{"ray", mapDedup, "out.jsonl", []string{"--executor_type", "ray", "--ray_address", c.Address}}
	local := trial{"local", mapDedup, "out.jsonl", nil}
	o := corpusmill(t, local.in(t, scratch.Dir(t), input)...)
	o.want(t, 0)
	calm := report(t, o)
	files := contents(t, calm)

	// nothingLeft waits until no worker of a run is alive.
	nothingLeft := func(t *testing.T, dir string) {
		t.Helper()
		for _, m := range c.Machines {
			until(t, "workers outlive their run", func() bool { return len(m.Find(t, "worker "+dir)) == 0 })
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := scratch.Dir(t)
			driver, wait := begin(t, x.in(t, dir, input))
			untilJournal(t, x.path(dir))
			if len(c.Machines[0].Find(t, "worker "+dir))+len(c.Machines[1].Find(t, "worker "+dir)) == 0 {
				t.Error("the run has no workers on the cluster")
			}
			driver.Process.Signal(sig)
			o := wait()
			if sig == syscall.SIGINT {
				o.want(t, 128+int(sig), "stopped; what is done is kept")
			}
			nothingLeft(t, dir)
			x.nothingHalf(t, dir, files)
			if x.check(t, corpusmill(t, x.in(t, dir, input)...), calm, files) != 1 {
				t.Error("the run began anew")
			}
			nothingLeft(t, dir)
		})
	}
	t.Run("job", func(t *testing.T) {
		// The job has the cluster's Python; the client is on the head too, but
		// needs nothing there.
		t.Setenv("CORPUSMILL_PYTHON", filepath.Join(c.Bin, "python"))
		x := trial{"job", mapDedup, "out.jsonl", []string{"--backend", "ray", "--ray_address", c.Jobs}}
		run := func(dir string) (*osexec.Cmd, *strings.Builder) {
			args := program(t.Context(), x.in(t, dir, input)...)
			cmd := c.Machines[0].Command(args.Path, args.Args[1:]...)
			out := &strings.Builder{}
			cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = args.Env, out, out, time.Second
			return cmd, out
		}
		dir := scratch.Dir(t)
		cmd, out := run(dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		untilJournal(t, x.path(dir))
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
			t.Errorf("an interrupted client ends with %v: %s", err, out)
		}
		nothingLeft(t, dir)
		x.nothingHalf(t, dir, files)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd, out = run(dir)
		stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
		defer stop()
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if !strings.Contains(out.String(), calm.Digest) || !strings.Contains(out.String(), `"resumed": true`) {
			t.Errorf("the job says:\n%s\nwant digest %s", out, calm.Digest)
		}
		nothingLeft(t, dir)
	})
	t.Run("what the cluster lacks", func(t *testing.T) {
		dir := scratch.Dir(t)
		args := append(x.in(t, dir, input), "--words_num_filter.gpu_required", "1")
		corpusmill(t, args...).want(t, exitFailure, "stage 1 asks for 1 by gpu_required", "Ray has offers 0")
	})
}
