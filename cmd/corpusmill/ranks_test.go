package main

import (
	"fmt"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

// byRanks is a trial that long enough stays at work to be disturbed.
var byRanks = trial{"ranks", similar, "out.jsonl", []string{"--backend", "ranks", "--np", "1", "--worker_timeout", "1", "--task_memory", "2MiB"}}

// ranksRun is a run by three ranks.
type ranksRun struct {
	trial
	dir   string
	input string
	calm  exec.Report
	files map[string]string
}

func newRanksRun(t *testing.T) *ranksRun {
	dir := scratch.Dir(t)
	x := &ranksRun{trial: byRanks, dir: filepath.Join(dir, "ranks"), input: write(t, filepath.Join(dir, "in.jsonl"), string(rows(24<<20, 0.3)))}
	alone := trial{"local", similar, "out.jsonl", []string{"--task_memory", "2MiB"}}
	o := corpusmill(t, alone.in(t, filepath.Join(dir, "calm"), x.input)...)
	o.want(t, 0)
	x.calm = report(t, o)
	x.files = contents(t, x.calm)
	return x
}

// begin starts a rank.
func (x *ranksRun) begin(t *testing.T, rank int, more ...string) (*osexec.Cmd, func() outcome) {
	t.Helper()
	args := append(x.in(t, x.dir, x.input), "--rank", fmt.Sprint(rank), "--world-size", "3")
	return begin(t, append(args, more...))
}

// finished checks the result, and that the run has left nothing else.
func (x *ranksRun) finished(t *testing.T, o outcome) {
	t.Helper()
	x.check(t, o, x.calm, x.files)
	if exists(filepath.Join(x.path(x.dir)+".run", "work")) {
		t.Error("the run has left its work folder")
	}
}

// TestRanks has three ranks, one of them late, do a run, with one result.
func TestRanks(t *testing.T) {
	x := newRanksRun(t)
	t.Setenv("CORPUSMILL_JOB", "a job")
	_, first := x.begin(t, 1)
	_, zero := x.begin(t, 0)
	untilJournal(t, x.path(x.dir))
	_, second := x.begin(t, 2)
	x.finished(t, zero())
	first().want(t, 0)
	second().want(t, 0)
	// One that is started again when all is over learns how it ended.
	_, again := x.begin(t, 2)
	again().want(t, 0)
}

// TestRanksFail has rank 0 end the run with its own exit code: it is that of
// all.
func TestRanksFail(t *testing.T) {
	x := newRanksRun(t)
	write(t, x.input, string(rows(1<<20, 0.3))+"no row\n")
	_, first := x.begin(t, 1)
	_, zero := x.begin(t, 0)
	zero().want(t, exitQuarantine)
	first().want(t, exitQuarantine, "rank 0: 1 of ")
}

// TestRankKilled kills ranks amid a run, with SIGKILL and with SIGTERM: the
// others finish it, and those that are started again join.
func TestRankKilled(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		for rank := range 2 {
			t.Run(fmt.Sprintf("%v rank %d", sig, rank), func(t *testing.T) {
				x := newRanksRun(t)
				begun := make([]*osexec.Cmd, 3)
				wait := make([]func() outcome, 3)
				for r := range 3 {
					begun[r], wait[r] = x.begin(t, r)
				}
				untilJournal(t, x.path(x.dir))
				if err := begun[rank].Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
				if o := wait[rank](); o.code == 0 {
					t.Fatal("the rank was quicker than the signal")
				}
				x.nothingHalf(t, x.dir, x.files)
				_, wait[rank] = x.begin(t, rank)
				x.finished(t, wait[0]())
				for r := 1; r < 3; r++ {
					wait[r]().want(t, 0)
				}
			})
		}
	}
}

// TestRankPaused stops a rank and its children for longer than the others
// wait for it, and wakes it up amid the run and after its end. What it then
// says counts no more.
func TestRankPaused(t *testing.T) {
	for _, after := range []string{"amid the run", "after its end"} {
		t.Run(after, func(t *testing.T) {
			x := newRanksRun(t)
			_, zero := x.begin(t, 0, "--quiet=false")
			sleeper, first := x.begin(t, 1)
			untilJournal(t, x.path(x.dir))
			var children []int
			until(t, "rank 1 has no child", func() bool {
				children = childrenOf(t, sleeper.Process.Pid)
				return len(children) > 0
			})
			all := append(children, sleeper.Process.Pid)
			signal := func(s syscall.Signal) {
				for _, pid := range all {
					// One that a worker has just started may be gone again.
					if err := syscall.Kill(pid, s); err != nil && (err != syscall.ESRCH || pid == sleeper.Process.Pid) {
						t.Fatal(err)
					}
				}
			}
			signal(syscall.SIGSTOP)
			if after == "amid the run" {
				time.Sleep(1500 * time.Millisecond)
				signal(syscall.SIGCONT)
			}
			o := zero()
			if after == "after its end" {
				signal(syscall.SIGCONT)
			}
			if !strings.Contains(o.stderr, "has given no sign of life for 1s") {
				t.Errorf("rank 1 wasn't missed:\n%s", o.stderr)
			}
			first().want(t, 0)
			x.finished(t, o)
		})
	}
}

// TestRankLost kills a rank with all its processes at once, as when its machine
// fails, and doesn't start it again: the others finish the run.
func TestRankLost(t *testing.T) {
	x := newRanksRun(t)
	_, zero := x.begin(t, 0)
	lost, end := x.begin(t, 1)
	untilJournal(t, x.path(x.dir))
	for _, pid := range append(childrenOf(t, lost.Process.Pid), lost.Process.Pid) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && (err != syscall.ESRCH || pid == lost.Process.Pid) {
			t.Fatal(err)
		}
	}
	if o := end(); o.code == 0 {
		t.Fatal("the rank was quicker than the signal")
	}
	x.finished(t, zero())
}

// TestRankZeroPaused stops rank 0 for longer than ranks may be silent: it
// doesn't take its own sleep for theirs, and the run goes on.
func TestRankZeroPaused(t *testing.T) {
	x := newRanksRun(t)
	sleeper, zero := x.begin(t, 0, "--quiet=false")
	_, first := x.begin(t, 1)
	untilJournal(t, x.path(x.dir))
	if err := sleeper.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	if err := sleeper.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	o := zero()
	if regexp.MustCompile(`rank 1 on \S+ has given no sign of life`).MatchString(o.stderr) {
		t.Errorf("rank 1 was given up:\n%s", o.stderr)
	}
	x.finished(t, o)
	first().want(t, 0)
}
