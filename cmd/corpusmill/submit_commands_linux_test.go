package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"corpusmill/backend/slurm/slurmtest"
	"corpusmill/internal/scratch"
	"corpusmill/runs"
)

// byLocalRanks has three ranks on this machine.
var byLocalRanks = trial{"ranks", similar, "out.jsonl", []string{"--backend", "ranks", "--np", "1", "--worker_timeout", "2", "--task_memory", "2MiB", "--world_size", "3"}}

// TestSubmitRanks submits a run whose ranks are started by its driver, cancels
// and kills it: no rank outlives it, and it goes on.
func TestSubmitRanks(t *testing.T) {
	s := newSubmitted(t, trial{"ranks", similar, "out.jsonl", []string{"--task_memory", "2MiB"}}, 24<<20)
	s.trial = byLocalRanks
	id := s.submit(t)
	untilJournal(t, s.out())
	alive := func(d *runs.Driver) []int {
		t.Helper()
		var all []int
		until(t, "the driver hasn't two ranks and a worker", func() bool {
			all = append(childrenOf(t, d.PID), d.PID)
			return len(all) > 3
		})
		for _, pid := range all {
			all = append(all, childrenOf(t, pid)...)
		}
		return all
	}
	all := alive(s.wantState(t, runs.Running).Driver)
	corpusmill(t, "cancel", id).want(t, 0)
	for _, pid := range all {
		if !zombie(pid) {
			t.Errorf("process %d is alive when cancel has ended", pid)
		}
	}
	s.wantState(t, runs.Cancelled)

	corpusmill(t, "resume", id).want(t, 0)
	until(t, "the run doesn't go on", func() bool { return status1(t, id).State == runs.Running })
	d := s.wantState(t, runs.Running).Driver
	all = alive(d)
	if err := syscall.Kill(d.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	none(t, all)
	s.wantState(t, runs.Interrupted)
	s.nothingHalf(t, s.dir, s.files)
	corpusmill(t, "resume", id).want(t, 0)
	s.finished(t, true)
}

// TestSubmitRanksRefused submits ranks that something else would have to start.
func TestSubmitRanksRefused(t *testing.T) {
	s := newSubmitted(t, byProcesses, 1<<20)
	args := append([]string{"submit"}, s.in(t, s.dir, s.input)[1:]...)
	args = append(args, "--backend", "ranks")
	corpusmill(t, args...).want(t, exitUsage, "--backend ranks needs --world_size N", "have it start corpusmill process")
	corpusmill(t, append(args, "--rank", "0", "--world_size", "2")...).want(t, exitUsage, "leave out --rank")
	t.Setenv("RANK", "1")
	corpusmill(t, append(args, "--world_size", "2")...).want(t, exitUsage, "RANK is set")
}

// TestRanksByProcess has process start its ranks.
func TestRanksByProcess(t *testing.T) {
	x := newRanksRun(t)
	x.trial = byLocalRanks
	_, wait := begin(t, x.in(t, x.dir, x.input))
	untilJournal(t, x.path(x.dir))
	if st := status1(t, x.path(x.dir)); st.Run.Bound != "" {
		t.Errorf("the run can't be started again: %s", st.Run.Bound)
	}
	x.finished(t, wait())
}

// TestSubmitRanksJob has the ranks be tasks of one job of Slurm.
func TestSubmitRanksJob(t *testing.T) {
	s := newSubmitted(t, trial{"ranks", similar, "out.jsonl", []string{"--task_memory", "2MiB"}}, 24<<20)
	s.trial = byLocalRanks
	c := slurmtest.StartNodes(t, 2)
	here := func(args ...string) outcome { return onMachine(t, c.Command, args...) }
	submit := append([]string{"submit", "--driver", "job", "--driver_options", "--nodes=2 --cpus-per-task=2"}, s.in(t, s.dir, s.input)[1:]...)
	submit = append(submit, "--world_size", "2", "--quiet=false")

	here(submit...).want(t, 0)
	untilJournal(t, s.out())
	for _, m := range c.Machines {
		until(t, "no rank is at work on "+m.Name, func() bool { return len(m.Find(t, " worker "+s.run())) > 0 })
	}
	here("status", s.out()).wantOut(t, "running", "slurm job corpusmill-", "--backend ranks")
	here("cancel", s.out()).want(t, 0)
	here("status", s.out()).wantOut(t, "cancelled, exit 130")
	if left := c.Queue(t); len(left) > 0 {
		t.Errorf("left in Slurm's queue: %v", left)
	}
	for _, m := range c.Machines {
		if left := m.Find(t, "process --config "+s.dir); len(left) > 0 {
			t.Errorf("%d ranks are alive on %s", len(left), m.Name)
		}
	}
	here("resume", s.out()).want(t, 0)
	here("logs", "-f", s.out()).want(t, 0)
	s.published(t, true)
}

// TestSubmitIndex submits the making of an index, kills it, and goes on.
func TestSubmitIndex(t *testing.T) {
	x := newIndexFixture(t, 12<<20)
	t.Setenv("XDG_STATE_HOME", filepath.Join(x.dir, "state"))
	make := func(verb, input string) []string { return append([]string{"submit"}, x.make(verb, input)...) }
	corpusmill(t, "submit", "dedup", "index", "info", x.index).want(t, exitUsage, "is no run")
	corpusmill(t, make("build", x.in[0])...).want(t, 0)
	untilJournal(t, x.index)
	st := status1(t, x.index)
	if st.State == runs.Running {
		syscall.Kill(st.Driver.PID, syscall.SIGKILL)
	}
	until(t, "the run isn't over", func() bool { return status1(t, x.index).State.Over() })
	if st := status1(t, x.index); st.State != runs.Interrupted {
		t.Fatalf("the run is %s", st.State)
	}
	corpusmill(t, "resume", x.index).want(t, 0)
	corpusmill(t, "logs", "-f", x.index).want(t, 0)
	corpusmill(t, make("build", x.in[0])...).want(t, exitFailure, "holds an index already")
	corpusmill(t, append(make("add", x.in[1]), "--backend", "ranks", "--world_size", "2")...).want(t, 0)
	corpusmill(t, "logs", "-f", x.index).want(t, 0)
	if st := status1(t, x.index); st.State != runs.Done || st.Run.Command[0] != "dedup" {
		t.Errorf("the run is %s, its command %q", st.State, st.Run.Command)
	}
	corpusmill(t, "verify", x.index).want(t, 0)

	calm := *x
	calm.index = filepath.Join(x.dir, "calm")
	corpusmill(t, calm.make("build", x.in[0])...).want(t, 0)
	corpusmill(t, calm.make("add", x.in[1])...).want(t, 0)
	info := func(index string) string {
		o := corpusmill(t, "dedup", "index", "info", index)
		o.want(t, 0)
		return strings.ReplaceAll(o.stdout, index, "")
	}
	if a, b := info(x.index), info(calm.index); a != b {
		t.Errorf("the index is\n%swant\n%s", a, b)
	}
}

// TestSubmitResplit submits a resplit, cancels it, and goes on.
func TestSubmitResplit(t *testing.T) {
	dir := scratch.Dir(t)
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	input := write(t, filepath.Join(dir, "in.jsonl"), string(rows(64<<20, 0.3)))
	out := filepath.Join(dir, "cut")
	o := corpusmill(t, "submit", "--json", "resplit", input, "-o", out, "--split_size", "5MB", "--np", "1", "--segment", "256KiB")
	o.want(t, 0)
	var x started
	if err := json.Unmarshal([]byte(o.stdout), &x); err != nil || x.Output != out {
		t.Fatalf("%v in %q", err, o.stdout)
	}
	untilJournal(t, out)
	corpusmill(t, "cancel", out).want(t, 0)
	if st := status1(t, out); st.State == runs.Cancelled {
		corpusmill(t, "resume", out).want(t, 0)
	}
	corpusmill(t, "logs", "-f", out).want(t, 0)
	if files := parts(t, out); len(files) < 10 || strings.Join(files, "") != read(t, input) {
		t.Errorf("%d files, or not the rows of the input", len(files))
	}
}
