package minhash

import "math/rand/v2"

// mersenne is the modulus of the DataJuicer family.
const mersenne = 1<<61 - 1

// drawDataJuicer returns the first n permutations, as numpy draws them:
//
//	gen = RandomState(42)
//	a[i] = gen.randint(1, 2**61-1, dtype=uint64)
//	b[i] = gen.randint(0, 2**61-1, dtype=uint64)
func drawDataJuicer(n int) (a, b []uint64) {
	t := newTwister(42)
	a, b = make([]uint64, n), make([]uint64, n)
	for i := range a {
		a[i] = 1 + t.upTo(mersenne-2)
		b[i] = t.upTo(mersenne - 1)
	}
	return a, b
}

// drawXXH3 returns the first n permutations of the XXH3 family.
func drawXXH3(n int) (mul, add []uint32) {
	source := rand.NewPCG(0x6d696e68617368, 42)
	mul, add = make([]uint32, n), make([]uint32, n)
	for i := range mul {
		v := source.Uint64()
		mul[i] = uint32(v) | 1
		add[i] = uint32(v >> 32)
	}
	return mul, add
}

// twister is MT19937: M. Matsumoto, T. Nishimura: Mersenne Twister, ACM
// Transactions on Modeling and Computer Simulation 8 (1998).
type twister struct {
	state [624]uint32
	next  int
}

func newTwister(seed uint32) *twister {
	t := &twister{next: 624}
	t.state[0] = seed
	for i := 1; i < len(t.state); i++ {
		before := t.state[i-1]
		t.state[i] = 1812433253*(before^before>>30) + uint32(i)
	}
	return t
}

func (t *twister) uint32() uint32 {
	if t.next == len(t.state) {
		t.turn()
	}
	y := t.state[t.next]
	t.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

func (t *twister) turn() {
	n := len(t.state)
	for i := range t.state {
		y := t.state[i]&(1<<31) | t.state[(i+1)%n]&(1<<31-1)
		t.state[i] = t.state[(i+397)%n] ^ y>>1 ^ -(y&1)&0x9908b0df
	}
	t.next = 0
}

// upTo returns a number of at most most, which has 61 bits: what is above is
// drawn again, as numpy's legacy generators do.
func (t *twister) upTo(most uint64) uint64 {
	for {
		high := uint64(t.uint32())
		if v := (high<<32 | uint64(t.uint32())) & mersenne; v <= most {
			return v
		}
	}
}
