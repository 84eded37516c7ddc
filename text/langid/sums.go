package langid

import (
	"math"
	"math/bits"
)

// row has a feature's weights: what it adds to each class, in steps above the
// class's floor, four bits each. It is one line of the cache.
type row [8]uint64

// mostClasses is how many weights a row has.
const mostClasses = 128

func (r *row) set(class int, weight byte) { r[class/16] |= uint64(weight&15) << (class % 16 * 4) }

const (
	step = math.Ln2 // of a weight
	// unit is that of the multiples: the logarithm of an eighth of an octave.
	unit = math.Ln2 / one
	one  = 8 // the multiple of what is seen once
	// mostCounted is a count that stands for itself and all above it.
	mostCounted = 1023
)

// multiples holds the logarithm of one more than a count, in units.
var multiples = func() (t [mostCounted + 1]uint8) {
	for n := range t {
		t[n] = uint8(math.Round(math.Log1p(float64(n)) / unit))
	}
	return t
}()

// sums adds rows, each times a multiple, without multiplying: a multiple is
// taken apart into its bits, and the rows of each bit are added by words.
type sums struct {
	above [mostClasses]int64 // by class: weights times multiples
	all   int64              // the multiples
	// waiting are the features of each bit whose rows are still to be added.
	waiting [8][together]uint16
	lengths [8]int
}

// together is how many weights of up to 15 a byte can add.
const together = 17

// add adds a feature's row a multiple of times.
func (s *sums) add(rows []row, feature uint16, multiple uint8) {
	s.all += int64(multiple)
	for multiple != 0 {
		bit := bits.TrailingZeros8(multiple) & 7
		multiple &= multiple - 1
		n := s.lengths[bit]
		s.waiting[bit][n] = feature
		if s.lengths[bit] = n + 1; n+1 == together {
			s.flush(rows, bit)
		}
	}
}

// finish adds what waits.
func (s *sums) finish(rows []row) {
	for bit := range s.lengths {
		if s.lengths[bit] > 0 {
			s.flush(rows, bit)
		}
	}
}

// flush adds the rows that wait for a bit.
func (s *sums) flush(rows []row, bit int) {
	const low = 0x0f0f0f0f0f0f0f0f
	var waiting [together]*row
	n := s.lengths[bit]
	for i, f := range s.waiting[bit][:n] {
		waiting[i] = &rows[f]
	}
	s.lengths[bit] = 0
	for i := range 8 {
		var even, odd uint64
		for _, r := range waiting[:n] {
			w := r[i]
			even += w & low
			odd += w >> 4 & low
		}
		above := s.above[16*i : 16*i+16 : 16*i+16]
		for k := 0; k < 16; k += 2 {
			above[k] += int64(even&0xff) << bit
			above[k+1] += int64(odd&0xff) << bit
			even, odd = even>>8, odd>>8
		}
	}
}
