package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"corpusmill/internal/scratch"
)

// TestRanksDiskFull runs by two ranks on disks of growing size: on one that
// is too small all ranks end with a failure, and on a larger one they go on.
func TestRanksDiskFull(t *testing.T) {
	x := newRanksRun(t)
	x.input = write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(3<<20, 0.1)))
	alone := trial{"local", x.recipe, "out.jsonl", []string{"--task_memory", "2MiB"}}
	o := corpusmill(t, alone.in(t, scratch.Dir(t), x.input)...)
	o.want(t, 0)
	x.calm = report(t, o)
	x.files = contents(t, x.calm)
	small, jobs := 0, 0
	for size, enough := 256<<10, false; !enough; size += size / 2 {
		disk := t.TempDir()
		err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d", size))
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
			lacking(t, "mounting a small disk needs root")
		}
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Unmount(disk, syscall.MNT_DETACH)
		x.dir = disk
		// A rank that is late to a run that failed waits for the next one: the
		// first try has rank 0 alone.
		_, end := x.begin(t, 0)
		zero := end()
		first := zero
		if enough = zero.code == 0; !enough {
			small++
			zero.want(t, exitFailure, "no space left")
			x.nothingHalf(t, disk, x.files)
			if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
				t.Fatal(err)
			}
			jobs++
			t.Setenv("CORPUSMILL_JOB", fmt.Sprint("job ", jobs))
			_, end0 := x.begin(t, 0)
			_, end1 := x.begin(t, 1)
			zero, first = end0(), end1()
		}
		x.finished(t, zero)
		first.want(t, 0)
	}
	if small < 3 {
		t.Errorf("only %d disks were too small", small)
	}
}
