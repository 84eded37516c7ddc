package exec

import "corpusmill/plan"

// stageRecord is what is kept of a stage that has ended.
type stageRecord struct {
	StageResources
	workers []Usage // the busiest
	line    timeline
	ended   int64
}

// monitorStage is an entry of monitor.json, with the names that Data-Juicer
// has for what is the same. Shares are from 0 to 1, memory is in MiB, times in
// seconds.
type monitorStage struct {
	Stage    int               `json:"stage"`
	Name     string            `json:"name"`
	Time     float64           `json:"time"`
	Interval float64           `json:"sampling interval"`
	Resource []monitorPoint    `json:"resource"`
	Analysis map[string]bounds `json:"resource_analysis"`
	Steps    []StepResources   `json:"steps"`
	Workers  []ProcessReport   `json:"workers"`
}

// monitorPoint is the mean over one interval.
type monitorPoint struct {
	Timestamp float64 `json:"timestamp"` // of its beginning, since the run began
	// CPUs is how many the workers had that were busy, CPUUse the share of
	// them that they took, and Memory what they had together.
	CPUs   float64 `json:"CPU count"`
	CPUUse float64 `json:"CPU util."`
	Memory float64 `json:"Used mem."`
	// GPUs is how many devices the busy workers see, one that two see counted
	// twice, and the others are the means over them.
	GPUs         float64  `json:"GPU count,omitempty"`
	GPUUse       *float64 `json:"GPU util.,omitempty"`
	GPUMemory    *float64 `json:"GPU used mem.,omitempty"`
	DriverCPU    float64  `json:"driver CPU util."` // CPU seconds a second
	DriverMemory float64  `json:"driver used mem."`
}

// bounds are those of a figure over the points of a stage.
type bounds struct {
	Max  float64 `json:"max"`
	Min  float64 `json:"min"`
	Mean float64 `json:"avg"`
}

const mebi = 1 << 20

// monitorFolder is where monitor.json is in the run folder, as in Data-Juicer's
// work folder.
const monitorFolder = "monitor"

// record closes the books of a stage.
func (r *resources) record(s *stageUse, now int64) stageRecord {
	u := s.sum
	out := stageRecord{line: s.line, ended: now, StageResources: StageResources{
		Stage: s.number + 1, Name: r.plan.Stages[s.number].Name, Seconds: seconds(now - s.began), Processes: s.workers, Tasks: u.Tasks,
		CPUSeconds: seconds(u.CPU), Utilization: ratio(seconds(u.CPU), s.slots), MemoryMean: int64(u.Memory.mean()), MemoryMax: int64(u.Memory.Max), GPU: s.gpuUse.mean()}}
	var all []Usage
	for _, w := range r.workers {
		if w.last.Stage == s.number {
			all = append(all, w.last)
		}
	}
	out.workers, _ = busiest(all, listedInStage)
	return out
}

// monitor is monitor.json.
func (r *resources) monitor(a *Account) []monitorStage {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := []monitorStage{}
	for _, s := range r.stages {
		m := monitorStage{Stage: s.Stage, Name: s.Name, Time: s.Seconds, Interval: seconds(s.line.width), Resource: []monitorPoint{}, Workers: []ProcessReport{}}
		for i, p := range s.line.points {
			at := int64(i) * s.line.width
			length := min(s.line.width, s.ended-s.line.began-at)
			m.Resource = append(m.Resource, p.monitor(seconds(s.line.began+at-r.began), seconds(length)))
		}
		m.Analysis = analysis(m.Resource)
		stage := r.plan.Stages[s.Stage-1]
		first, end := stage.From+1, stage.To+1
		if s.Stage == 1 {
			first = SourceStep
		}
		if stage.End == plan.EndKeys {
			end++ // the deduplicator, which makes the keys
		}
		m.Steps = r.steps(a, first, end)
		for _, u := range s.workers {
			m.Workers = append(m.Workers, u.report())
		}
		out = append(out, m)
	}
	return out
}

// monitor is a point that began at a moment and was so long, in seconds.
func (p point) monitor(at, length float64) monitorPoint {
	m := monitorPoint{Timestamp: at, CPUs: ratio(p.slots, length), CPUUse: ratio(p.cpu, p.slots), Memory: ratio(p.memory, length) / mebi,
		DriverCPU: ratio(p.ownCPU, p.own), DriverMemory: ratio(p.ownMemory, p.own) / mebi}
	if p.gpus > 0 {
		use, memory := p.gpuUse/p.gpus, p.gpuMemory/p.gpus/mebi
		m.GPUs, m.GPUUse, m.GPUMemory = ratio(p.gpus, length), &use, &memory
	}
	return m
}

// analysis is that of the figures that change.
func analysis(points []monitorPoint) map[string]bounds {
	out := map[string]bounds{}
	for name, figure := range map[string]func(monitorPoint) *float64{
		"CPU util.":        func(p monitorPoint) *float64 { return &p.CPUUse },
		"Used mem.":        func(p monitorPoint) *float64 { return &p.Memory },
		"GPU util.":        func(p monitorPoint) *float64 { return p.GPUUse },
		"GPU used mem.":    func(p monitorPoint) *float64 { return p.GPUMemory },
		"driver CPU util.": func(p monitorPoint) *float64 { return &p.DriverCPU },
		"driver used mem.": func(p monitorPoint) *float64 { return &p.DriverMemory },
	} {
		var g Gauge
		for _, p := range points {
			if v := figure(p); v != nil {
				g.add(*v)
			}
		}
		if g.Samples > 0 {
			out[name] = bounds{Max: g.Max, Min: g.Min, Mean: g.mean()}
		}
	}
	return out
}
