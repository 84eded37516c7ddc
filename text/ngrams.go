package text

import "math/bits"

// NGrams measures how many n-grams of a sequence occur more than once. It
// keeps its memory between calls: 16 to 32 bytes per n-gram, 16 MiB at most,
// since longer sequences are counted in several passes.
type NGrams struct {
	// slots is an open-addressing hash set. A slot is 0 when empty, else the
	// n-gram's hash above two bits: 2 always, 1 when it was seen again.
	slots []uint64
}

const (
	maxSlots   = 1 << 21
	passNGrams = maxSlots / 2

	// N-grams are compared by a rolling polynomial hash modulo the prime
	// 2^61-1; two different ones agree by chance once in 2^61.
	prime = 1<<61 - 1
	base  = 0x0F3A7C1D5E92B4683 % prime
)

// Repeated returns the number of n-grams in ids, and how many of those,
// counted with their repetitions, occur more than once. ids are hashes, of
// which the upper 61 bits are used. There are no n-grams when n is below 1 or
// above len(ids).
func (g *NGrams) Repeated(ids []uint64, n int) (total, repeated int) {
	if n < 1 || n > len(ids) {
		return 0, 0
	}
	total = len(ids) - n + 1
	passes := uint64((total + passNGrams - 1) / passNGrams)
	size := 1 << bits.Len(uint(2*min(total, passNGrams)-1))
	if passes > 1 {
		size = maxSlots
	}
	if cap(g.slots) < size {
		g.slots = make([]uint64, size)
	}
	g.slots = g.slots[:size]
	for {
		if singles, ok := g.singles(ids, n, passes); ok {
			return total, total - singles
		}
		passes = 2*passes + 1
	}
}

// singles counts the n-grams that occur once, in passes by hash. It gives up
// when one pass has too many for the table, as chosen texts can bring about.
func (g *NGrams) singles(ids []uint64, n int, passes uint64) (sum int, ok bool) {
	for pass := range passes {
		k, ok := g.pass(ids, n, pass, passes)
		if !ok {
			return 0, false
		}
		sum += k
	}
	return sum, true
}

func (g *NGrams) pass(ids []uint64, n int, pass, passes uint64) (singles int, ok bool) {
	slots := g.slots
	clear(slots)
	shift := 64 - bits.Len(uint(len(slots)-1))
	mask := len(slots) - 1
	top := uint64(1)
	for range n {
		top = modPrime(mulPrime(top, base))
	}
	leave := prime - top // minus base^n, by which the id that leaves is multiplied
	room := len(slots) * 7 / 8
	var h uint64
	for i, id := range ids {
		sum := mulPrime(h, base) + id>>3
		if i >= n {
			sum += mulPrime(ids[i-n]>>3, leave)
		}
		h = modPrime(sum)
		if i < n-1 || passes > 1 && h%passes != pass {
			continue
		}
		key := h<<2 | 2
		k := int(h * 0x9E3779B97F4A7C15 >> shift)
		for slots[k]&^1 != key && slots[k] != 0 {
			k = (k + 1) & mask
		}
		switch slots[k] {
		case 0:
			if room--; room < 0 {
				return 0, false
			}
			slots[k] = key
			singles++
		case key:
			slots[k] = key | 1
			singles--
		}
	}
	return singles, true
}

// modPrime reduces x modulo prime.
func modPrime(x uint64) uint64 {
	x = x&prime + x>>61
	if x >= prime {
		x -= prime
	}
	return x
}

// mulPrime is congruent to a*b modulo prime and below 2^62, for a and b below
// 2^61.
func mulPrime(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return lo&prime + (lo>>61 | hi<<3)
}
