package exec

import (
	"cmp"
	"os"
	"slices"
	"sync"
	"time"

	"corpusmill/internal/usage"
	"corpusmill/plan"
)

const (
	// maxWorkers is how many worker processes are told apart, some 500 bytes
	// each. Those that come later are counted and not measured.
	maxWorkers = 1 << 15
	// listedWorkers are in the report, and listedInStage in each stage of
	// monitor.json: those that took most CPU time.
	listedWorkers = 1000
	listedInStage = 200
)

// resources gathers what the workers and the driver take. A nil one gathers
// nothing.
type resources struct {
	plan  *plan.Plan
	clock Clock
	began int64
	stop  chan struct{}
	done  sync.WaitGroup

	mu       sync.Mutex
	workers  map[workerKey]*workerUse
	left     map[workerKey]bool // some of those that aren't measured
	stage    *stageUse          // the present one; nil between stages
	stages   []stageRecord
	driver   Usage
	at, cpu  int64 // when the driver was looked at last, and its CPU time then
	measured bool  // the system tells what the driver takes
}

type workerKey struct {
	host, id string
	pid      int
}

// workerUse is what a worker process has taken: in the stage that it worked on
// last, and in those before.
type workerUse struct {
	last, before Usage
}

// stageUse sums up over the workers of a stage.
type stageUse struct {
	number  int
	began   int64
	workers int
	sum     Usage   // without GPUs
	slots   float64 // of the workers, times the seconds in which they were busy
	gpuUse  Gauge   // over all devices
	line    timeline
}

// newResources begins to gather. It returns nil for a run that isn't to be
// measured, or has no clock.
func newResources(p *plan.Plan, clock Clock) *resources {
	if clock == nil || p.Unmonitored {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = unknownHost
	}
	r := &resources{plan: p, clock: clock, began: clock(), stop: make(chan struct{}), workers: map[workerKey]*workerUse{}, left: map[workerKey]bool{}}
	r.driver = Usage{Host: host, PID: os.Getpid(), Slots: 1}
	r.own()
	r.done.Go(r.watch)
	return r
}

// close ends what newResources has begun.
func (r *resources) close() {
	if r != nil {
		close(r.stop)
		r.done.Wait()
	}
}

// watch looks at the driver from time to time.
func (r *resources) watch() {
	tick := time.NewTicker(samplingInterval)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
			r.mu.Lock()
			r.own()
			r.mu.Unlock()
		}
	}
}

// own takes a sample of the driver.
func (r *resources) own() {
	now := r.clock()
	self, err := usage.Self()
	if err != nil {
		return
	}
	cpu := int64(self.CPU)
	if r.measured {
		r.driver.Busy += now - r.at
		r.driver.CPU += cpu - r.cpu
		if r.stage != nil {
			took := seconds(now - r.at)
			r.stage.line.spread(r.at, now, point{own: took, ownCPU: seconds(cpu - r.cpu), ownMemory: took * float64(self.RSS)})
		}
	}
	r.driver.Memory.add(float64(self.RSS))
	r.driver.Memory.Max = max(r.driver.Memory.Max, float64(self.Peak))
	r.at, r.cpu, r.measured = now, cpu, true
}

// begin says that a stage begins; end, that it has ended, well or not.
func (r *resources) begin(stage int) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own()
	now := r.clock()
	r.stage = &stageUse{number: stage, began: now, sum: Usage{Stage: stage}, line: newTimeline(now)}
}

func (r *resources) end() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own()
	r.stages = append(r.stages, r.record(r.stage, r.clock()))
	r.stage = nil
}

// take takes in what a worker tells of itself. What it told before is part of
// it, so nothing is lost with an event that doesn't arrive.
func (r *resources) take(u *Usage) {
	if r == nil || u == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	key := workerKey{u.Host, u.ID, u.PID}
	w := r.workers[key]
	switch {
	case r.stage == nil || u.Stage != r.stage.number:
		return // of an attempt that was given up
	case w == nil && len(r.workers) >= maxWorkers:
		if len(r.left) < maxWorkers {
			r.left[key] = true
		}
		return
	case w == nil:
		w = &workerUse{last: Usage{Host: u.Host, PID: u.PID, ID: u.ID, Stage: -1}}
		r.workers[key] = w
	}
	if w.last.Stage != u.Stage {
		w.before.merge(w.last)
		w.last = Usage{Host: u.Host, PID: u.PID, ID: u.ID, Stage: u.Stage}
		r.stage.workers++
	}
	if u.Tasks < w.last.Tasks || u.Busy < w.last.Busy || u.CPU < w.last.CPU {
		return // a later one has come before
	}
	more := u.since(w.last)
	now := r.clock()
	taken := more.point(u)
	r.stage.line.spread(now-more.Busy, now, taken)
	r.stage.slots += taken.slots
	for _, g := range more.GPUs {
		r.stage.gpuUse.merge(g.Utilization)
	}
	more.GPUs = nil
	r.stage.sum.merge(more)
	w.last = *u
}

// merge adds what another Usage, of another stage or process, has.
func (u *Usage) merge(o Usage) {
	u.Slots = max(u.Slots, o.Slots)
	u.Tasks += o.Tasks
	u.Busy += o.Busy
	u.CPU += o.CPU
	u.Memory.merge(o.Memory)
	u.GPUs = slices.Clone(u.GPUs)
	for _, g := range o.GPUs {
		i := slices.IndexFunc(u.GPUs, func(have GPUUsage) bool { return have.UUID == g.UUID })
		if i < 0 {
			u.GPUs = append(u.GPUs, g)
			continue
		}
		u.GPUs[i].Utilization.merge(g.Utilization)
		u.GPUs[i].Memory.merge(g.Memory)
	}
}

// since is what came after last, which was told earlier in the same stage.
func (u Usage) since(last Usage) Usage {
	u.Tasks -= last.Tasks
	u.Busy -= last.Busy
	u.CPU -= last.CPU
	u.Memory = u.Memory.since(last.Memory)
	u.GPUs = slices.Clone(u.GPUs)
	for i, g := range u.GPUs {
		k := slices.IndexFunc(last.GPUs, func(l GPUUsage) bool { return l.UUID == g.UUID })
		if k >= 0 {
			u.GPUs[i].Utilization = g.Utilization.since(last.GPUs[k].Utilization)
			u.GPUs[i].Memory = g.Memory.since(last.GPUs[k].Memory)
		}
	}
	return u
}

// point is what a worker took while it was busy. Where there are no samples of
// that time, all those of the stage, which total has, stand for them.
func (u Usage) point(total *Usage) point {
	busy := seconds(u.Busy)
	p := point{slots: busy * float64(u.Slots), cpu: seconds(u.CPU), memory: busy * sampled(u.Memory, total.Memory)}
	for i, g := range u.GPUs {
		p.gpus += busy
		p.gpuUse += busy * sampled(g.Utilization, total.GPUs[i].Utilization)
		p.gpuMemory += busy * sampled(g.Memory, total.GPUs[i].Memory)
	}
	return p
}

func sampled(now, all Gauge) float64 {
	if now.Samples > 0 {
		return now.mean()
	}
	return all.mean()
}

// total is what a worker took in all stages.
func (w *workerUse) total() Usage {
	u := w.before
	u.merge(w.last)
	u.Host, u.PID, u.ID = w.last.Host, w.last.PID, w.last.ID
	return u
}

// busiest are the n that took most CPU time, by host and process; the others
// are summed up in rest.
func busiest(all []Usage, n int) (listed []Usage, rest Usage) {
	slices.SortFunc(all, func(a, b Usage) int {
		return cmp.Or(cmp.Compare(b.CPU, a.CPU), cmp.Compare(b.Tasks, a.Tasks), compareWorkers(a, b))
	})
	if len(all) > n {
		for _, u := range all[n:] {
			u.GPUs = nil
			rest.merge(u)
		}
		all = all[:n]
	}
	slices.SortFunc(all, compareWorkers)
	return all, rest
}

func compareWorkers(a, b Usage) int {
	return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.PID, b.PID), cmp.Compare(a.ID, b.ID))
}
