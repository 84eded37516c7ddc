package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/ray/raytest"
	"corpusmill/backend/shim/shimtest"
	"corpusmill/backend/slurm/slurmtest"
	"corpusmill/backend/spark/sparktest"
	"corpusmill/doctor"
	"corpusmill/internal/netns"
	"corpusmill/internal/scratch"
	"corpusmill/storage/object/s3/s3test"
)

// diagnosed is what doctor prints with --json.
func diagnosed(t *testing.T, o outcome) doctor.Report {
	t.Helper()
	var r doctor.Report
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatalf("%v in %q; stderr:\n%s", err, o.stdout, o.stderr)
	}
	return r
}

// wantFinding checks that a report has a finding with these words, and that it
// is of the machine.
func wantFinding(t *testing.T, r doctor.Report, level doctor.Level, where string, words ...string) {
	t.Helper()
	for _, f := range r.Findings {
		found := f.Level == level && strings.Contains(strings.Join(f.Where, " "), where)
		for _, w := range words {
			found = found && strings.Contains(f.String(), w)
		}
		if found {
			return
		}
	}
	t.Errorf("no %s on %q with %q in %+v", level, where, words, r.Findings)
}

// nothingStays checks that a doctor has left no file in a folder.
func nothingStays(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, ".corpusmill-doctor*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the doctor has left %v (%v)", left, err)
	}
}

// TestDoctorRay looks at a cluster of two nodes, then at one whose second node
// lacks the shared folder, and at what keeps it from being reached.
func TestDoctorRay(t *testing.T) {
	c := raytest.Start(t, 2)
	c.Setenv(t)
	t.Setenv("CORPUSMILL_PYTHON", c.Python)
	dir := scratch.Dir(t)
	on := []string{"doctor", "--backend", "ray", "--ray_address", c.Address, "--folder", dir}
	began := time.Now()
	o := corpusmill(t, append(on, "--json")...)
	t.Logf("a doctor on Ray took %.1f s", time.Since(began).Seconds())
	o.want(t, 0)
	r := diagnosed(t, o)
	if len(r.Nodes) != 2 || !r.Fit {
		t.Fatalf("the report is %+v", r)
	}
	for i, n := range r.Nodes {
		if n.Facts == nil || !strings.Contains(r.Nodes[0].Node+r.Nodes[1].Node, c.Machines[i].IP) || n.CPUs != 1 || n.Facts.Program != r.Here.Program ||
			n.Facts.Sight.Reads < 10 || n.Clock == nil || n.Clock[0] > 0 || n.Clock[1] < 0 || !strings.HasPrefix(n.Versions["ray"], "2.") {
			t.Errorf("node %d is %+v", i, n)
		}
	}
	nothingStays(t, dir)

	t.Run("interrupted", func(t *testing.T) {
		driver, wait := begin(t, on)
		until(t, "no node has come", func() bool {
			came, _ := filepath.Glob(filepath.Join(dir, ".corpusmill-doctor*", "hello-*"))
			return len(came) > 0
		})
		if err := driver.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		wait().want(t, 130)
		nothingStays(t, dir)
		for _, m := range c.Machines {
			until(t, "a probe outlives its doctor", func() bool { return len(m.Find(t, "worker --probe")) == 0 })
		}
	})
	t.Run("token", func(t *testing.T) {
		t.Setenv("RAY_AUTH_TOKEN_PATH", dir+"/none")
		r := diagnosed(t, corpusmill(t, append(on, "--json")...))
		wantFinding(t, r, doctor.Error, "", "token: the file with the token for the cluster can't be read")
		if !full() {
			return // Ray tries the others for 20 s each
		}
		t.Setenv("RAY_AUTH_TOKEN_PATH", write(t, filepath.Join(t.TempDir(), "token"), rand.Text()+rand.Text()))
		r = diagnosed(t, corpusmill(t, append(on, "--json")...))
		wantFinding(t, r, doctor.Error, "", "token: the cluster refuses this machine's token", "RAY_AUTH_TOKEN_PATH")
		t.Setenv("RAY_AUTH_MODE", "disabled")
		r = diagnosed(t, corpusmill(t, append(on, "--json")...))
		wantFinding(t, r, doctor.Error, "", "token: the cluster wants a token, and this machine sends none", "RAY_AUTH_MODE=token")
	})
	t.Run("no head", func(t *testing.T) {
		r := diagnosed(t, corpusmill(t, "doctor", "--backend", "ray", "--ray_address", c.Machines[0].IP+":6380", "--folder", dir, "--json"))
		wantFinding(t, r, doctor.Error, "", "nobody listens at "+c.Machines[0].IP+":6380", "ray start --head")
	})
	t.Run("job", func(t *testing.T) {
		t.Setenv("CORPUSMILL_PYTHON", filepath.Join(c.Bin, "python"))
		args := program(t.Context(), "doctor", "--backend", "ray", "--ray_address", c.Jobs, "--folder", dir)
		cmd := c.Machines[0].Command(args.Path, args.Args[1:]...)
		cmd.Env = args.Env
		o := finish(t, cmd, cmd.Run)
		o.want(t, 0)
		o.wantOut(t, c.Machines[0].IP, c.Machines[1].IP, "fit")
		nothingStays(t, dir)
	})
	t.Run("store", func(t *testing.T) {
		t.Setenv("CORPUSMILL_PYTHON", filepath.Join(c.Bin, "python"))
		s := s3test.StartOn(t, c.Machines[0])
		in := write(t, filepath.Join(s.Folder, s.Bucket, "in.jsonl"), string(rows(1<<10, 0)))
		o := doctorApart(t, c.Machines[0], s, "--backend", "ray", "--ray_address", c.Address, "--dataset_path", s.Path("in.jsonl"), "--export_path", s.Path("out"), "--json")
		o.want(t, 0)
		r := diagnosed(t, o)
		if len(r.Nodes) != 2 || r.Shared != "" || r.Nodes[1].Facts == nil || r.Nodes[1].Facts.Store == nil || r.Nodes[1].Facts.Store.Seconds == 0 {
			t.Errorf("the report is %+v", r)
		}
		// A job gets no secret, and the head has none of its own.
		o = doctorApart(t, c.Machines[0], s, "--backend", "ray", "--ray_address", c.Jobs, "--folder", s.Path("out"))
		o.want(t, exitFailure)
		o.wantOut(t, "store    "+s.Path("out/doctor.jsonl"), "without credentials", "set AWS_ACCESS_KEY_ID")
		bareFolder(t, s, in)
	})
	t.Run("folder missing on one node", func(t *testing.T) {
		if _, err := osexec.LookPath("nsenter"); err != nil {
			lacking(t, "nsenter is needed")
		}
		hidden := filepath.Dir(dir)
		c.Machines[1].Mount(t, "-t", "tmpfs", "none", hidden)
		o := corpusmill(t, append(on, "--json")...)
		if o.code != exitFailure {
			t.Errorf("exit %d", o.code)
		}
		wantFinding(t, diagnosed(t, o), doctor.Error, c.Machines[1].IP, "storage", "there is no "+dir, "mount the storage")
		nothingStays(t, dir)
	})
}

// TestDoctorDask looks at a cluster of two machines, and then at one whose
// second machine can't write the shared folder.
func TestDoctorDask(t *testing.T) {
	bin, machines := shimtest.Bin(t), netns.New(t, 2)
	work, dir := t.TempDir(), scratch.Dir(t)
	file, program := filepath.Join(work, "scheduler.json"), filepath.Join(bin, "dask")
	t.Setenv("CORPUSMILL_PYTHON", machines[0].Program(t, filepath.Join(bin, "python")))
	on := []string{"doctor", "--backend", "dask", "--dask_address", file, "--folder", dir, "--json"}
	d := shimtest.Start(t, machines[0], work, nil, program, "scheduler", "--host", machines[0].IP, "--port", "8786", "--no-dashboard", "--scheduler-file", file)
	d.Wait(t, func(context.Context) bool { return strings.Contains(d.Said(), "Scheduler at:") && exists(file) })
	for _, m := range machines {
		w := shimtest.Start(t, m, work, nil, program, "worker", "tcp://"+machines[0].IP+":8786", "--host", m.IP, "--nworkers", "1", "--nthreads", "1",
			"--memory-limit", "1GiB", "--no-dashboard", "--local-directory", filepath.Join(work, m.Name))
		w.Wait(t, func(context.Context) bool { return strings.Contains(w.Said(), "Registered to:") })
	}
	began := time.Now()
	o := corpusmill(t, on...)
	t.Logf("a doctor on Dask took %.1f s", time.Since(began).Seconds())
	o.want(t, 0)
	r := diagnosed(t, o)
	if len(r.Nodes) != 2 || !r.Fit {
		t.Fatalf("the report is %+v", r)
	}
	for i, n := range r.Nodes {
		if n.Facts == nil || n.Facts.Program != r.Here.Program || n.Clock == nil || !strings.HasPrefix(n.Versions["distributed"], "20") {
			t.Errorf("node %d is %+v", i, n)
		}
	}
	nothingStays(t, dir)

	machines[1].Mount(t, "--bind", dir, dir)
	machines[1].Mount(t, "-o", "remount,ro,bind", dir)
	o = corpusmill(t, on...)
	o.want(t, exitFailure)
	wantFinding(t, diagnosed(t, o), doctor.Error, machines[1].IP, "storage", dir+" can't be written", "read-only file system", "mount it for writing")
	nothingStays(t, dir)
}

// TestDoctorSlurm looks at a cluster of two nodes, at one of whose nodes the
// folder isn't, and at one that is down.
func TestDoctorSlurm(t *testing.T) {
	c := slurmtest.StartNodes(t, 2)
	dir := scratch.Dir(t)
	corpusmill := func(t *testing.T, args ...string) outcome {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		own := program(ctx, args...)
		cmd := c.Command(own.Path, own.Args[1:]...)
		cmd.Env = own.Env
		defer context.AfterFunc(ctx, c.Machine.Kill)()
		return finish(t, cmd, cmd.Run)
	}
	on := []string{"doctor", "--backend", "slurm", "--folder", dir, "--json"}
	began := time.Now()
	o := corpusmill(t, on...)
	t.Logf("a doctor on Slurm took %.1f s", time.Since(began).Seconds())
	o.want(t, 0)
	r := diagnosed(t, o)
	if len(r.Nodes) != 2 || !r.Fit || r.Nodes[0].Facts == nil || r.Nodes[1].Facts == nil {
		t.Fatalf("the report is %+v", r)
	}
	nothingStays(t, dir)

	hidden := filepath.Dir(dir)
	c.Machines[1].Mount(t, "-t", "tmpfs", "none", hidden)
	o = corpusmill(t, on...)
	o.want(t, exitFailure)
	wantFinding(t, diagnosed(t, o), doctor.Error, "node2", "doesn't see that folder", "mount the storage")
	if q := c.Queue(t); len(q) > 0 {
		t.Errorf("it has left %v in the queue", q)
	}
	c.Lose(t, 1)
	o = corpusmill(t, on...)
	o.want(t, 0)
	wantFinding(t, diagnosed(t, o), doctor.Warning, "node2", "Slurm has it as down")
	r = diagnosed(t, corpusmill(t, append(on, "--slurm_options=--partition=none")...))
	if r.Fit {
		t.Errorf("a partition that isn't there counts as fit: %+v", r)
	}
	nothingStays(t, dir)
}

// TestDoctorSpark looks at a cluster of two machines. It is for
// CORPUSMILL_FULL: Spark is slow to start.
func TestDoctorSpark(t *testing.T) {
	if !full() {
		t.Skip("CORPUSMILL_FULL isn't set")
	}
	c := sparktest.Start(t, 2)
	t.Setenv("CORPUSMILL_PYTHON", c.Python)
	dir := scratch.Dir(t)
	on := []string{"doctor", "--backend", "spark", "--spark_address", c.Address, "--folder", dir, "--json"}
	began := time.Now()
	o := corpusmill(t, on...)
	t.Logf("a doctor on Spark took %.1f s", time.Since(began).Seconds())
	o.want(t, 0)
	r := diagnosed(t, o)
	if len(r.Nodes) != 2 || !r.Fit {
		t.Fatalf("the report is %+v", r)
	}
	for i, n := range r.Nodes {
		if n.Facts == nil || n.Facts.Program != r.Here.Program || n.Clock == nil || !strings.HasPrefix(n.Versions["pyspark"], "4.") {
			t.Errorf("node %d is %+v", i, n)
		}
	}
	nothingStays(t, dir)
	r = diagnosed(t, corpusmill(t, append(on, "--spark_address", strings.Replace(c.Address, ":150", ":151", 1))...))
	wantFinding(t, r, doctor.Error, "", "address: nobody listens", "start-connect-server.sh")
}
