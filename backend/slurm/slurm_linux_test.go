package slurm_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/local"
	"corpusmill/backend/queue"
	"corpusmill/backend/slurm"
	"corpusmill/backend/slurm/slurmtest"
	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

// asWorker makes the test binary the program of the jobs and of the processes
// that they start.
const asWorker = "CORPUSMILL_TEST_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWorker) == "" {
		os.Exit(m.Run())
	}
	var err error
	if strings.HasPrefix(os.Args[1], "-") {
		err = job(os.Args[1:])
	} else {
		err = local.Serve(context.Background(), os.Args[1], os.Stdin, os.Stdout, backendtest.Ticks())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// job is the worker in a job.
func job(args []string) error {
	f := flag.NewFlagSet("worker", flag.ContinueOnError)
	session := f.String("session", "", "")
	name := f.String("name", "", "")
	np := f.Int("np", 0, "")
	if err := f.Parse(args); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	w := &queue.Worker{Timing: timing(), Name: *name, Slots: *np, Once: true,
		Engine: func(dir string) exec.Backend { return &local.Processes{Command: []string{self}, Dir: dir} }}
	_, err = w.Follow(context.Background(), *session)
	return err
}

func timing() queue.Timing {
	began := time.Now()
	return queue.Timing{Clock: func() int64 { return int64(time.Since(began)) },
		Poll: 10 * time.Millisecond, Lost: 10 * time.Second, Absent: time.Minute}
}

// backend is one for the cluster.
func backend(t *testing.T, c *slurmtest.Cluster) *slurm.Backend {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asWorker, "1")
	return &slurm.Backend{Timing: timing(), Command: []string{self}, Workers: 2, Worth: 100 * time.Millisecond, Every: 200 * time.Millisecond,
		Call: func(ctx context.Context, stdin, program string, args ...string) (string, error) {
			cmd := c.Command(program, args...)
			var out, errs bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
			if err := cmd.Run(); err != nil {
				return "", fmt.Errorf("%s: %s", program, strings.TrimSpace(errs.String()))
			}
			return out.String(), ctx.Err()
		}}
}

func TestContract(t *testing.T) {
	c := slurmtest.Start(t)
	b := backend(t, c)
	backendtest.Run(t, backendtest.Engine{Apart: true, Slow: true, New: func() exec.Backend {
		fresh := *b
		return &fresh
	}})
	if left := c.Queue(t); len(left) > 0 {
		t.Errorf("left in Slurm's queue: %v", left)
	}
	if left := c.Machine.Find(t, "--session="); len(left) > 0 {
		t.Errorf("%d workers are alive", len(left))
	}
}

// folder is a work folder for tasks that no worker gets.
func folder(t *testing.T) string {
	dir := filepath.Join(scratch.Dir(t), "work")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestDeadJobs has jobs that end at once: the run gives up and says what they
// said.
func TestDeadJobs(t *testing.T) {
	c := slurmtest.Start(t)
	b := backend(t, c)
	b.Command = []string{"/bin/sh", "-c", "echo no such library; exit 3"}
	if err := b.Open(t.Context(), folder(t), 2); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	err := b.Run(t.Context(), slices.Values([]exec.Task{{ID: 0}, {ID: 1}}), func(exec.Event) {})
	if err == nil || !strings.Contains(err.Error(), "ended without having begun to work; the last said: no such library") {
		t.Errorf("the error is %v", err)
	}
}

// TestLimit asks for more jobs than an array may have, and for a partition
// that there isn't.
func TestLimit(t *testing.T) {
	c := slurmtest.Start(t)
	b := backend(t, c)
	b.Workers, b.Worth = 3*slurmtest.ArraySize, time.Millisecond
	b.Command = []string{"/bin/sh", "-c", "sleep 1000"}
	b.Options = []string{"--cpus-per-task=1"}
	if err := b.Open(t.Context(), folder(t), 1); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tasks := make([]exec.Task, 100)
	for i := range tasks {
		tasks[i].ID = i
	}
	done := make(chan error)
	go func() { done <- b.Run(ctx, slices.Values(tasks), func(exec.Event) {}) }()
	deadline := time.Now().Add(30 * time.Second)
	for len(c.Queue(t)) < b.Workers {
		if time.Now().After(deadline) {
			t.Fatalf("the queue has %v", c.Queue(t))
		}
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("the run ended with %v", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if left := c.Queue(t); len(left) > 0 {
		t.Errorf("left in Slurm's queue: %v", left)
	}
	b = backend(t, c)
	b.Options = []string{"--partition=none"}
	if err := b.Open(t.Context(), folder(t), 1); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	err := b.Run(t.Context(), slices.Values(tasks), func(exec.Event) {})
	if err == nil || !strings.Contains(err.Error(), "invalid partition specified: none") {
		t.Errorf("the error is %v", err)
	}
}

// TestKilledDriver leaves jobs in the queue, as a driver does that is killed:
// the next one removes them.
func TestKilledDriver(t *testing.T) {
	c := slurmtest.Start(t)
	dir := folder(t)
	lead, err := queue.NewLead(filepath.Join(filepath.Dir(dir), "session.json"), queue.Session{}, timing())
	if err != nil {
		t.Fatal(err)
	}
	defer lead.Interrupt()
	cmd := c.Command("sbatch", "--job-name=corpusmill-"+lead.ID(), "--array=0-3", "--output=/dev/null", "--wrap=sleep 1000")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b := backend(t, c)
	if err := b.Open(t.Context(), dir, 1); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	deadline := time.Now().Add(10 * time.Second)
	for len(c.Queue(t)) > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("left in Slurm's queue: %v", c.Queue(t))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestKilledJob kills a job with all its processes amid the run: another one
// takes its place, and the result is the same.
func TestKilledJob(t *testing.T) {
	c := slurmtest.Start(t)
	b := backend(t, c)
	killed := false
	b.Logf = func(format string, args ...any) {
		if said := fmt.Sprintf(format, args...); !killed && strings.Contains(said, "has joined") {
			killed = true
			for _, pid := range c.Machine.Find(t, "--session=") {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
	backendtest.Same(t, b)
	if !killed {
		t.Error("no job was killed")
	}
}

// TestStrikes has a run on two nodes go on when a job is paused for longer
// than it may be silent, and then woken up, and when a node is lost.
func TestStrikes(t *testing.T) {
	c := slurmtest.StartNodes(t, 2)
	b := backend(t, c)
	b.Options = []string{"--exclusive"} // a job on each node
	b.Lost = 2 * time.Second
	logged := &strings.Builder{}
	b.Logf = func(format string, args ...any) { fmt.Fprintf(logged, format+"\n", args...) }
	stop := func(t *testing.T, s syscall.Signal) {
		for _, pid := range c.Machines[1].Find(t, ".test ") {
			if err := syscall.Kill(pid, s); err != nil && err != syscall.ESRCH {
				t.Error(err)
			}
		}
	}
	backendtest.RunStrikes(t, backendtest.Engine{New: func() exec.Backend {
		fresh := *b
		return &fresh
	}, Strikes: []backendtest.Strike{
		{Name: "paused job", Do: func(t *testing.T) {
			stop(t, syscall.SIGSTOP)
			time.AfterFunc(2*b.Lost, func() { stop(t, syscall.SIGCONT) })
		}},
		{Name: "node lost", Do: func(t *testing.T) { c.Lose(t, 1) }},
	}})
	if !strings.Contains(logged.String(), "has given no sign of life for 2s") {
		t.Errorf("the paused job wasn't missed:\n%s", logged)
	}
	if !rejoined(logged.String()) {
		t.Errorf("the job that woke up didn't join again:\n%s", logged)
	}
	if left := c.Queue(t); len(left) > 0 {
		t.Errorf("left in Slurm's queue: %v", left)
	}
	if left := c.Machine.Find(t, "--session="); len(left) > 0 {
		t.Errorf("%d workers are alive", len(left))
	}
}

// rejoined says whether a job has joined twice.
func rejoined(log string) bool {
	seen := map[string]bool{}
	for line := range strings.Lines(log) {
		name, _, joined := strings.Cut(line, " has joined")
		if joined && seen[name] {
			return true
		}
		seen[name] = joined || seen[name]
	}
	return false
}
