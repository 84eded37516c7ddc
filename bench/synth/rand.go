package synth

// rng is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
// generators", 2014). Everything drawn from it is integer arithmetic, so a
// corpus has the same bytes on every machine.
type rng uint64

const golden = 0x9e3779b97f4a7c15

func (r *rng) next() uint64 {
	*r += golden
	return mix(uint64(*r))
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// below draws from [0, n), for n below 2^32.
func (r *rng) below(n int) int {
	return int(r.next() >> 32 * uint64(n) >> 32)
}

// between draws from [lo, hi].
func (r *rng) between(lo, hi int) int { return lo + r.below(hi-lo+1) }

// oneIn is true once in n draws.
func (r *rng) oneIn(n int) bool { return r.below(n) == 0 }

const (
	fixed = 1 << 16 // 1.0 as a fixed-point number

	// logSigma is the standard deviation of the base-2 logarithm of a length:
	// 0.9 in natural units.
	logSigma = 85094

	// medianShare is the median of the lengths that length draws over their
	// mean, found by drawing.
	medianShare = 42850
)

// length draws about log-normally with the given mean: the normal variable is
// a sum of twelve uniform ones, the power of two is linear between integers.
func (r *rng) length(mean int) int {
	sum := -6 * (fixed - 1)
	for range 3 {
		for u := r.next(); u != 0; u >>= 16 {
			sum += int(u & 0xffff)
		}
	}
	log := sum * logSigma >> 16
	n := mean * medianShare >> 16
	n = n * (fixed + log&0xffff) >> 16
	if e := log >> 16; e >= 0 {
		return n << e
	} else {
		return n >> -e
	}
}
