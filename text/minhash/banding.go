package minhash

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// A Banding cuts the first Bands·Rows numbers of a signature into bands of
// Rows numbers. Two documents meet when they agree on all of a band.
type Banding struct{ Bands, Rows int }

// A Key stands for the content of a band.
type Key struct{ Hi, Lo uint64 }

// Check says what is wrong with a banding of signatures of so many
// permutations.
func (b Banding) Check(permutations int) error {
	if b.Bands < 1 || b.Rows < 1 || b.Bands > permutations/b.Rows {
		return fmt.Errorf("minhash: %d bands of %d rows: both must be 1 or more, and %d permutations must suffice for all", b.Bands, b.Rows, permutations)
	}
	return nil
}

// Key returns the key of a band of a signature, by number from 0. Bands of
// different numbers have different keys, whatever they hold. Keys are the same
// on processors of one byte order.
func (b Banding) Key(sig []uint32, band int) Key {
	rows := sig[band*b.Rows:][:b.Rows]
	h := xxh3.Hash128(unsafe.Slice((*byte)(unsafe.Pointer(&rows[0])), 4*len(rows)))
	// The hash's seed would not do: XXH3 of few bytes cancels small seeds
	// against small numbers.
	return Key{h.Hi + uint64(band)*0x9e3779b97f4a7c15, h.Lo}
}

// Recall returns the probability that two documents of a Jaccard similarity
// meet in a band or more.
func (b Banding) Recall(similarity float64) float64 {
	return 1 - math.Pow(1-math.Pow(similarity, float64(b.Rows)), float64(b.Bands))
}

// Optimal returns the banding that Data-Juicer and datasketch choose: of all
// that so many permutations allow, the one with the least sum of the
// integrals of Recall below the threshold and of 1-Recall above it. threshold
// is 0 to 1. For 4096 permutations it takes some tenth of a second, for 256
// some milliseconds.
func Optimal(threshold float64, permutations int) Banding {
	below, above := graded(0, threshold), graded(threshold, 1)
	best, least := Banding{1, 1}, math.Inf(1)
	for rows := 1; rows <= permutations; rows++ {
		below.raise()
		above.raise()
		for bands := 1; bands*rows <= permutations; bands++ {
			// The integral of 1-Recall below the threshold turns into that
			// of Recall.
			wrong := threshold - below.miss() + above.miss()
			if wrong < least {
				best, least = Banding{bands, rows}, wrong
			}
		}
	}
	return best
}

// quadrature integrates (1-s^rows)^bands, one banding after the other.
type quadrature struct {
	at, weight []float64 // the nodes s
	power      []float64 // s^rows
	missed     []float64 // weight·(1-s^rows)^bands
}

// raise goes on to one row more, and no bands.
func (q *quadrature) raise() {
	for i, s := range q.at {
		q.power[i] *= s
	}
	copy(q.missed, q.weight)
}

// miss goes on to one band more, and returns the integral.
func (q *quadrature) miss() float64 {
	sum := 0.0
	for i, p := range q.power {
		q.missed[i] *= 1 - p
		sum += q.missed[i]
	}
	return sum
}

// graded returns Gauss-Legendre nodes between from and to, in panels that
// shrink to both ends of 0 to 1, where many bands or many rows have their
// bend.
func graded(from, to float64) *quadrature {
	q := new(quadrature)
	nodes, weights := gaussLegendre(12)
	panel := func(a, b float64) {
		a, b = max(a, from), min(b, to)
		if a >= b {
			return
		}
		for i, x := range nodes {
			q.at = append(q.at, a+(b-a)*(x+1)/2)
			q.weight = append(q.weight, weights[i]*(b-a)/2)
		}
	}
	const parts = 4
	for half := 0.5; half > 1.0/(1<<16); half /= 2 {
		for i := range parts {
			a, b := half/2*(1+float64(i)/parts), half/2*(1+float64(i+1)/parts)
			panel(a, b)
			panel(1-b, 1-a)
		}
		if half/2 <= 1.0/(1<<16) {
			panel(0, half/2)
			panel(1-half/2, 1)
		}
	}
	q.power = make([]float64, len(q.at))
	for i := range q.power {
		q.power[i] = 1
	}
	q.missed = make([]float64, len(q.at))
	return q
}

// gaussLegendre returns the n nodes and weights of the quadrature of Gauss
// on -1 to 1, by Newton's method on the Legendre polynomial.
func gaussLegendre(n int) (nodes, weights []float64) {
	for i := range n {
		x := math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		var slope float64
		for range 100 {
			p, before := 1.0, 0.0
			for k := range n {
				p, before = ((2*float64(k)+1)*x*p-float64(k)*before)/float64(k+1), p
			}
			slope = float64(n) * (x*p - before) / (x*x - 1)
			step := p / slope
			x -= step
			if math.Abs(step) < 1e-15 {
				break
			}
		}
		nodes = append(nodes, x)
		weights = append(weights, 2/((1-x*x)*slope*slope))
	}
	return nodes, weights
}
