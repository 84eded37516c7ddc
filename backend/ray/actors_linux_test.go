package ray_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/ray/raytest"
	"corpusmill/backend/shim"
	"corpusmill/exec"
	"corpusmill/op"
	"corpusmill/record"
)

// The operator of these tests notes in a folder which process has opened it,
// with which GPUs, and takes each row while it has its GPU for itself alone.

type deviceParams struct {
	Folder string `json:"folder" doc:"where processes and GPUs are noted"`
}

func init() {
	op.Register(op.Spec{
		Name: "device_mapper", Summary: "Notes the GPUs that its process sees.", Kind: op.KindMapper, CanFail: true, Version: 1,
		Examples: []op.Example{{In: `{"text":"as it was"}`, Want: `{"text":"as it was"}`}},
	}, deviceParams{}, func(p deviceParams) (op.Operator, error) { return &device{folder: p.Folder}, nil })
}

type device struct {
	op.Base
	folder, taken string
	text          record.Path
}

func (d *device) Open(_ context.Context, env *op.Env) error {
	d.text = env.Text()
	machine, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return err
	}
	gpus := os.Getenv("CUDA_VISIBLE_DEVICES")
	if gpus != "" {
		d.taken = filepath.Join(d.folder, "taken-"+machine+"-"+gpus)
	}
	fmt.Fprintf(os.Stderr, "opened with GPU %q\n", gpus)
	note := fmt.Sprintf("%d %s %q\n", os.Getpid(), machine, gpus)
	f, err := os.OpenFile(filepath.Join(d.folder, "opened"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(note)
	return errors.Join(err, f.Close())
}

func (d *device) New(*op.Worker) (any, error) { return d, nil }

func (d *device) Map(r *record.Record) error {
	if d.taken == "" {
		return nil
	}
	f, err := os.OpenFile(d.taken, os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return op.Fatal(fmt.Errorf("two processes have one GPU: %w", err))
	}
	time.Sleep(2 * time.Millisecond)
	if err := errors.Join(f.Close(), os.Remove(d.taken)); err != nil {
		return op.Fatal(err)
	}
	return nil
}

// opening is a process that has opened the operator.
type opening struct {
	pid           int
	machine, gpus string
}

// opened are the openings by workers.
func opened(t *testing.T, folder string) []opening {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, "opened"))
	if err != nil {
		t.Fatal(err)
	}
	var out []opening
	for line := range strings.Lines(string(raw)) {
		var o opening
		if _, err := fmt.Sscanf(line, "%d %s %q", &o.pid, &o.machine, &o.gpus); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if o.pid != os.Getpid() {
			out = append(out, o)
		}
	}
	return out
}

// log collects what a backend logs.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func TestActors(t *testing.T) {
	c := raytest.Start(t, 2, "--num-cpus=2", "--num-gpus=2")
	c.Setenv(t)
	backend := backends(t, c)
	recipe := func(folder string, params string) string {
		return fmt.Sprintf("process: [device_mapper: {folder: %s}, words_num_filter: {min_num: 2}%s]", folder, params)
	}
	left := func(t *testing.T) {
		t.Helper()
		for _, m := range c.Machines {
			for tries := 0; len(m.Find(t, "CorpusmillActor"))+len(m.Find(t, " worker /")) > 0; tries++ {
				if tries > 100 {
					t.Fatal("actors outlive the run")
				}
				time.Sleep(100 * time.Millisecond)
			}
		}
	}
	t.Run("GPUs", func(t *testing.T) {
		folder, said := t.TempDir(), &log{}
		b := backend()
		b.Needs, b.Logf = []shim.Resources{{GPUs: 1}}, said.add
		backendtest.SameRecipe(t, b, recipe(folder, ""))
		left(t)
		seen := map[opening]bool{}
		for _, o := range opened(t, folder) {
			if o.gpus != "0" && o.gpus != "1" {
				t.Errorf("a worker sees the GPUs %q", o.gpus)
			}
			at := opening{machine: o.machine, gpus: o.gpus}
			if seen[at] {
				t.Errorf("GPU %s of a node had two workers, or opened its model twice", o.gpus)
			}
			seen[at] = true
		}
		if len(seen) < 2 {
			t.Errorf("the run had %d of 4 GPUs", len(seen))
		}
		if got := strings.Join(said.lines, "\n"); strings.Count(got, `opened with GPU "`) != len(seen) || !strings.Contains(got, ", process ") {
			t.Errorf("of what the workers print arrives:\n%s", got)
		}
	})
	t.Run("models", func(t *testing.T) {
		// The stage that compares keys holds nothing: it needs the CPUs that the
		// actors of the stage before had.
		folder := t.TempDir()
		b := backend()
		b.Needs = []shim.Resources{{Hold: true, Tasks: 3}, {}, {Hold: true}}
		backendtest.SameRecipe(t, b, recipe(folder, fmt.Sprintf(", document_deduplicator: {}, device_mapper: {folder: %s}", folder)))
		left(t)
		times := map[int]int{}
		for _, o := range opened(t, folder) {
			times[o.pid]++
		}
		for pid, n := range times {
			if n > 1 {
				t.Errorf("process %d opened its model %d times", pid, n)
			}
		}
		if len(times) < 2 || len(times) > 3+4 {
			t.Errorf("%d processes have opened the model", len(times))
		}
	})
	t.Run("larger than a node", func(t *testing.T) {
		b := backend()
		b.Needs = []shim.Resources{{GPUs: 3}}
		if err := backendtest.OneRun(t.Context(), t, b); err == nil || !strings.Contains(err.Error(), "stage 1 asks for 3 by gpu_required") {
			t.Errorf("the run ended with %v", err)
		}
	})
	if os.Getenv("CORPUSMILL_FULL") == "" {
		return
	}
	actors := func() exec.Backend {
		b := backend()
		b.Needs = []shim.Resources{{GPUs: 1}, {GPUs: 1}, {GPUs: 1}}
		return b
	}
	backendtest.RunStrikes(t, backendtest.Engine{New: actors, Apart: true, Strikes: []backendtest.Strike{
		{Name: "actor killed", Do: func(t *testing.T) { c.Machines[1].KillOne(t, "ray::CorpusmillActor") }},
		{Name: "child killed", Do: func(t *testing.T) { c.Machines[0].KillOne(t, " worker /") }},
		{Name: "node of actors lost", Do: func(t *testing.T) { c.Machines[1].Cut(t) }, Within: noticed},
	}})
}
