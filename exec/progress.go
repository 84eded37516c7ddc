package exec

import "sync/atomic"

// Progress is how far a run is; safe to read while it goes on.
type Progress struct {
	stage  atomic.Int64
	bytes  []atomic.Int64 // uncompressed input bytes read, by stage
	rows   atomic.Int64   // rows committed in the first stage
	kept   atomic.Int64   // of them, not dropped so far
	reused atomic.Int64   // bytes that an earlier try had done
	tasks  atomic.Int64   // handed out and not done
	lost   atomic.Int64   // tasks that were lost
}

func newProgress(stages int) *Progress { return &Progress{bytes: make([]atomic.Int64, stages)} }

func (p *Progress) add(stage int, n int64) { p.bytes[stage].Add(n) }

func (p *Progress) reuse(stage int, n int64) {
	p.bytes[stage].Add(n)
	p.reused.Add(n)
}

func (p *Progress) commit(s *Summary) {
	p.rows.Add(s.File.In)
	p.kept.Add(s.File.In - s.File.Filtered - s.File.Quarantined)
}

// Snapshot is a moment of a run.
type Snapshot struct {
	Stage, Stages int
	Bytes         []int64 // uncompressed input bytes read, by stage
	Rows, Kept    int64
	Reused        int64 // bytes of all stages that were done before a resume
	Tasks         int64 // handed out to the backend and not done
	Lost          int64 // times that a task was lost and started again
}

// Snapshot reads the progress.
func (p *Progress) Snapshot() Snapshot {
	s := Snapshot{Stage: int(p.stage.Load()), Stages: len(p.bytes), Rows: p.rows.Load(), Kept: p.kept.Load(), Reused: p.reused.Load(),
		Tasks: p.tasks.Load(), Lost: p.lost.Load()}
	for i := range p.bytes {
		s.Bytes = append(s.Bytes, p.bytes[i].Load())
	}
	return s
}
