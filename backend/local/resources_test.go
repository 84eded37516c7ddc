package local_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/local"
	"corpusmill/exec"
	"corpusmill/internal/scratch"
	"corpusmill/internal/usage"
	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/record"
	"corpusmill/storage"
)

const (
	burntRows  = 256 // of which each 64th is measured
	burntTime  = 4 * time.Millisecond
	burntBytes = 96 << 20
)

func init() {
	op.Register(op.Spec{
		Name: "burning_mapper", Kind: op.KindMapper, Version: 1,
		Summary:  "Takes CPU time for each row, and memory.",
		Doc:      "It is there to be measured.",
		Examples: []op.Example{{In: `{"text":"as it was"}`, Want: `{"text":"as it was"}`}},
	}, struct{}{}, func(struct{}) (op.Operator, error) { return &burning{}, nil })
}

type burning struct{ op.Base }

func (*burning) Open(context.Context, *op.Env) error { return nil }

func (*burning) New(*op.Worker) (any, error) {
	m := &burningInstance{block: make([]byte, burntBytes)}
	for i := 0; i < len(m.block); i += os.Getpagesize() {
		m.block[i] = 1
	}
	return m, nil
}

type burningInstance struct{ block []byte }

func (m *burningInstance) Map(*record.Record) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for began := usage.ThreadCPU(); usage.ThreadCPU()-began < burntTime; {
		m.block[0]++
	}
	return nil
}

// TestBurning has a known amount of CPU time and memory taken.
func TestBurning(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asWorker, "real clock")
	for name, b := range map[string]exec.Backend{
		"goroutines": &local.Goroutines{Clock: realClock()},
		"processes":  &local.Processes{Command: []string{self}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := scratch.Dir(t)
			in := filepath.Join(dir, "in.jsonl")
			row := `{"text":"` + strings.Repeat("x", 50) + `"}` + "\n"
			if err := os.WriteFile(in, []byte(strings.Repeat(row, burntRows)), 0o666); err != nil {
				t.Fatal(err)
			}
			p, err := plan.Build(t.Context(), plan.Job{
				Inputs:  []storage.File{{Path: in, Format: "jsonl", Size: int64(len(row) * burntRows)}},
				Output:  plan.Output{Path: filepath.Join(dir, "out.jsonl"), Format: "jsonl", Layout: plan.SingleFile},
				Steps:   []plan.Step{{Label: "burning_mapper", Name: "burning_mapper", Params: []byte("{}")}},
				TextKey: "text", Segment: int64(len(row) * burntRows / 2), MaxRow: 1 << 20,
			})
			if err != nil {
				t.Fatal(err)
			}
			report, err := exec.Run(t.Context(), p, b, exec.Options{Workers: 2, Folder: filepath.Join(dir, "run"), Clock: realClock()})
			if err != nil {
				t.Fatal(err)
			}
			got := report.Resources
			said := fmt.Sprintf("%+v", got)
			least := (burntRows * burntTime).Seconds()
			if got.CPUSeconds < least || got.CPUSeconds > 3*least+1 {
				t.Errorf("the workers took %g CPU seconds, want %g and a little: %s", got.CPUSeconds, least, said)
			}
			step := got.Steps[1]
			if step.CPUSeconds < 0.9*least || step.CPUSeconds > 1.5*least || step.Share < 0.9 || step.Seconds < step.CPUSeconds {
				t.Errorf("the step took %+v, want %g CPU seconds", step, least)
			}
			for _, w := range got.Workers {
				if w.MemoryMax < burntBytes || w.MemoryMax > 1<<30 || w.MemoryMean > w.MemoryMax || w.BusySeconds < w.CPUSeconds/2.5 {
					t.Errorf("a worker has %+v, want at least %d bytes", w, burntBytes)
				}
			}
			// Two workers, and whoever else is at work on this machine.
			if stage := got.Stages[0]; stage.Seconds < least/2.5 || stage.Utilization <= 0 || stage.Utilization > 1.5 || stage.Tasks != 2 {
				t.Errorf("the stage has %+v", stage)
			}
		})
	}
}

func realClock() exec.Clock {
	began := time.Now()
	return func() int64 { return int64(time.Since(began)) }
}
