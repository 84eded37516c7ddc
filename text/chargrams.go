package text

import (
	"math"
	"math/bits"
	"slices"
)

// CharNGrams measures how much of a text is n-grams of code points that occur
// often. It keeps its memory between calls: 24 to 96 bytes per n-gram, 24 MiB
// at most, since longer texts are counted in several passes.
//
// N-grams are compared by 63 bits of a hash. Two different ones of a text are
// taken for one with a chance of about 2^-63 per pair of n-grams: in one of some
// 10^12 texts of 2 KB.
type CharNGrams struct {
	block [512]uint64 // hashes on their way to the table

	// slots is an open-addressing hash set of n-grams: 0 when empty. again has,
	// for each slot, how often its n-gram occurred after the first time, and
	// dirty the slots where that isn't 0.
	slots []uint64
	again []uint32
	dirty []uint32

	distinct int
	repeated int            // distinct n-grams that occur more than once
	few      [1 << 8]uint32 // few[k] n-grams occur k times
	many     []uint32       // how often the others occur
}

// cachedSlots is about as many as the second-level cache holds.
const cachedSlots = 1 << 15

// Repetition returns the share of the most frequent n-grams of b, counted with
// their repetitions, in all: of as many as the square root of the number of
// distinct n-grams, rounded down, and at most of all that occur more than
// once. It is 0 when there are no n-grams: n is below 1 or above the number of
// code points.
//
// The measure is that of the text filters of the BigScience ROOTS corpus.
func (g *CharNGrams) Repetition(b []byte, n int) float64 {
	total := Runes(b) - n + 1
	if n < 1 || total < 1 {
		return 0
	}
	passes, size := 1, 1<<bits.Len(uint(2*total-1))
	switch {
	case total > passNGrams:
		passes, size = (total+passNGrams-1)/passNGrams, maxSlots
	case size < cachedSlots:
		size *= 2 // fewer n-grams meet another's slot
	}
	if cap(g.slots) < size {
		g.slots, g.again = make([]uint64, size), make([]uint32, size)
	}
	g.slots, g.again = g.slots[:size], g.again[:size]
	for !g.count(b, n, total, passes) {
		passes = 2*passes + 1
	}
	return float64(g.top(min(int(math.Sqrt(float64(g.distinct))), g.repeated))) / float64(total)
}

// count fills in the counts, in passes by hash. It gives up when one pass has
// too many n-grams for the table.
func (g *CharNGrams) count(b []byte, n, total, passes int) bool {
	g.distinct, g.repeated, g.many = 0, 0, g.many[:0]
	clear(g.few[:])
	for pass := range passes {
		ok := g.pass(b, n, total, uint64(pass), uint64(passes))
		g.settle()
		if !ok {
			return false
		}
	}
	return true
}

func (g *CharNGrams) pass(b []byte, n, total int, pass, passes uint64) bool {
	clear(g.slots)
	w := newWindows(b, n)
	room := len(g.slots) * 7 / 8
	for total > 0 {
		block := g.block[:min(total, len(g.block))]
		w.hash(block)
		total -= len(block)
		if passes > 1 {
			block = ofPass(block, pass, passes)
		}
		added := g.add(block)
		g.distinct += added
		if room -= added; room < len(g.block) && passes > 1 {
			return false
		}
	}
	return true
}

// ofPass keeps the hashes that are counted in one of several passes.
func ofPass(hashes []uint64, pass, passes uint64) []uint64 {
	n := 0
	for _, h := range hashes {
		if h%passes == pass {
			hashes[n] = h
			n++
		}
	}
	return hashes[:n]
}

// add counts n-grams and returns how many of them are new.
func (g *CharNGrams) add(hashes []uint64) (added int) {
	slots := g.slots
	again := g.again[:len(slots)]
	mask, shift := len(slots)-1, 64-bits.Len(uint(len(slots)-1))
	for _, h := range hashes {
		h |= 1
		k := int(h >> shift)
		found := slots[k]
		for found != h && found != 0 {
			k = (k + 1) & mask
			found = slots[k]
		}
		if found == 0 {
			slots[k] = h
			added++
			continue
		}
		if again[k] == 0 {
			g.dirty = append(g.dirty, uint32(k))
		}
		again[k]++
	}
	return added
}

// settle takes the counts of a pass from the table.
func (g *CharNGrams) settle() {
	g.repeated += len(g.dirty)
	for _, k := range g.dirty {
		if times := g.again[k] + 1; times < uint32(len(g.few)) {
			g.few[times]++
		} else {
			g.many = append(g.many, times)
		}
		g.again[k] = 0
	}
	g.dirty = g.dirty[:0]
}

// top returns how many n-grams the k most frequent ones are together.
func (g *CharNGrams) top(k int) (sum int) {
	if k < len(g.many) {
		slices.Sort(g.many)
		g.many = g.many[len(g.many)-k:]
	}
	for _, times := range g.many {
		sum += int(times)
	}
	k -= len(g.many)
	for times := len(g.few) - 1; k > 0 && times > 1; times-- {
		taken := min(k, int(g.few[times]))
		sum += taken * times
		k -= taken
	}
	return sum
}
