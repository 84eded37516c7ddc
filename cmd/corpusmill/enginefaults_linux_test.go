package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"corpusmill/backend/dask/dasktest"
	"corpusmill/backend/spark/sparktest"
	"corpusmill/exec"
	"corpusmill/internal/netns"
	"corpusmill/internal/scratch"
)

// TestDask ends drivers of runs on a Dask cluster in every way.
func TestDask(t *testing.T) {
	disk := smallDisk(t, 1<<20) // before the cluster, which sees what is mounted then
	c := dasktest.Start(t, 2, true)
	c.Setenv(t)
	t.Setenv("CORPUSMILL_PYTHON", c.Python)
	t.Run("machine asleep", func(t *testing.T) {
		if !full() {
			t.Skip("CORPUSMILL_FULL isn't set; backend/dask has one asleep")
		}
		input := write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(8<<20, 0.3)))
		o := corpusmill(t, trial{"local", mapDedup, "out.jsonl", nil}.in(t, scratch.Dir(t), input)...)
		o.want(t, 0)
		calm := report(t, o)
		x := trial{"dask", mapDedup, "out.jsonl", []string{"--backend", "dask", "--dask_address", c.Address, "--worker_timeout", "16", "--quiet=false"}}
		dir := scratch.Dir(t)
		_, wait := begin(t, x.in(t, dir, input))
		patiently(t, "no worker is at work there", func() bool { return len(c.Machines[1].Find(t, "worker "+dir)) > 0 })
		c.Machines[1].FreezeFor(t, 22*time.Second)
		o = wait()
		x.check(t, o, calm, contents(t, calm))
		// The worker may be frozen before it has told that it began.
		if !strings.Contains(o.stderr, "it gave no sign of life for 16s") && !strings.Contains(o.stderr, "bundles for 16s; they are sent again") {
			t.Errorf("the worker wasn't missed; stderr:\n%s", o.stderr)
		}
	})
	engineFaults(t, c.Machines, disk, "--backend", "dask", "--dask_address", c.Address)
}

// TestSpark does the same on Spark, whose runs take long to begin.
func TestSpark(t *testing.T) {
	if !full() {
		t.Skip("CORPUSMILL_FULL isn't set")
	}
	disk := smallDisk(t, 1<<20)
	c := sparktest.Start(t, 2)
	t.Setenv("CORPUSMILL_PYTHON", c.Python)
	engineFaults(t, c.Machines, disk, "--backend", "spark", "--spark_address", c.Address)
}

// smallDisk mounts a disk of that size.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	disk := t.TempDir()
	mountDisk(t, disk, size)
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	return disk
}

// engineFaults ends a run's driver by signals, and has the disk run full. Each
// time no worker is left, and the same command goes on to a calm run's result.
func engineFaults(t *testing.T, machines []*netns.Machine, disk string, flags ...string) {
	input := write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(8<<20, 0.3)))
	x := trial{flags[1], mapDedup, "out.jsonl", flags}
	local := trial{"local", mapDedup, "out.jsonl", nil}
	o := corpusmill(t, local.in(t, scratch.Dir(t), input)...)
	o.want(t, 0)
	calm := report(t, o)
	files := contents(t, calm)
	nothingLeft := func(t *testing.T, dir string) {
		t.Helper()
		for _, m := range machines {
			patiently(t, "workers outlive their run", func() bool { return len(m.Find(t, "worker "+dir)) == 0 })
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := scratch.Dir(t)
			driver, wait := begin(t, x.in(t, dir, input))
			patiently(t, "the run has no workers on the cluster", func() bool {
				return len(machines[0].Find(t, "worker "+dir))+len(machines[1].Find(t, "worker "+dir)) > 0
			})
			driver.Process.Signal(sig)
			o := wait()
			if sig == syscall.SIGINT {
				o.want(t, 128+int(sig), "stopped; what is done is kept")
			}
			nothingLeft(t, dir)
			x.nothingHalf(t, dir, files)
			x.check(t, corpusmill(t, x.in(t, dir, input)...), calm, files)
			nothingLeft(t, dir)
		})
	}
	t.Run("full disk", func(t *testing.T) {
		x.onFullDisk(t, disk, input, calm, files)
		nothingLeft(t, disk)
	})
}

// onFullDisk runs on a disk that is too small, and again when it is larger.
func (x trial) onFullDisk(t *testing.T, disk, input string, calm exec.Report, files map[string]string) {
	t.Helper()
	o := corpusmill(t, x.in(t, disk, input)...)
	o.want(t, exitFailure)
	if !strings.Contains(o.stderr, "no space left on the disk") {
		t.Errorf("the message doesn't say what to do:\n%s", o.stderr)
	}
	x.nothingHalf(t, disk, files)
	growDisk(t, disk)
	x.check(t, corpusmill(t, x.in(t, disk, input)...), calm, files)
}

// patiently waits for what takes an engine seconds, and more on a busy machine.
func patiently(t *testing.T, otherwise string, happened func() bool) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for !happened() {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
