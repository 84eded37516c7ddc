package op

// Interval is the range rule that all filters of a number share. Embed it in
// the parameter struct, with DefaultInterval as its default.
type Interval struct {
	MinClosed bool `json:"min_closed_interval" doc:"keep a value equal to the lower bound"`
	MaxClosed bool `json:"max_closed_interval" doc:"keep a value equal to the upper bound"`
	Reversed  bool `json:"reversed_range" doc:"keep what lies outside the range; both bounds then switch between open and closed"`
}

// DefaultInterval keeps values within closed bounds.
var DefaultInterval = Interval{MinClosed: true, MaxClosed: true}

// The reasons that Judge gives. A filter that uses it has RangeReasons in its
// Spec.
const (
	Below Reason = iota
	Above
	Inside
)

// RangeReasons names the reasons of Judge, with lo and hi the names of the
// parameters that hold the bounds.
func RangeReasons(lo, hi string) []string {
	return []string{"below " + lo, "above " + hi, "inside reversed range"}
}

// Judge says whether v is kept by bounds lo and hi.
func Judge[T int64 | float64](i Interval, v, lo, hi T) (bool, Reason) {
	minClosed, maxClosed := i.MinClosed, i.MaxClosed
	if i.Reversed {
		minClosed, maxClosed = !minClosed, !maxClosed
	}
	aboveLo := v > lo || minClosed && v == lo
	belowHi := v < hi || maxClosed && v == hi
	switch in := aboveLo && belowHi; {
	case i.Reversed && in:
		return false, Inside
	case i.Reversed || in:
		return true, 0
	case !aboveLo:
		return false, Below
	default:
		return false, Above
	}
}
