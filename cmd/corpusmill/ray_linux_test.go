package main

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"corpusmill/backend/ray/raytest"
	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

// TestRay runs on a cluster of two nodes, and ends drivers in every way.
func TestRay(t *testing.T) {
	disk := smallDisk(t, 1<<20) // before the cluster, which sees what is mounted then
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
	t.Run("submitted job", func(t *testing.T) { submitRayJob(t, c) })
	t.Run("resplit", func(t *testing.T) {
		out := filepath.Join(scratch.Dir(t), "out")
		corpusmill(t, "resplit", input, "-o", out, "--backend", "ray", "--ray_address", c.Address, "-q").want(t, 0)
		if files := parts(t, out); len(files) < 2 || strings.Join(files, "") != read(t, input) {
			t.Errorf("%d files, or not the rows of the input", len(files))
		}
	})
	t.Run("full disk", func(t *testing.T) {
		x.onFullDisk(t, disk, input, calm, files)
		nothingLeft(t, disk)
	})
	t.Run("recipe as written", func(t *testing.T) { recipeAsWritten(t, c) })
	t.Run("what the cluster lacks", func(t *testing.T) {
		dir := scratch.Dir(t)
		args := append(x.in(t, dir, input), "--words_num_filter.gpu_required", "1")
		corpusmill(t, args...).want(t, exitFailure, "stage 1 asks for 1 by gpu_required", "Ray has offers 0")
	})
}

// recipeAsWritten runs a recipe for the Ray mode of Data-Juicer, with what that
// mode leaves out: several datasets, the tracer, a single file of stats. Its
// accelerator is not there. All is as on one machine.
func recipeAsWritten(t *testing.T, c *raytest.Cluster) {
	dir := scratch.Dir(t)
	recipe := fmt.Sprintf(`executor_type: ray
ray_address: %s
dataset:
  configs:
    - {type: local, path: %s}
    - {type: local, path: %s}
open_tracer: true
process:
  - text_length_filter: {min_len: 60, num_cpus: 0.5, ray_execution_mode: actor}
  - ray_document_deduplicator: {lowercase: true}
  - ray_bts_minhash_deduplicator: {accelerator: cuda, num_permutations: 64}
`, c.Address, write(t, filepath.Join(dir, "a.jsonl"), string(rows(1<<20, 0.3))), write(t, filepath.Join(dir, "b.jsonl"), string(rows(1<<20+1, 0.3))))
	path := write(t, filepath.Join(dir, "recipe.yaml"), recipe)
	run := func(name string, flags ...string) (r exec.Report, stats, drops string) {
		t.Helper()
		out := filepath.Join(dir, name+".jsonl")
		o := corpusmill(t, append([]string{"process", "--config", path, "--export_path", out, "--segment", "256KiB", "--json"}, flags...)...)
		o.want(t, 0)
		if n := strings.Count(o.stderr, "this operator runs on the CPU"); n != 1 {
			t.Errorf("%d warnings of the accelerator:\n%s", n, o.stderr)
		}
		dropped := corpusmill(t, "drops", out)
		dropped.want(t, 0)
		return report(t, o), read(t, filepath.Join(dir, name+"_stats.jsonl")), dropped.stdout
	}
	here, stats, drops := run("here", "--backend", "local")
	there, statsThere, dropsThere := run("there")
	if there.Digest != here.Digest || there.Rows != here.Rows || statsThere != stats || dropsThere != drops {
		t.Errorf("on Ray the rows are %+v with digest %s, here %+v with %s; equal are the stats: %t, the drops: %t",
			there.Rows, there.Digest, here.Rows, here.Digest, statsThere == stats, dropsThere == drops)
	}
	if here.Rows.Filtered == 0 || here.Rows.Duplicate == 0 {
		t.Errorf("the recipe drops %+v", here.Rows)
	}
}

// TestRayCost measures what Ray costs beside the same run on this machine. It
// is for CORPUSMILL_FULL, on a machine that is quiet.
func TestRayCost(t *testing.T) {
	if !full() {
		t.Skip("CORPUSMILL_FULL isn't set")
	}
	c := raytest.Start(t, 2)
	c.Setenv(t)
	t.Setenv("CORPUSMILL_PYTHON", c.Python)
	onRay := []string{"--backend", "ray", "--ray_address", c.Address}
	dir := scratch.Dir(t)
	tiny := write(t, filepath.Join(dir, "tiny.jsonl"), string(rows(1<<20, 0)))
	large := write(t, filepath.Join(dir, "large.jsonl"), string(rows(100<<20, 0.3)))
	const recipe = "process: [clean_email_mapper: {}, text_length_filter: {min_len: 20}, word_repetition_filter: {}, document_deduplicator: {}]\n"

	whole := func(segment string, flags ...string) time.Duration {
		x := trial{"tasks", mapOnly, "out.jsonl", append(flags, "--segment", segment)}
		began := time.Now()
		corpusmill(t, x.in(t, scratch.Dir(t), tiny)...).want(t, 0)
		return time.Since(began)
	}
	perTask := func(flags ...string) (run time.Duration, task float64) {
		run = whole("32MiB", flags...)
		return run, float64((whole("1KiB", flags...) - run).Microseconds()) / 1024 / 1e3
	}
	t.Logf("the first run on the cluster: %.1f s", whole("32MiB", onRay...).Seconds())
	run, task := perTask(onRay...)
	_, here := perTask()
	t.Logf("another: %.1f s, and %.2f ms for each further task; a task here takes %.2f ms", run.Seconds(), task, here)

	x := trial{"cost", recipe, "out.jsonl", nil}
	one, wait := begin(t, x.in(t, scratch.Dir(t), large))
	o := wait()
	o.want(t, 0)
	local := one.ProcessState.UserTime() + one.ProcessState.SystemTime()
	x.flags = onRay
	at := scratch.Dir(t)
	began := time.Now()
	driver, wait := begin(t, x.in(t, at, large))
	used := map[int]time.Duration{}
	ended := make(chan outcome, 1)
	go func() { ended <- wait() }()
	for running := true; running; {
		select {
		case o = <-ended:
			running = false
		case <-time.After(20 * time.Millisecond):
			for _, m := range c.Machines {
				for _, pid := range m.Find(t, "worker "+at) {
					used[pid] = max(used[pid], cpuTime(pid))
				}
			}
		}
	}
	o.want(t, 0)
	var workers time.Duration
	for _, d := range used {
		workers += d
	}
	t.Logf("100 MiB in %.1f s; CPU here %.2f s, there %.2f s in %d workers (%.2f times) and %.2f s in the driver", time.Since(began).Seconds(),
		local.Seconds(), workers.Seconds(), len(used), workers.Seconds()/local.Seconds(), (driver.ProcessState.UserTime() + driver.ProcessState.SystemTime()).Seconds())
}

// cpuTime is what a process has used, or 0 when it is gone.
func cpuTime(pid int) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	var user, system int64
	fields := strings.Fields(rest)
	fmt.Sscan(fields[11], &user)
	fmt.Sscan(fields[12], &system)
	return time.Duration(user+system) * 10 * time.Millisecond // ticks are 100 a second
}
