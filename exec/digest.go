package exec

import (
	"encoding/json"
	"fmt"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// Digest is a hash over an ordered sequence of rows. Digests of neighbouring
// sequences combine, so tasks hash what they write and nobody has to read the
// output in order again; how the rows were cut into tasks doesn't show.
//
// Each row contributes its XXH3 128-bit hash; the sequence is the polynomial
// over these in two fields of 2^61-1 elements, evaluated at two fixed points
// (Karp and Rabin, 1987). It tells outputs apart that differ by accident; it
// isn't made to withstand an adversary.
type Digest struct {
	a, b uint64
	Rows int64
}

const (
	mersenne61 = 1<<61 - 1
	pointA     = 0x16a09e667f3bcc90 // sqrt 2 and sqrt 3 in binary, cut to 61 bits
	pointB     = 0x1bb67ae8584caa73
)

// Add appends a row, without its newline.
func (d *Digest) Add(row []byte) {
	h := xxh3.Hash128(row)
	d.a = addMod(mulMod(d.a, pointA), fold(h.Hi))
	d.b = addMod(mulMod(d.b, pointB), fold(h.Lo))
	d.Rows++
}

// Append appends the sequence that e stands for.
func (d *Digest) Append(e Digest) {
	d.a = addMod(mulMod(d.a, powMod(pointA, e.Rows)), e.a)
	d.b = addMod(mulMod(d.b, powMod(pointB, e.Rows)), e.b)
	d.Rows += e.Rows
}

// String is the digest as it is printed: 32 hexadecimal digits.
func (d Digest) String() string { return fmt.Sprintf("%016x%016x", d.a, d.b) }

type digestJSON struct {
	A, B uint64
	Rows int64
}

// MarshalJSON writes the state, from which more can be appended.
func (d Digest) MarshalJSON() ([]byte, error) { return json.Marshal(digestJSON{d.a, d.b, d.Rows}) }

// UnmarshalJSON reads the state.
func (d *Digest) UnmarshalJSON(raw []byte) error {
	var j digestJSON
	if err := json.Unmarshal(raw, &j); err != nil {
		return err
	}
	*d = Digest{j.A, j.B, j.Rows}
	return nil
}

// fold maps 64 bits to 1..2^61-1, never 0, so that no row is without weight.
func fold(h uint64) uint64 { return h%(mersenne61-1) + 1 }

func addMod(a, b uint64) uint64 {
	s := a + b
	if s >= mersenne61 {
		s -= mersenne61
	}
	return s
}

func mulMod(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return addMod(lo&mersenne61, hi<<3|lo>>61)
}

func powMod(x uint64, n int64) uint64 {
	r := uint64(1)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			r = mulMod(r, x)
		}
		x = mulMod(x, x)
	}
	return r
}
