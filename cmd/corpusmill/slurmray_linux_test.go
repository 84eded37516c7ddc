package main

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"corpusmill/backend/shim/shimtest"
	"corpusmill/backend/slurm/slurmtest"
	"corpusmill/internal/scratch"
)

// slurmRayRun is a run by slurm ray on a cluster of two nodes.
type slurmRayRun struct {
	trial
	cluster *slurmtest.Cluster
	dir     string
	input   string
}

// begin starts the run, and returns the process and its end.
func (x *slurmRayRun) begin(t *testing.T, own ...string) (*osexec.Cmd, func() outcome) {
	t.Helper()
	return x.beginCommand(t, own, x.in(t, x.dir, x.input)...)
}

// beginCommand starts a run by any command, on Ray.
func (x *slurmRayRun) beginCommand(t *testing.T, own []string, command ...string) (*osexec.Cmd, func() outcome) {
	t.Helper()
	c := program(t.Context(), slices.Concat([]string{"slurm", "ray"}, own, command)...)
	return beginOn(t, x.cluster, c.Env, c.Path, c.Args[1:]...)
}

// beginOn starts a program on the first machine of a cluster.
func beginOn(t *testing.T, c *slurmtest.Cluster, env []string, name string, args ...string) (*osexec.Cmd, func() outcome) {
	t.Helper()
	cmd := c.Command(name, args...)
	cmd.Env = env
	done, started := make(chan outcome, 1), make(chan struct{})
	go func() {
		done <- finish(t, cmd, func() error {
			err := cmd.Start()
			close(started)
			if err != nil {
				return err
			}
			defer time.AfterFunc(slurmRayTime, func() { cmd.Process.Kill() }).Stop()
			return cmd.Wait()
		})
	}()
	<-started
	return cmd, func() outcome { return <-done }
}

// untilJournal waits until the run has committed something: after the start of
// Ray, which takes minutes on a machine that has much else to do.
func (x *slurmRayRun) untilJournal(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(slurmRayTime)
	journal := filepath.Join(x.path(x.dir)+".run", "work", "journal")
	for info, err := os.Stat(journal); err != nil || info.Size() == 0; info, err = os.Stat(journal) {
		if time.Now().After(deadline) {
			t.Fatal("the run commits nothing")
		}
		time.Sleep(time.Millisecond)
	}
}

// slurmRayTime is how long a run may take.
const slurmRayTime = 5 * time.Minute

// nothingLeft waits until nothing of a run is on any node.
func (x *slurmRayRun) nothingLeft(t *testing.T) {
	t.Helper()
	for _, m := range x.cluster.Machines {
		for _, text := range []string{"raylet", "gcs_server", "slurm keeper", "worker " + x.dir, "ray::"} {
			until(t, text+" outlives its run on "+m.Name, func() bool { return len(m.Find(t, text)) == 0 })
		}
	}
	until(t, "Slurm has jobs left", func() bool { return len(x.cluster.Queue(t)) == 0 })
}

// noFolders waits until keepers have removed their folders.
func noFolders(t *testing.T, base string) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if left, _ = filepath.Glob(filepath.Join(base, "cmray-*")); len(left) == 0 {
			return
		}
	}
	t.Errorf("folders of Ray are left: %v", left)
}

// TestSlurmRay runs on Ray in a job of two nodes, and ends it in every way.
func TestSlurmRay(t *testing.T) {
	bin := shimtest.Bin(t)
	c := slurmtest.StartNodes(t, 2)
	own, err := os.MkdirTemp("/tmp", "cmsr") // a short one, apart from those of other tests
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(own) }) // the node that is lost leaves something
	t.Setenv("SLURM_TMPDIR", own)
	input := write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(30<<20, 0.3)))
	x := &slurmRayRun{cluster: c, dir: scratch.Dir(t), input: input, trial: trial{"slurm ray", mapDedup, "out.jsonl", []string{"--python", filepath.Join(bin, "python"), "--quiet=false",
		"--slurm_options=--cpus-per-task=1"}}}
	local := trial{"local", mapDedup, "out.jsonl", nil}
	o := corpusmill(t, local.in(t, scratch.Dir(t), input)...)
	o.want(t, 0)
	calm := report(t, o)
	files := contents(t, calm)

	began := time.Now()
	_, wait := x.begin(t, "--nodes", "2", "--")
	o = wait()
	t.Logf("a run took %v", time.Since(began).Round(time.Millisecond))
	x.check(t, o, calm, files)
	x.nothingLeft(t)
	noFolders(t, own)

	// disturbed has something happen amid a run, and gives the same command again.
	disturbed := func(name string, strike func(t *testing.T, driver *osexec.Cmd), want func(t *testing.T, o outcome)) {
		t.Run(name, func(t *testing.T) {
			y := *x
			y.dir = scratch.Dir(t)
			driver, wait := y.begin(t, "--nodes", "2")
			y.untilJournal(t)
			strike(t, driver)
			o := wait()
			want(t, o)
			y.nothingLeft(t)
			y.nothingHalf(t, y.dir, files)
			if o.code == 0 {
				y.check(t, o, calm, files)
				return
			}
			_, wait = y.begin(t, "--nodes", "2")
			if y.check(t, wait(), calm, files) != 1 {
				t.Error("the run began anew")
			}
			y.nothingLeft(t)
		})
	}
	calmly := func(t *testing.T) { t.Helper(); noFolders(t, own) }
	ends := func(code int, parts ...string) func(*testing.T, outcome) {
		return func(t *testing.T, o outcome) { t.Helper(); o.want(t, code, parts...) }
	}
	command := func(t *testing.T, name string, args ...string) {
		t.Helper()
		if out, err := c.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	disturbed("a keeper is killed", func(t *testing.T, _ *osexec.Cmd) { c.Machines[1].KillOne(t, "slurm keeper") }, ends(0))
	calmly(t)
	if !full() {
		return
	}
	disturbed("all keepers are killed", func(t *testing.T, _ *osexec.Cmd) {
		for _, m := range c.Machines {
			m.KillOne(t, "slurm keeper")
		}
	}, func(t *testing.T, o outcome) { calmly(t) })
	disturbed("the command is killed on its node", func(t *testing.T, _ *osexec.Cmd) {
		c.Machine.KillOne(t, "slurm ray process")
	}, ends(exitFailure, "give the same command again"))
	calmly(t)
	t.Run("in an allocation that is there", func(t *testing.T) {
		y := *x
		y.dir = scratch.Dir(t)
		p := program(t.Context(), append([]string{"slurm", "ray"}, y.in(t, y.dir, input)...)...)
		salloc := append([]string{"--nodes=2", "--ntasks-per-node=1", "--gres=gpu:1", "--quiet", p.Path}, p.Args[1:]...)
		_, wait := beginOn(t, c, p.Env, "salloc", append(salloc, "--words_num_filter.gpu_required", "1")...)
		y.check(t, wait(), calm, files)
		y.nothingLeft(t)
		calmly(t)
	})
	t.Run("other commands", func(t *testing.T) { slurmRayCommands(t, x) })
	disturbed("Ctrl-C", func(t *testing.T, driver *osexec.Cmd) { driver.Process.Signal(os.Interrupt) }, ends(130))
	calmly(t)
	disturbed("scancel", func(t *testing.T, _ *osexec.Cmd) { command(t, "scancel", "--name=corpusmill-ray") },
		ends(exitFailure, "CANCELLED", "give the same command again"))
	calmly(t)
	disturbed("time limit", func(t *testing.T, _ *osexec.Cmd) {
		job := strings.Fields(c.Queue(t)[0])[0]
		job, _, _ = strings.Cut(job, "_")
		// Slurm looks for jobs that are over their time twice a minute: the run is
		// held up until then, and goes on by the SIGCONT before the SIGTERM.
		for _, pid := range c.Machine.Find(t, "slurm ray process") {
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
		command(t, "scontrol", "update", "jobid="+job, "timelimit=0:01")
	}, ends(exitFailure, "TIMEOUT", "give the same command again"))
	calmly(t)
	disturbed("node lost", func(t *testing.T, _ *osexec.Cmd) { c.Lose(t, 1) }, ends(0))
}

// slurmRayCommands does runs by other commands than process, with Ray's files in
// a folder that Slurm gives the job.
func slurmRayCommands(t *testing.T, x *slurmRayRun) {
	y := *x
	y.dir = scratch.Dir(t)
	private := filepath.Join(t.TempDir(), strings.Repeat("private", 10))
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLURM_TMPDIR", private)
	out := filepath.Join(y.dir, "cut")
	_, wait := y.beginCommand(t, []string{"--nodes", "2"}, append([]string{"resplit", y.input, "-o", out}, y.flags...)...)
	until(t, "Ray's files aren't in SLURM_TMPDIR", func() bool {
		found, err := filepath.Glob(filepath.Join(private, "cmray-*", "*", "session_*", "sockets", "raylet"))
		return err == nil && len(found) == 2
	})
	wait().want(t, 0)
	y.nothingLeft(t)
	noFolders(t, private)
	if files := parts(t, out); len(files) < 2 || strings.Join(files, "") != read(t, y.input) {
		t.Errorf("%d files, or not the rows of the input", len(files))
	}

	index := newIndexFixture(t, 1<<20)
	corpusmill(t, index.make("build", index.in[0])...).want(t, 0)
	want := corpusmill(t, "dedup", "index", "info", index.index, "--json").stdout
	if err := os.RemoveAll(index.index); err != nil {
		t.Fatal(err)
	}
	_, wait = y.beginCommand(t, nil, append(index.make("build", index.in[0]), y.flags...)...)
	wait().want(t, 0)
	y.nothingLeft(t)
	noFolders(t, private)
	if got := corpusmill(t, "dedup", "index", "info", index.index, "--json").stdout; got != want {
		t.Errorf("the index is\n%swant\n%s", got, want)
	}
}
