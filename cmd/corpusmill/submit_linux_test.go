package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	osexec "os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
	"corpusmill/runs"
)

// submitted is a trial that is submitted in its own folder.
type submitted struct {
	trial
	dir   string
	input string
	calm  exec.Report
	files map[string]string
}

// newSubmitted has the result of a calm run to compare with.
func newSubmitted(t *testing.T, x trial, size int) *submitted {
	t.Helper()
	dir := scratch.Dir(t)
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	s := &submitted{trial: x, dir: filepath.Join(dir, "runs"), input: write(t, filepath.Join(dir, "in.jsonl"), string(rows(size, 0.3)))}
	o := corpusmill(t, trial{"calm", x.recipe, x.out, nil}.in(t, filepath.Join(dir, "calm"), s.input)...)
	o.want(t, 0)
	s.calm = report(t, o)
	s.files = contents(t, s.calm)
	t.Cleanup(func() {
		if exists(s.run()) {
			c := program(context.Background(), "cancel", "--force", "--timeout", "5", s.out())
			if said, err := c.CombinedOutput(); err != nil {
				t.Errorf("cancel at the end of the test: %v: %s", err, said)
			}
		}
	})
	return s
}

func (s *submitted) out() string { return s.path(s.dir) }
func (s *submitted) run() string { return s.out() + runs.Suffix }

// submit starts the run and returns its ID.
func (s *submitted) submit(t *testing.T, flags ...string) string {
	t.Helper()
	args := append([]string{"submit"}, s.in(t, s.dir, s.input)[1:]...)
	o := corpusmill(t, append(args, flags...)...)
	o.want(t, 0)
	var x started
	if err := json.Unmarshal([]byte(o.stdout), &x); err != nil {
		t.Fatalf("%v in %q", err, o.stdout)
	}
	if x.Output != s.out() || x.Folder != s.run() || len(x.ID) != 6 {
		t.Errorf("submit says %+v", x)
	}
	return x.ID
}

// status asks for the run's status by a name.
func status1(t *testing.T, name string) *runs.Status {
	t.Helper()
	o := corpusmill(t, "status", "--json", name)
	o.want(t, 0)
	s := &runs.Status{}
	if err := json.Unmarshal([]byte(o.stdout), s); err != nil {
		t.Fatalf("%v in %q", err, o.stdout)
	}
	return s
}

// wantState checks what status says of the run.
func (s *submitted) wantState(t *testing.T, want runs.State) *runs.Status {
	t.Helper()
	got := status1(t, s.out())
	if got.State != want {
		t.Fatalf("the run is %s (%s), want %s\nlog:\n%s", got.State, got.Why, want, s.log(t))
	}
	return got
}

func (s *submitted) log(t *testing.T) string {
	if !exists(runs.Log(s.run())) {
		return ""
	}
	return read(t, runs.Log(s.run()))
}

// finished waits for the end of the run by its log, and compares the result
// with the calm run's.
func (s *submitted) finished(t *testing.T, resumed bool) {
	t.Helper()
	corpusmill(t, "logs", "-f", s.out()).want(t, 0)
	s.published(t, resumed)
}

// published compares the result of a run that has ended.
func (s *submitted) published(t *testing.T, resumed bool) {
	t.Helper()
	s.wantState(t, runs.Done)
	var r exec.Report
	if err := json.Unmarshal([]byte(read(t, filepath.Join(s.run(), "report.json"))), &r); err != nil {
		t.Fatal(err)
	}
	if r.Digest != s.calm.Digest || r.Rows != s.calm.Rows {
		t.Errorf("digest %s and rows %+v, want %s and %+v", r.Digest, r.Rows, s.calm.Digest, s.calm.Rows)
	}
	if !maps.Equal(contents(t, r), s.files) {
		t.Error("the result's files aren't those of a calm run")
	}
	if r.Resumed != resumed {
		t.Errorf("resumed is %t", r.Resumed)
	}
}

// none waits until processes are gone.
func none(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		until(t, fmt.Sprintf("process %d outlives the run", pid), func() bool { return zombie(pid) })
	}
}

// byProcesses takes some seconds, with workers that are processes.
var byProcesses = trial{"processes", twoReads, "out.jsonl", []string{"--backend", "processes"}}

// TestSubmit takes a run through all that can be done to it.
func TestSubmit(t *testing.T) {
	s := newSubmitted(t, byProcesses, 40<<20)
	corpusmill(t, "status").wantOut(t, "no runs")
	began := time.Now()
	id := s.submit(t)
	t.Logf("submit took %v", time.Since(began).Round(time.Millisecond))
	untilJournal(t, s.out())
	st := s.wantState(t, runs.Running)
	// It isn't to end while it is looked at.
	syscall.Kill(st.Driver.PID, syscall.SIGSTOP)
	t.Cleanup(func() { syscall.Kill(st.Driver.PID, syscall.SIGCONT) })
	if st.ID != id || st.Driver == nil || !st.Driver.Begun || st.Progress == nil || st.Progress.Stages < 2 || st.Progress.Total == 0 {
		t.Errorf("status says %+v, %+v, %+v", st, st.Driver, st.Progress)
	}
	for _, name := range []string{id, id[:4], s.out(), s.run()} {
		corpusmill(t, "status", name).wantOut(t, "running", "stage     ", "tasks     ", "the last sign of life is", s.run())
	}
	corpusmill(t, "status").wantOut(t, id, "running", s.out())
	twice := append([]string{"submit"}, s.in(t, s.dir, s.input)[1:]...)
	corpusmill(t, twice...).want(t, exitFailure, "run "+id+" is at work in "+s.run())
	corpusmill(t, "resume", id).want(t, exitFailure, "run "+id+" is at work in "+s.run())
	corpusmill(t, s.in(t, s.dir, s.input)...).want(t, exitFailure, "another run is at work")

	workers := childrenOf(t, st.Driver.PID)
	if len(workers) == 0 {
		t.Error("the run has no workers")
	}
	syscall.Kill(st.Driver.PID, syscall.SIGCONT)
	o := corpusmill(t, "cancel", id)
	o.want(t, 0)
	o.wantOut(t, "run "+id+" is cancelled", "corpusmill resume "+id+" goes on")
	none(t, append(workers, st.Driver.PID))
	if end := s.wantState(t, runs.Cancelled).Driver.End; end.Exit != 130 {
		t.Errorf("the end is %+v", end)
	}
	corpusmill(t, "logs", id).wantOut(t, "stopped; what is done is kept")
	corpusmill(t, "logs", "-f", id).want(t, 130)
	corpusmill(t, "cancel", id).wantOut(t, "is over already: cancelled")

	o = corpusmill(t, "resume", id)
	o.want(t, 0)
	o.wantOut(t, "run "+id+" is started")
	s.finished(t, true)
	corpusmill(t, "status", id).wantOut(t, "done", "detached, process")
	corpusmill(t, "status").wantOut(t, id, "done")
	corpusmill(t, "resume", id).want(t, exitFailure, "is done")
	last := corpusmill(t, "logs", "--tail", "1", id).stdout
	if all := s.log(t); last == "" || strings.Count(last, "\n") != 1 || !strings.HasSuffix(all, last) {
		t.Errorf("the last line of\n%s\nis %q", all, last)
	}
}

// TestSubmitKilled kills drivers: the next goes on, from any folder.
func TestSubmitKilled(t *testing.T) {
	s := newSubmitted(t, byProcesses, 40<<20)
	id := s.submit(t, "--restart")
	untilJournal(t, s.out())
	d := s.wantState(t, runs.Running).Driver
	workers := childrenOf(t, d.PID)
	if err := syscall.Kill(d.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	none(t, append(workers, d.PID))
	s.nothingHalf(t, s.dir, s.files)
	if why := s.wantState(t, runs.Interrupted).Why; why != fmt.Sprintf("process %d on %s is gone", d.PID, d.Host) {
		t.Errorf("status says %q", why)
	}
	corpusmill(t, "status", id).wantOut(t, "interrupted", "corpusmill resume "+id)
	corpusmill(t, "logs", "-f", id).want(t, exitFailure, "was interrupted", "corpusmill resume "+id)

	// What another machine would see, or this one after it was started anew.
	seen := func(change func(d *runs.Driver), age time.Duration, want runs.State) {
		t.Helper()
		other := *d
		change(&other)
		p := *s.progress(t)
		p.At = time.Now().Add(-age)
		if err := errors.Join(other.Write(s.run()), p.Write(s.run())); err != nil {
			t.Fatal(err)
		}
		s.wantState(t, want)
	}
	seen(func(d *runs.Driver) { d.Boot, d.PID = "before", os.Getpid() }, 0, runs.Interrupted)
	elsewhere := func(d *runs.Driver) { d.Host = "another" }
	seen(elsewhere, time.Second, runs.Running)
	corpusmill(t, "cancel", id).want(t, exitFailure, fmt.Sprintf("process %d on another: give corpusmill cancel %s there", d.PID, s.run()))
	corpusmill(t, "resume", id).want(t, exitFailure, "is at work in "+s.run())
	seen(elsewhere, time.Hour, runs.Silent)
	corpusmill(t, "resume", id).want(t, exitFailure, "may still be at work", "on another", "corpusmill resume --force "+id)
	corpusmill(t, "resume", "--force", id).want(t, 0)
	s.finished(t, true)
}

// progress is what the driver told last.
func (s *submitted) progress(t *testing.T) *runs.Progress {
	t.Helper()
	p := status1(t, s.out()).Progress
	if p == nil {
		t.Fatal("the run has told nothing of its progress")
	}
	return p
}

// TestSubmitAtOnce submits a run several times at once: one of them starts it.
func TestSubmitAtOnce(t *testing.T) {
	s := newSubmitted(t, byProcesses, 20<<20)
	args := append([]string{"submit"}, s.in(t, s.dir, s.input)[1:]...)
	var ends []func() outcome
	for range 5 {
		_, wait := begin(t, args)
		ends = append(ends, wait)
	}
	started := 0
	for _, wait := range ends {
		if o := wait(); o.code == 0 {
			started++
		} else if o.code != exitFailure || !strings.Contains(o.stderr, "is at work in") && !strings.Contains(o.stderr, "is just being started") {
			t.Errorf("exit %d: %s", o.code, o.stderr)
		}
	}
	if started != 1 {
		t.Errorf("%d of them started the run", started)
	}
	s.finished(t, false)
}

// TestSubmitTerminal closes the terminal in which a run was submitted.
func TestSubmitTerminal(t *testing.T) {
	s := newSubmitted(t, byProcesses, 20<<20)
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		lacking(t, err.Error())
	}
	defer terminal.Close()
	if err := unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	inside, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	args := program(t.Context(), append([]string{"submit"}, s.in(t, s.dir, s.input)[1:]...)...)
	// The shell goes when its terminal does, with a process in its foreground.
	shell := osexec.CommandContext(t.Context(), "sh", append([]string{"-c", `"$@" && sleep 1000`, "sh"}, args.Args...)...)
	shell.Args[4] = args.Path
	shell.Env, shell.Stdin, shell.Stdout, shell.Stderr = args.Env, inside, inside, inside
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	// What ignores a hangup, as under nohup, has its children ignore it.
	heeded := make(chan os.Signal, 1)
	signal.Notify(heeded, syscall.SIGHUP)
	defer signal.Stop(heeded)
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(time.Minute, func() { shell.Process.Kill() }).Stop()
	inside.Close()
	untilJournal(t, s.out())
	d := s.wantState(t, runs.Running).Driver
	terminal.Close()
	if err := shell.Wait(); err == nil || !strings.Contains(err.Error(), "hangup") {
		t.Errorf("the shell ended with %v", err)
	}
	if session, err := unix.Getsid(d.PID); err != nil || session != d.PID {
		t.Errorf("the driver is in session %d, %v", session, err)
	}
	// It doesn't heed a hangup that is meant for it either.
	if err := syscall.Kill(d.PID, syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if o := corpusmill(t, "status", "--watch", s.out()); o.code != 0 || !strings.Contains(o.stdout, "done") {
		t.Errorf("watched to its end: exit %d, %s", o.code, o.stdout)
	}
	s.finished(t, false)
}

// TestSubmitRefused submits what process refuses, and what can't go by itself.
func TestSubmitRefused(t *testing.T) {
	s := newSubmitted(t, byProcesses, 20<<20)
	args := append([]string{"submit"}, s.in(t, s.dir, s.input)[1:]...)
	for _, x := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, `unknown operator "words_nums_filter"`, append(args, "--process", "[words_nums_filter: {}]")},
		{exitUsage, "can't read standard input", []string{"submit", "--dataset_path", "-", "--export_path", s.out()}},
		{exitUsage, "a run to standard output ends with who reads it", append(args, "--export_path", "-")},
		{exitUsage, "--driver is process or job", append(args, "--driver", "daemon")},
		{exitUsage, "--driver_options are for the job", append(args, "--driver-options", "--mem=1G")},
		{exitUsage, "the recipe names no input", []string{"submit", "--export_path", s.out()}},
		{exitFailure, "which no earlier run made", append(args, "--export_path", s.dir)},
	} {
		o := corpusmill(t, x.args...)
		if o.code != x.code || !strings.Contains(o.stderr, x.want) {
			t.Errorf("%v: exit %d, want %d and %q; stderr:\n%s", x.args, o.code, x.code, x.want, o.stderr)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(s.dir), "*"+runs.Suffix))
	if err != nil || len(left) > 0 || exists(s.run()) {
		t.Errorf("refused runs have left %v, %v", left, err)
	}
	corpusmill(t, "status").wantOut(t, "no runs")
	for _, x := range []string{"status", "logs", "cancel", "resume"} {
		corpusmill(t, x, "none").want(t, exitFailure, `there is no run "none"`)
		corpusmill(t, x, "one", "two").want(t, exitUsage, "one run is wanted")
	}

	// What can't be continued stays as it was.
	id := s.submit(t)
	untilJournal(t, s.out())
	corpusmill(t, "cancel", id).want(t, 0)
	before, log := status1(t, id), s.log(t)
	other := append(args, "--words_num_filter.min_num", "3")
	corpusmill(t, other...).want(t, exitResume, "min_num was 2 and is 3", "--restart")
	write(t, filepath.Join(s.dir, "recipe.yaml"), strings.Replace(s.recipe, "min_num: 2", "min_num: 4", 1))
	corpusmill(t, "resume", id).want(t, exitResume, "min_num was 2 and is 4")
	write(t, filepath.Join(s.dir, "recipe.yaml"), "process: [no_such_filter: {}]\n")
	corpusmill(t, "resume", id).want(t, exitUsage, "no_such_filter")
	if after := status1(t, id); after.Run.Try != before.Run.Try || *after.Driver.End != *before.Driver.End || s.log(t) != log {
		t.Errorf("a refused run has changed status %+v to %+v, or the log", before.Run, after.Run)
	}
	write(t, filepath.Join(s.dir, "recipe.yaml"), s.recipe)
	corpusmill(t, "resume", id).want(t, 0)
	s.finished(t, true)
}

// TestSubmitFails has a run fail amid its work: status and logs tell why, and
// it goes on when that is mended.
func TestSubmitFails(t *testing.T) {
	s := newSubmitted(t, trial{"disk", mapOnly, "out.jsonl", nil}, 6<<20)
	s.dir = t.TempDir()
	if err := syscall.Mount("tmpfs", s.dir, "tmpfs", 0, "size=2m"); err != nil {
		lacking(t, "mounting a small disk needs root: "+err.Error())
	}
	defer syscall.Unmount(s.dir, syscall.MNT_DETACH)
	id := s.submit(t)
	o := corpusmill(t, "logs", "-f", id)
	o.want(t, exitFailure, "run "+id+": failed, exit code 1")
	end := s.wantState(t, runs.Failed).Driver.End
	if !strings.Contains(end.Error, "no space left on the disk") {
		t.Errorf("the end is %+v", end)
	}
	corpusmill(t, "status", id).wantOut(t, "failed, exit 1: no space left on the disk", "must be free to finish")
	if err := syscall.Mount("tmpfs", s.dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	corpusmill(t, "resume", id).want(t, 0)
	s.finished(t, true)
}

// TestSubmitFullLog has a log that takes nothing.
func TestSubmitFullLog(t *testing.T) {
	s := newSubmitted(t, trial{"log", mapOnly, "out.jsonl", nil}, 3<<20)
	if err := os.MkdirAll(s.run(), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", runs.Log(s.run())); err != nil {
		t.Fatal(err)
	}
	s.submit(t, "--quiet=false")
	s.finished(t, false)
}

// TestCancelForce cancels a driver that doesn't answer.
func TestCancelForce(t *testing.T) {
	s := newSubmitted(t, byProcesses, 40<<20)
	id := s.submit(t)
	untilJournal(t, s.out())
	d := s.wantState(t, runs.Running).Driver
	workers := childrenOf(t, d.PID)
	if err := syscall.Kill(d.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	corpusmill(t, "cancel", "--timeout", "0.2", id).want(t, exitFailure, "is still there 200ms after SIGINT; --force kills it")
	s.wantState(t, runs.Running)
	corpusmill(t, "cancel", "--timeout", "0.2", "--force", id).want(t, 0)
	none(t, append(workers, d.PID))
	if end := s.wantState(t, runs.Cancelled).Driver.End; end.Exit != 137 {
		t.Errorf("the end is %+v", end)
	}
	corpusmill(t, "resume", id).want(t, 0)
	s.finished(t, true)
}

// TestStatusOfProcess looks at runs that nobody submitted.
func TestStatusOfProcess(t *testing.T) {
	s := newSubmitted(t, byProcesses, 40<<20)
	_, wait := begin(t, s.in(t, s.dir, s.input))
	untilJournal(t, s.out())
	if st := s.wantState(t, runs.Running); st.Run.Place != runs.Terminal {
		t.Errorf("the run's place is %s", st.Run.Place)
	}
	corpusmill(t, "logs", s.out()).want(t, exitFailure, "it has no log")
	corpusmill(t, "status").wantOut(t, "no runs")
	corpusmill(t, "cancel", s.out()).want(t, 0)
	wait().want(t, 130, "stopped; what is done is kept")
	s.wantState(t, runs.Cancelled)
	corpusmill(t, "resume", s.out()).want(t, 0)
	s.finished(t, true)

	c := program(t.Context(), "process", "--dataset_path", "-", "--export_path", s.out(), "--quiet")
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "the run doesn't begin", func() bool { return status1(t, s.out()).State == runs.Running })
	c.Process.Kill()
	c.Wait() // it was killed
	s.wantState(t, runs.Interrupted)
	corpusmill(t, "resume", s.out()).want(t, exitUsage, "it read standard input")
}
