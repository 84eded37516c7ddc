package partition

import (
	"context"
	"strconv"

	"github.com/zeebo/xxh3"

	"corpusmill/record"
)

// maxUnits bounds what is kept of the rows. A unit takes 16 bytes.
const maxUnits = 1 << 20

// unit is a run of neighbouring rows that go to the same node.
type unit struct {
	weight  float64 // of the rows that have one
	rows    uint32
	unknown uint32 // rows without a weight
}

// weights are all rows of the input, weighed.
type weights struct {
	units     []unit
	together  int64 // rows in each unit; the last may have fewer
	rows      int64
	unknown   int64
	malformed int64
	blank     int64
	weight    float64
	sum       *xxh3.Hasher // of all rows
	limit     int          // of units, even
}

func newWeights() *weights {
	return &weights{together: 1, sum: xxh3.New(), limit: maxUnits}
}

// add counts the next row. known says whether it has a weight.
func (w *weights) add(weight float64, known bool) {
	if w.rows%w.together == 0 {
		if len(w.units) == w.limit {
			w.pair() // all of which are full again
		}
		w.units = append(w.units, unit{})
	}
	w.rows++
	u := &w.units[len(w.units)-1]
	u.rows++
	if known {
		u.weight += weight
		w.weight += weight
		return
	}
	u.unknown++
	w.unknown++
}

// pair makes one unit of each two.
func (w *weights) pair() {
	half := len(w.units) / 2
	for i := range half {
		a, b := w.units[2*i], w.units[2*i+1]
		w.units[i] = unit{a.weight + b.weight, a.rows + b.rows, a.unknown + b.unknown}
	}
	w.units = w.units[:half]
	w.together *= 2
}

// mean is what a row without a weight counts for.
func (w *weights) mean() float64 {
	if w.rows == w.unknown {
		return 1
	}
	return w.weight / float64(w.rows-w.unknown)
}

// of is a unit's weight with its rows that have none of their own.
func (w *weights) of(u unit) float64 { return u.weight + float64(u.unknown)*w.mean() }

// weigh reads the input once.
func (q *Request) weigh(ctx context.Context) (*weights, error) {
	w := newWeights()
	err := q.each(ctx, func(r row) error {
		r.addTo(w.sum)
		weight, known := float64(len(r.bytes)+1), true
		if q.Field != "" {
			weight, known = number(r)
		}
		if r.malformed {
			w.malformed++
		}
		w.add(weight, known)
		return nil
	}, &w.blank)
	return w, err
}

// largestWeight is far below what sums of weights can't hold.
const largestWeight = 1e100

// number is the weight that a row's field has, as a number or as text, which
// is all that CSV has.
func number(r row) (float64, bool) {
	if r.malformed || r.kind != record.Number && r.kind != record.String {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(r.field), 64)
	return x, err == nil && x >= 0 && x <= largestWeight
}
