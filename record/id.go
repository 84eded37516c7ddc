package record

import (
	"cmp"
	"fmt"
)

// ID names a row for the whole life of a run. It comes from where the row
// stands in the input, never from how the input was split, so it is the same
// on every engine and for every number of workers.
type ID struct {
	Src uint32 // ordinal of the input file in the plan
	Sub uint32 // ordinal among the children of one input row; 0 for the row itself
	Pos uint64 // byte offset in the uncompressed file, or row number in a columnar one
}

// Compare orders IDs by input order.
func (a ID) Compare(b ID) int {
	if c := cmp.Compare(a.Src, b.Src); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Pos, b.Pos); c != 0 {
		return c
	}
	return cmp.Compare(a.Sub, b.Sub)
}

func (a ID) String() string {
	if a.Sub != 0 {
		return fmt.Sprintf("%d:%d.%d", a.Src, a.Pos, a.Sub)
	}
	return fmt.Sprintf("%d:%d", a.Src, a.Pos)
}
