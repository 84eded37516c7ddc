package exec

import (
	"testing"

	"corpusmill/plan"
)

// TestRanges has the number of key files that are opened, one a range and
// segment, grow with the data as long as there is memory, and not with its square.
func TestRanges(t *testing.T) {
	const keys = 640_000 * clusterEntryBytes // of a segment
	p := &plan.Plan{TaskMemory: plan.DefaultTaskMemory, RangeMemory: 1 << 30}
	of := func(segments int64) int64 { return int64(ranges(p, segments*keys, int(segments))) }
	for segments, want := range map[int64]int64{
		1:      2,                   // of 24 MiB
		32:     40,                  // likewise
		60:     fewRanges,           // instead of 74
		1000:   fewRanges,           // instead of 1221
		100000: 100000 * keys >> 30, // that is all the memory
	} {
		if got := of(segments); got < want || got > want+want/20+1 {
			t.Errorf("%d segments are compared in %d ranges, want %d", segments, got, want)
		}
	}
	if p.RangeMemory = 0; of(1000) != 1000*keys/plan.DefaultTaskMemory+1 {
		t.Errorf("%d ranges where the recipe says how much memory a task takes", of(1000))
	}
}
