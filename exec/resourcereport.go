package exec

// ResourceReport is what a run took, as far as the command that finished it
// has seen: what an interrupted one took before isn't in it.
type ResourceReport struct {
	Seconds    float64       `json:"seconds"`     // that the stages took
	CPUSeconds float64       `json:"cpu_seconds"` // of all workers
	Driver     ProcessReport `json:"driver"`
	// Workers are the processes that did tasks, by host and process: of many,
	// the thousand that took most CPU time. A run on local threads has one,
	// which is the driver's. Others sums up over the rest.
	Workers   []ProcessReport `json:"workers"`
	Processes int             `json:"processes"` // all of them
	Others    *ProcessReport  `json:"others,omitempty"`
	// Unmeasured are processes that came when too many were told apart already.
	Unmeasured int              `json:"unmeasured,omitempty"`
	Stages     []StageResources `json:"stages"`
	Steps      []StepResources  `json:"steps"`
}

// ProcessReport is what a process took while it was busy: with tasks, or as
// the driver.
type ProcessReport struct {
	Host        string  `json:"host,omitempty"`
	PID         int     `json:"pid,omitempty"`
	Tasks       int64   `json:"tasks,omitempty"` // that ended, lost ones included
	BusySeconds float64 `json:"busy_seconds"`
	CPUSeconds  float64 `json:"cpu_seconds"`
	// Utilization is CPUSeconds by what the process could have taken: BusySeconds
	// for each of the tasks that it ran at once. Collecting garbage may bring it
	// above 1.
	Utilization float64 `json:"utilization"`
	// Memory is what was resident, in bytes, mapped files included.
	MemoryMean int64       `json:"memory_mean"`
	MemoryMax  int64       `json:"memory_max"`
	GPUs       []GPUReport `json:"gpus,omitempty"` // that the process sees
}

// GPUReport is what a device did, for whatever process.
type GPUReport struct {
	Index           int     `json:"index"`
	UUID            string  `json:"uuid"`
	Name            string  `json:"name"`
	UtilizationMean float64 `json:"utilization_mean"` // 0 to 1
	UtilizationMax  float64 `json:"utilization_max"`
	MemoryMean      int64   `json:"memory_mean"` // bytes in use
	MemoryMax       int64   `json:"memory_max"`
	MemoryTotal     int64   `json:"memory_total"`
}

// StageResources is what the workers took for one stage. Its steps run
// interleaved, row by row, so memory can't be told apart by step.
type StageResources struct {
	Stage       int     `json:"stage"` // from 1
	Name        string  `json:"name"`
	Seconds     float64 `json:"seconds"` // that the stage took
	Processes   int     `json:"processes"`
	Tasks       int64   `json:"tasks"`
	CPUSeconds  float64 `json:"cpu_seconds"`
	Utilization float64 `json:"utilization"`
	MemoryMean  int64   `json:"memory_mean"` // bytes, of a process
	MemoryMax   int64   `json:"memory_max"`
	// GPU is the mean utilization of the devices that were seen, 0 to 1.
	GPU float64 `json:"gpu,omitempty"`
}

// StepResources is what one operator took, over all workers, estimated from a
// sample of rows. Reading and writing are in no step.
type StepResources struct {
	Label string `json:"label"`
	// Seconds counts the time in which it waited, for whatever; CPUSeconds
	// doesn't, and isn't there where the system doesn't tell.
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds,omitempty"`
	Share      float64 `json:"share"` // of the CPU time of all steps, or else of their time; 0 to 1
	Rows       int64   `json:"rows"`  // that it was given
	// RowsPerSecond is Rows by Seconds: of one worker.
	RowsPerSecond float64 `json:"rows_per_second,omitempty"`
}

func (u Usage) report() ProcessReport {
	p := ProcessReport{Host: u.Host, PID: u.PID, Tasks: u.Tasks, BusySeconds: seconds(u.Busy), CPUSeconds: seconds(u.CPU),
		Utilization: u.utilization(), MemoryMean: int64(u.Memory.mean()), MemoryMax: int64(u.Memory.Max)}
	for _, g := range u.GPUs {
		p.GPUs = append(p.GPUs, GPUReport{Index: g.Index, UUID: g.UUID, Name: g.Name,
			UtilizationMean: g.Utilization.mean(), UtilizationMax: g.Utilization.Max,
			MemoryMean: int64(g.Memory.mean()), MemoryMax: int64(g.Memory.Max), MemoryTotal: g.Total})
	}
	return p
}

func (u Usage) utilization() float64 { return ratio(float64(u.CPU), float64(u.Busy)*float64(u.Slots)) }

// ratio is 0 where there is nothing to divide by.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// report sums up; nil when nothing was gathered.
func (r *resources) report(a *Account) *ResourceReport {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own()
	out := &ResourceReport{Driver: r.driver.report(), Processes: len(r.workers), Unmeasured: len(r.left), Workers: []ProcessReport{}, Stages: []StageResources{}}
	all := make([]Usage, 0, len(r.workers))
	var cpu int64
	for _, w := range r.workers {
		u := w.total()
		all = append(all, u)
		cpu += u.CPU
	}
	out.CPUSeconds = seconds(cpu)
	listed, rest := busiest(all, listedWorkers)
	for _, u := range listed {
		out.Workers = append(out.Workers, u.report())
	}
	if len(listed) < len(r.workers) {
		others := rest.report()
		out.Others = &others
	}
	for _, s := range r.stages {
		out.Seconds += s.Seconds
		out.Stages = append(out.Stages, s.StageResources)
	}
	out.Steps = r.steps(a, 0, len(a.Steps))
	return out
}

// steps are those with an index of the account from first to before end.
func (r *resources) steps(a *Account, first, end int) []StepResources {
	var wall, cpu int64
	for _, s := range a.Steps {
		wall += s.Nanos
		cpu += s.CPUNanos
	}
	out := []StepResources{}
	for i := first; i < end; i++ {
		s := a.Steps[i]
		share := ratio(float64(s.CPUNanos), float64(cpu))
		if cpu == 0 {
			share = ratio(float64(s.Nanos), float64(wall))
		}
		out = append(out, StepResources{Label: stepLabel(r.plan, i), Seconds: seconds(s.Nanos), CPUSeconds: seconds(s.CPUNanos), Share: share,
			Rows: s.In, RowsPerSecond: ratio(float64(s.In), seconds(s.Nanos))})
	}
	return out
}
