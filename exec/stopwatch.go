package exec

import (
	"time"

	"corpusmill/internal/usage"
)

// cpuEvery is the least time between two rows whose CPU time is measured. One
// costs some 40 µs, for the locked thread and for asking, which is much for
// short rows.
const cpuEvery = 20 * time.Millisecond

// stopwatch measures what operators take for a row: of one row in sampleEvery
// the time, and of some of these the CPU time, too, which tells less than the
// wall clock where they wait, and more on a machine that does other work.
type stopwatch struct {
	clock     Clock // nil when nothing is measured
	cpu       bool  // measure CPU time as well
	wall, own int64
	// measured is the number of rows up to the last whose CPU time was
	// measured, at the time when; weight is how many the present one stands for.
	measured, when, weight int64
}

// due says whether the CPU time of a row, the seen-th, is to be measured. The
// caller then keeps to its thread for the row: only threads have CPU times.
func (w *stopwatch) due(seen int64) bool {
	w.weight = 0
	if !w.cpu {
		return false
	}
	now := w.clock()
	if w.measured > 0 && now-w.when < int64(cpuEvery) {
		return false
	}
	w.weight, w.measured, w.when = seen-w.measured, seen, now
	return true
}

func (w *stopwatch) start() {
	if w.weight > 0 {
		w.own = int64(usage.ThreadCPU())
	}
	w.wall = w.clock()
}

// stop adds what was taken since the start. What asking for the CPU time
// costs, more than some operators, is outside the wall clock's time, which the
// CPU time can't exceed.
func (w *stopwatch) stop(n *StepCount) {
	wall := w.clock() - w.wall
	n.Nanos += sampleEvery * wall
	if w.weight > 0 {
		n.CPUNanos += w.weight * min(int64(usage.ThreadCPU())-w.own, wall)
	}
}
