package main

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
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
	c := program(t.Context(), append(append([]string{"slurm", "ray"}, own...), x.in(t, x.dir, x.input)...)...)
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

// noFolders checks that keepers have removed their folders, and those of
// keepers that were killed before.
func noFolders(t *testing.T) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "cmray-*")); err != nil || len(left) > 0 {
		t.Errorf("folders of Ray are left: %v, %v", left, err)
	}
}

// TestSlurmRay runs on Ray in a job of two nodes, and ends it in every way.
func TestSlurmRay(t *testing.T) {
	bin := shimtest.Bin(t)
	c := slurmtest.StartNodes(t, 2)
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
	noFolders(t)

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
			// A folder may be left, of a keeper that Slurm has killed.
			y.nothingLeft(t)
		})
	}
	ends := func(code int, parts ...string) func(*testing.T, outcome) {
		return func(t *testing.T, o outcome) { t.Helper(); o.want(t, code, parts...) }
	}
	command := func(t *testing.T, name string, args ...string) {
		t.Helper()
		if out, err := c.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	if !full() {
		return
	}
	disturbed("the command is killed on its node", func(t *testing.T, _ *osexec.Cmd) {
		c.Machine.KillOne(t, "slurm ray process")
	}, ends(exitFailure, "give the same command again"))
	t.Run("in an allocation that is there", func(t *testing.T) {
		y := *x
		y.dir = scratch.Dir(t)
		p := program(t.Context(), append([]string{"slurm", "ray"}, y.in(t, y.dir, input)...)...)
		salloc := append([]string{"--nodes=2", "--ntasks-per-node=1", "--gres=gpu:1", "--quiet", p.Path}, p.Args[1:]...)
		_, wait := beginOn(t, c, p.Env, "salloc", append(salloc, "--words_num_filter.gpu_required", "1")...)
		y.check(t, wait(), calm, files)
		y.nothingLeft(t)
		noFolders(t)
	})
	disturbed("Ctrl-C", func(t *testing.T, driver *osexec.Cmd) { driver.Process.Signal(os.Interrupt) }, ends(130))
	disturbed("scancel", func(t *testing.T, _ *osexec.Cmd) { command(t, "scancel", "--name=corpusmill-ray") },
		ends(exitFailure, "CANCELLED", "give the same command again"))
	disturbed("time limit", func(t *testing.T, _ *osexec.Cmd) {
		job := strings.Fields(c.Queue(t)[0])[0]
		job, _, _ = strings.Cut(job, "_")
		command(t, "scontrol", "update", "jobid="+job, "timelimit=0:01")
	}, ends(exitFailure, "TIMEOUT"))
	disturbed("node lost", func(t *testing.T, _ *osexec.Cmd) { c.Lose(t, 1) }, ends(0))
}
