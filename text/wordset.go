package text

import (
	"math/bits"

	"github.com/zeebo/xxh3"
)

// WordSet is a set of words, held by their 64-bit hashes (XXH3), the same as
// record.Doc's word ids. A word that isn't in it is taken for one that is with
// a chance of 2^-64 per word of the set.
type WordSet struct {
	slots   []uint64 // open addressing; 0 is empty
	filter  []uint64 // a bit for each hash of the set, by its upper bits
	shift   int      // takes a hash to its slot; filterBits less, to its bit
	longest int      // bytes of the longest word
}

// filterBits makes the filter 8 bits per slot: of words that aren't in the set
// it lets some 1 in 20 through.
const filterBits = 3

// NewWordSet returns the set of words.
func NewWordSet(words []string) *WordSet {
	size := max(8, 1<<bits.Len(uint(2*len(words))))
	s := &WordSet{slots: make([]uint64, size), filter: make([]uint64, size<<filterBits/64), shift: 65 - bits.Len(uint(size))}
	for _, w := range words {
		s.longest = max(s.longest, len(w))
		id := xxh3.HashString(w)
		bit := id >> (s.shift - filterBits)
		s.filter[bit/64] |= 1 << (bit % 64)
		s.slots[s.find(id)] = id
	}
	return s
}

// find returns the slot that holds id or would.
func (s *WordSet) find(id uint64) int {
	k := int(id >> s.shift)
	for s.slots[k] != id && s.slots[k] != 0 {
		k = (k + 1) & (len(s.slots) - 1)
	}
	return k
}

// Has says whether a word is in the set, by its hash. The hash 0, which no word
// is known to have, is in none.
func (s *WordSet) Has(id uint64) bool {
	return id != 0 && s.slots[s.find(id)] == id
}

// Count returns how many of ids are in the set.
func (s *WordSet) Count(ids []uint64) (n int) {
	// Whether a word is in the set can't be predicted. The filter takes no
	// branch, and what passes it is in the set as a rule.
	var passed [64]uint64
	for len(ids) > 0 {
		some := ids[:min(len(ids), len(passed))]
		ids = ids[len(some):]
		k := 0
		for _, id := range some {
			bit := id >> (s.shift - filterBits)
			passed[k%len(passed)] = id
			k += int(s.filter[bit/64] >> (bit % 64) & 1)
		}
		for _, id := range passed[:k] {
			if s.Has(id) {
				n++
			}
		}
	}
	return n
}

// CountJoined returns how many groups of size words, one after the other, are
// in the set when they are joined by join. words are parts of b. buf is
// memory to work in, which is returned for the next call.
func (s *WordSet) CountJoined(b []byte, words []Span, size int, join string, buf []byte) (n int, _ []byte) {
	if size < 1 {
		return 0, buf
	}
	for ; len(words) >= size; words = words[1:] {
		buf = buf[:0]
		for i, w := range words[:size] {
			if i > 0 {
				buf = append(buf, join...)
			}
			if buf = append(buf, w.Of(b)...); len(buf) > s.longest {
				break
			}
		}
		if len(buf) <= s.longest && s.Has(xxh3.Hash(buf)) {
			n++
		}
	}
	return n, buf
}
