package main

import (
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"corpusmill/backend/slurm/slurmtest"
	"corpusmill/internal/scratch"
)

// resize mounts a disk of a size, or gives it another.
func resize(t *testing.T, disk string, flags uintptr, size string) {
	t.Helper()
	err := syscall.Mount("tmpfs", disk, "tmpfs", flags, "size="+size)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		lacking(t, "mounting a small disk needs root")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSlurm ends the driver of a run on Slurm in every way, and gives the same
// command again.
func TestSlurm(t *testing.T) {
	disk := t.TempDir()
	resize(t, disk, 0, "1m") // before the nodes, which keep the mounts that they find
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	c := slurmtest.Start(t)
	input := write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(20<<20, 0.3)))
	x := trial{"slurm", mapDedup, "out.jsonl", []string{"--backend", "slurm", "--slurm_options=--cpus-per-task=2"}}
	local := trial{"local", mapDedup, "out.jsonl", nil}
	o := corpusmill(t, local.in(t, scratch.Dir(t), input)...)
	o.want(t, 0)
	calm := report(t, o)
	files := contents(t, calm)

	start := func(t *testing.T, dir string) (*osexec.Cmd, func() outcome) {
		p := program(t.Context(), x.in(t, dir, input)...)
		return beginOn(t, c, p.Env, p.Path, p.Args[1:]...)
	}
	nothingLeft := func(t *testing.T) {
		t.Helper()
		until(t, "Slurm has jobs left", func() bool { return len(c.Queue(t)) == 0 })
		until(t, "workers outlive their run", func() bool { return len(c.Machine.Find(t, "worker")) == 0 })
	}
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := scratch.Dir(t)
			driver, wait := start(t, dir)
			untilJournal(t, x.path(dir))
			driver.Process.Signal(sig)
			if o := wait(); sig == syscall.SIGTERM {
				o.want(t, 128+int(sig), "stopped; what is done is kept")
				nothingLeft(t)
			}
			x.nothingHalf(t, dir, files)
			_, wait = start(t, dir)
			if x.check(t, wait(), calm, files) != 1 {
				t.Error("the run began anew")
			}
			nothingLeft(t)
		})
	}
	t.Run("disk full", func(t *testing.T) {
		resize(t, disk, syscall.MS_REMOUNT, fmt.Sprint(calm.Output[0].Bytes/2))
		_, wait := start(t, disk)
		wait().want(t, exitFailure, "no space left")
		nothingLeft(t)
		x.nothingHalf(t, disk, files)
		resize(t, disk, syscall.MS_REMOUNT, "256m")
		_, wait = start(t, disk)
		x.check(t, wait(), calm, files)
		nothingLeft(t)
		if _, err := os.Stat(filepath.Join(disk, "out.jsonl.run", "work")); err == nil {
			t.Error("the run has left its work folder")
		}
	})
}
