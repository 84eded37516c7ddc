package exec

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"corpusmill/plan"
)

func TestTimelineKeepsSums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	line := newTimeline(1000)
	var cpu, slots float64
	for range 20000 {
		at := line.began + r.Int64N(int64(3*time.Hour))
		busy := r.Int64N(int64(time.Minute))
		p := point{cpu: r.Float64(), slots: seconds(busy)}
		cpu, slots = cpu+p.cpu, slots+p.slots
		line.spread(at-busy, at, p)
	}
	if len(line.points) > maxPoints || len(line.points) < maxPoints/2 {
		t.Errorf("%d points for three hours", len(line.points))
	}
	for _, p := range line.points {
		cpu, slots = cpu-p.cpu, slots-p.slots
	}
	if math.Abs(cpu) > 1e-6 || math.Abs(slots) > 1e-6 {
		t.Errorf("%g CPU seconds and %g slot seconds are lost", cpu, slots)
	}
}

func TestTimelineSpreadsEvenly(t *testing.T) {
	line := newTimeline(0)
	half := int64(samplingInterval) / 2
	line.spread(half, 4*half, point{cpu: 3})
	line.spread(2*half, 2*half, point{cpu: 1}) // what took no time counts where it ends
	got := fmt.Sprint(line.points[0].cpu, line.points[1].cpu, len(line.points))
	if got != "2 2 2" {
		t.Errorf("got %s, want 1+1, 2 and two points", got)
	}
}

// gathering is a run of some stages on a clock that the test sets.
func gathering(t *testing.T, stages int) (*resources, *int64) {
	t.Helper()
	now := new(int64)
	p := &plan.Plan{}
	for i := range stages {
		p.Stages = append(p.Stages, plan.Stage{Name: fmt.Sprint("stage ", i+1)})
	}
	r := &resources{plan: p, clock: func() int64 { return *now }, workers: map[workerKey]*workerUse{}, left: map[workerKey]bool{}}
	return r, now
}

func use(pid, stage int, tasks, busy, cpu int64) *Usage {
	u := &Usage{Host: "a", PID: pid, ID: "x", Slots: 1, Stage: stage, Tasks: tasks, Busy: busy, CPU: cpu}
	u.Memory.add(float64(100 * pid))
	return u
}

func TestResourcesAddUp(t *testing.T) {
	r, now := gathering(t, 2)
	const s = int64(time.Second)
	r.begin(0)
	*now = 2 * s
	r.take(use(1, 0, 1, 2*s, s))
	*now = 4 * s
	late := use(1, 0, 2, 3*s, 2*s)
	r.take(use(1, 0, 3, 4*s, 3*s))
	r.take(late)                    // what came later says more
	r.take(use(1, 0, 3, 4*s, 3*s))  // once more
	r.take(use(2, 0, 1, s, s))      // another process
	r.take(use(1, 1, 9, 9*s, 9*s))  // of a stage that hasn't begun
	r.take(use(1, -1, 9, 9*s, 9*s)) // of none
	r.end()
	r.take(use(1, 0, 4, 9*s, 9*s)) // between stages
	*now = 5 * s
	r.begin(1)
	*now = 6 * s
	r.take(use(1, 1, 1, s, s))
	r.take(use(1, 0, 5, 9*s, 9*s)) // of an attempt that was given up
	r.end()
	got := r.report(&Account{})
	if got.Processes != 2 || len(got.Workers) != 2 || got.Others != nil || got.CPUSeconds != 5 || got.Seconds != 5 {
		t.Errorf("got %+v", got)
	}
	if w := got.Workers[0]; w.PID != 1 || w.Tasks != 4 || w.BusySeconds != 5 || w.CPUSeconds != 4 || w.Utilization != 0.8 || w.MemoryMean != 100 || w.MemoryMax != 100 {
		t.Errorf("the first worker has %+v", w)
	}
	if first := got.Stages[0]; first.Processes != 2 || first.Tasks != 4 || first.CPUSeconds != 4 || first.Utilization != 0.8 || first.Seconds != 4 || first.MemoryMax != 200 {
		t.Errorf("the first stage has %+v", first)
	}
	if second := got.Stages[1]; second.Processes != 1 || second.Tasks != 1 || second.CPUSeconds != 1 {
		t.Errorf("the second stage has %+v", second)
	}
	m := r.monitor(&Account{Steps: make([]StepCount, 1)})
	if len(m) != 2 || len(m[0].Workers) != 2 || len(m[1].Workers) != 1 || m[0].Time != 4 {
		t.Errorf("monitor.json has %+v", m)
	}
	var cpu float64
	for _, p := range m[0].Resource {
		cpu += p.CPUs * p.CPUUse * m[0].Interval
	}
	if math.Abs(cpu-4) > 1e-9 || m[0].Analysis["CPU util."].Max != 1 {
		t.Errorf("the points of the first stage have %g CPU seconds, and %+v", cpu, m[0].Analysis)
	}
}

// TestResourcesAreBounded is a run of a million tasks by more processes than
// are told apart.
func TestResourcesAreBounded(t *testing.T) {
	r, now := gathering(t, 1)
	r.begin(0)
	const processes, rounds = maxWorkers + 1000, 30
	for round := range int64(rounds) {
		for pid := range processes {
			*now += int64(20 * time.Millisecond)
			r.take(use(pid, 0, round+1, (round+1)*1e9, (round+1)*1e6))
		}
	}
	r.end()
	got := r.report(&Account{})
	if len(got.Workers) != listedWorkers || got.Processes != maxWorkers || got.Unmeasured != 1000 {
		t.Errorf("%d workers are listed of %d, %d unmeasured", len(got.Workers), got.Processes, got.Unmeasured)
	}
	tasks := got.Others.Tasks
	for _, w := range got.Workers {
		tasks += w.Tasks
	}
	if want := int64(maxWorkers * rounds); tasks != want || got.Stages[0].Tasks != want {
		t.Errorf("%d tasks by worker, %d by stage, want %d", tasks, got.Stages[0].Tasks, want)
	}
	m := r.monitor(&Account{Steps: make([]StepCount, 1)})
	raw, err := json.Marshal(m)
	if err != nil || len(m[0].Resource) > maxPoints || len(m[0].Workers) != listedInStage || len(raw) > 400<<10 {
		t.Errorf("monitor.json has %d points, %d workers, %d bytes, %v", len(m[0].Resource), len(m[0].Workers), len(raw), err)
	}
}

func TestMonitorSeesGPUs(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\necho '0, GPU-a, A, 50, 100, 1000'\necho '1, GPU-b, B, 10, 1, 10'\n"
	if err := os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("CUDA_VISIBLE_DEVICES", "0")
	began := time.Now()
	m := newMonitor(func() int64 { return int64(time.Since(began)) })
	if m == nil {
		t.Skip("this system doesn't tell what a process takes")
	}
	defer m.close()
	m.joined()
	m.begin(0)
	var u *Usage
	for u = m.usage(); len(u.GPUs) == 0; u = m.usage() {
		if time.Since(began) > 20*time.Second {
			t.Fatal("no GPU is seen")
		}
		time.Sleep(10 * time.Millisecond)
	}
	m.end()
	if g := u.GPUs[0]; len(u.GPUs) != 1 || g.UUID != "GPU-a" || g.Utilization.mean() != 0.5 || g.Memory.Max != 100<<20 || g.Total != 1000<<20 {
		t.Errorf("seen: %+v", u.GPUs)
	}
	r, now := gathering(t, 1)
	r.begin(0)
	*now = u.Busy
	r.take(u)
	r.end()
	got := r.report(&Account{})
	if w := got.Workers[0]; len(w.GPUs) != 1 || w.GPUs[0].UtilizationMean != 0.5 || w.GPUs[0].MemoryTotal != 1000<<20 || got.Stages[0].GPU != 0.5 {
		t.Errorf("the report has %+v", got)
	}
	if p := r.monitor(&Account{Steps: make([]StepCount, 1)})[0].Resource[0]; p.GPUUse == nil || math.Abs(*p.GPUUse-0.5) > 1e-9 || math.Abs(*p.GPUMemory-100) > 1e-6 {
		t.Errorf("the first point is %+v", p)
	}
}
