package backendtest

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

// Ticks returns a clock that advances by a millisecond with each reading. The
// workers of an engine under test need a clock to measure what they take.
func Ticks() exec.Clock {
	now := &atomic.Int64{}
	return func() int64 { return now.Add(int64(time.Millisecond)) }
}

// resources looks at what a run says of its workers.
func (e Engine) resources(t *testing.T) {
	dir := scratch.Dir(t)
	j := job{inputs: corpus(t, dir), out: filepath.Join(dir, "out.jsonl"), workers: 2}
	segment := 1 << 10
	if e.Slowest {
		segment = 32 << 10 // a task for each file
	}
	j.flags = append(j.flags, flag("words_num_filter.min_num", 1), flag("segment", segment))
	j.options.Clock = Ticks()
	report := j.mustRun(t, e.New())
	got := report.Resources
	if got == nil || len(got.Workers) == 0 || got.Processes != len(got.Workers) || len(got.Stages) == 0 {
		t.Fatalf("the report says of resources: %+v", got)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	var tasks int64
	var cpu float64
	for _, w := range got.Workers {
		tasks += w.Tasks
		cpu += w.CPUSeconds
		if w.Host == "" || !e.Apart && w.Host != host || w.PID == 0 || w.BusySeconds <= 0 || w.MemoryMean < 1<<20 || w.MemoryMax < w.MemoryMean || w.MemoryMax > 8<<30 {
			t.Errorf("a worker has %+v", w)
		}
		if apart := w.PID != os.Getpid(); apart != e.Apart {
			t.Errorf("the driver is process %d, a worker %d", os.Getpid(), w.PID)
		}
	}
	if tasks < 2 || cpu <= 0 || math.Abs(cpu-got.CPUSeconds) > 1e-6 || got.Driver.Host != host || got.Driver.PID != os.Getpid() || got.Driver.MemoryMax < 1<<20 {
		t.Errorf("workers have %d tasks and %g CPU seconds; the report has %+v", tasks, cpu, got)
	}
	if len(got.Steps) != len(report.Steps) || got.Steps[1].Rows != report.Steps[1].In {
		t.Errorf("the steps are %+v", got.Steps)
	}
	var stages []struct {
		Workers  []exec.ProcessReport `json:"workers"`
		Resource []map[string]float64 `json:"resource"`
	}
	path := filepath.Join(j.folder(), "monitor", "monitor.json")
	if err := json.Unmarshal([]byte(readFile(t, path)), &stages); err != nil || len(stages) != len(got.Stages) || len(stages[0].Workers) == 0 || len(stages[0].Resource) == 0 {
		t.Errorf("monitor.json has %+v, %v", stages, err)
	}
	if e.Slow || e.Slowest {
		return
	}
	j.flags = append(j.flags, flag("open_monitor", false))
	calm := j.mustRun(t, e.New())
	if calm.Resources != nil || exists(path) || calm.Digest != report.Digest {
		t.Errorf("open_monitor: false leaves %+v, digest %s; with it the digest is %s", calm.Resources, calm.Digest, report.Digest)
	}
}
