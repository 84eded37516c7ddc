package exec

import (
	"context"
	"crypto/rand"
	"os"
	osexec "os/exec"
	"runtime"
	"slices"
	"sync"
	"time"

	"corpusmill/internal/usage"
)

const (
	// samplingInterval is the time between two looks at a process's memory,
	// which cost some 50 µs each.
	samplingInterval = 500 * time.Millisecond
	// leastInterval is the time between two looks where tasks begin and end
	// faster than that.
	leastInterval = 100 * time.Millisecond
	// gpuShare bounds the CPU time of asking for GPUs, as a share of one CPU,
	// and gpuDeadline how long an answer may take. Who doesn't answer so often
	// in a row isn't asked again.
	gpuShare    = 0.004
	gpuDeadline = 10 * time.Second
	gpuPatience = 3
)

// unknownHost stands for the name of a machine that has none.
const unknownHost = "unknown"

// Usage is what a process has taken for the tasks of one stage, since it began
// to work on the stage: each later one stands for those before. It travels
// with the events of tasks.
type Usage struct {
	Host string `json:"host"`
	PID  int    `json:"pid"`
	// ID tells processes apart that have the same host name and PID.
	ID    string `json:"id"`
	Slots int    `json:"slots"` // tasks that it runs at once, at most the CPUs that it may use
	Stage int    `json:"stage,omitempty"`
	Tasks int64  `json:"tasks,omitempty"` // that have ended, however they did
	Busy  int64  `json:"busy,omitempty"`  // nanoseconds in which a task was at work
	// CPU is what all threads took in that time, in nanoseconds.
	CPU    int64      `json:"cpu,omitempty"`
	Memory Gauge      `json:"memory,omitzero"` // resident bytes in that time
	GPUs   []GPUUsage `json:"gpus,omitempty"`  // that the process sees
}

// GPUUsage is what a GPU was seen doing, for whatever process.
type GPUUsage struct {
	Index       int    `json:"index"`
	UUID        string `json:"uuid"`
	Name        string `json:"name"`
	Utilization Gauge  `json:"utilization"` // share of time in which it computed, 0 to 1
	Memory      Gauge  `json:"memory"`      // bytes in use
	Total       int64  `json:"total"`       // bytes of its memory
}

// Gauge sums up samples.
type Gauge struct {
	Samples int64   `json:"samples"`
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Sum     float64 `json:"sum"`
}

func (g *Gauge) add(v float64) {
	if g.Samples == 0 {
		g.Min, g.Max = v, v
	}
	g.Min, g.Max = min(g.Min, v), max(g.Max, v)
	g.Samples++
	g.Sum += v
}

func (g *Gauge) merge(o Gauge) {
	if o.Samples == 0 {
		return
	}
	if g.Samples == 0 {
		g.Min, g.Max = o.Min, o.Max
	}
	g.Min, g.Max = min(g.Min, o.Min), max(g.Max, o.Max)
	g.Samples += o.Samples
	g.Sum += o.Sum
}

// since is what was added after g was o. The bounds are those of all samples.
func (g Gauge) since(o Gauge) Gauge {
	g.Samples -= o.Samples
	g.Sum -= o.Sum
	return g
}

// mean is 0 where there are no samples.
func (g Gauge) mean() float64 {
	if g.Samples == 0 {
		return 0
	}
	return g.Sum / float64(g.Samples)
}

// monitor measures what this process takes while it works on tasks. A nil one
// measures nothing. Its figures go into reports alone.
type monitor struct {
	clock Clock
	stop  context.CancelFunc
	done  sync.WaitGroup

	mu      sync.Mutex
	use     Usage // of the present stage
	running int   // tasks
	at, cpu int64 // when CPU and Busy were last brought up to date, and the process's CPU time then
	looked  int64 // when the memory was
	peak    int64 // of the process's memory then
}

// newMonitor begins to measure. Without a clock it returns nil, and so it does
// where the system doesn't tell what a process takes.
func newMonitor(clock Clock) *monitor {
	if clock == nil {
		return nil
	}
	self, err := usage.Self()
	if err != nil {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = unknownHost
	}
	ctx, stop := context.WithCancel(context.Background())
	m := &monitor{clock: clock, stop: stop, at: clock(), cpu: int64(self.CPU), peak: self.Peak}
	m.use = Usage{Host: host, PID: os.Getpid(), ID: rand.Text()[:8], Stage: -1}
	m.done.Go(func() { m.watch(ctx) })
	if _, err := osexec.LookPath("nvidia-smi"); err == nil {
		m.done.Go(func() { m.watchGPUs(ctx) })
	}
	return m
}

// close ends what newMonitor has begun.
func (m *monitor) close() {
	if m != nil {
		m.stop()
		m.done.Wait()
	}
}

// watch looks at the memory from time to time.
func (m *monitor) watch(ctx context.Context) {
	tick := time.NewTicker(samplingInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.mu.Lock()
			m.settle()
			m.look()
			m.mu.Unlock()
		}
	}
}

// watchGPUs looks at the GPUs as often as its share of the CPU allows.
func (m *monitor) watchGPUs(ctx context.Context) {
	wait, failures := samplingInterval, 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		m.mu.Lock()
		idle := m.running == 0
		m.mu.Unlock()
		if idle {
			continue
		}
		asked, cancel := context.WithTimeout(ctx, gpuDeadline)
		found, cost, err := usage.GPUs(asked, os.LookupEnv)
		cancel()
		wait = max(samplingInterval, time.Duration(float64(cost)/gpuShare))
		if err == nil {
			failures = 0
			m.sawGPUs(found)
			continue
		}
		if failures++; failures == gpuPatience {
			return
		}
	}
}

func (m *monitor) sawGPUs(found []usage.GPU) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running == 0 {
		return
	}
	// Those of a Usage that was handed out stay as they are.
	m.use.GPUs = slices.Clone(m.use.GPUs)
	for _, g := range found {
		i := slices.IndexFunc(m.use.GPUs, func(u GPUUsage) bool { return u.UUID == g.UUID })
		if i < 0 {
			i = len(m.use.GPUs)
			m.use.GPUs = append(m.use.GPUs, GPUUsage{Index: g.Index, UUID: g.UUID, Name: g.Name, Total: g.Total})
		}
		m.use.GPUs[i].Utilization.add(g.Utilization)
		m.use.GPUs[i].Memory.add(float64(g.Used))
	}
}

// joined says that one more worker runs its tasks in this process.
func (m *monitor) joined() {
	if m != nil {
		m.mu.Lock()
		m.use.Slots = min(m.use.Slots+1, runtime.GOMAXPROCS(0))
		m.mu.Unlock()
	}
}

// begin notes that a task begins; end, that it has ended.
func (m *monitor) begin(stage int) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle()
	if stage != m.use.Stage {
		u := m.use
		m.use = Usage{Host: u.Host, PID: u.PID, ID: u.ID, Slots: u.Slots, Stage: stage}
		m.looked = m.at - int64(leastInterval)
	}
	m.running++
	m.look()
}

func (m *monitor) end() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle()
	m.look()
	m.running--
	m.use.Tasks++
}

// usage is what was measured for the present stage; nil without a monitor.
// Nobody changes it any more.
func (m *monitor) usage() *Usage {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle()
	u := m.use
	return &u
}

// settle brings CPU and Busy up to date.
func (m *monitor) settle() {
	now, cpu := m.clock(), m.cpu
	if t, err := usage.CPU(); err == nil {
		cpu = int64(t)
	}
	if m.running > 0 {
		m.use.Busy += max(now-m.at, 0)
		m.use.CPU += max(cpu-m.cpu, 0)
	}
	m.at, m.cpu = now, cpu
}

// look takes a sample of the memory, unless the last is fresh. A peak that was
// reached since then counts as one, too.
func (m *monitor) look() {
	if m.running == 0 || m.at-m.looked < int64(leastInterval) {
		return
	}
	self, err := usage.Self()
	if err != nil {
		return
	}
	m.use.Memory.add(float64(self.RSS))
	if self.Peak > m.peak {
		m.use.Memory.Max, m.peak = max(m.use.Memory.Max, float64(self.Peak)), self.Peak
	}
	m.looked = m.at
}
