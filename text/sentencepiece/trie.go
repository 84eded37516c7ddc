package sentencepiece

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// entry is a key of a trie and its value.
type entry struct {
	key   string
	value int32
}

// trie is a double array: the child of unit i by byte c is unit base(i)^c if
// that one's label is c. No two units have the same base, and no unit has base
// 0, so that the label tells whose child a unit is. Unit 0 is the root.
type trie struct{ units []unit }

// unit holds the base above eight bits of label, and the value of the key that
// ends here, -1 if none does. A unit without children has base 0; a free one
// is all 0, as no key holds a NUL.
type unit struct {
	node  uint32
	value int32
}

const (
	blockSize = 256 // units that the children of one unit lie in
	// openBlocks bounds the search for free units: older blocks stay as full
	// as they are.
	openBlocks = 16
	maxUnits   = 1 << 24
)

// step goes from unit at by byte c; ok is false when no key goes on so.
func (t *trie) step(at uint32, c byte) (next uint32, ok bool) {
	next = t.units[at].node>>8 ^ uint32(c)
	return next, byte(t.units[next].node) == c && c != 0
}

// longest returns the length of the longest key that b begins with, 0 if none.
func (t *trie) longest(b []byte) int {
	if len(t.units) == 0 {
		return 0
	}
	length, at := 0, uint32(0)
	for i, c := range b {
		next, ok := t.step(at, c)
		if !ok {
			break
		}
		if at = next; t.units[at].value >= 0 {
			length = i + 1
		}
	}
	return length
}

// find returns the value of the key b.
func (t *trie) find(b []byte) (value int32, ok bool) {
	at := uint32(0)
	for _, c := range b {
		if at, ok = t.step(at, c); !ok {
			return -1, false
		}
	}
	return t.units[at].value, t.units[at].value >= 0
}

// newTrie makes a trie of entries, which it sorts.
func newTrie(entries []entry) (trie, error) {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	for i := 1; i < len(entries); i++ {
		if entries[i].key == entries[i-1].key {
			return trie{}, fmt.Errorf("pieces %d and %d are both %.40q", entries[i-1].value, entries[i].value, entries[i].key)
		}
	}
	b := trieBuilder{}
	b.grow()
	b.take(0, 0)
	if err := b.add(entries, 0, 0); err != nil {
		return trie{}, err
	}
	return trie{b.units}, nil
}

type trieBuilder struct {
	units []unit
	taken []bool // by unit
	bases []bool // by base
	free  []int  // units by block
}

func (b *trieBuilder) grow() {
	b.units = append(b.units, make([]unit, blockSize)...)
	b.taken = append(b.taken, make([]bool, blockSize)...)
	b.bases = append(b.bases, make([]bool, blockSize)...)
	b.free = append(b.free, blockSize)
}

func (b *trieBuilder) take(i uint32, label byte) {
	b.units[i] = unit{uint32(label), -1}
	b.taken[i] = true
	b.free[i/blockSize]--
}

// add gives unit at what the entries have from depth on; they agree before it.
func (b *trieBuilder) add(entries []entry, depth int, at uint32) error {
	if len(entries[0].key) == depth {
		b.units[at].value = entries[0].value
		if entries = entries[1:]; len(entries) == 0 {
			return nil
		}
	}
	var mem [8]byte
	labels := mem[:0]
	for _, e := range entries {
		if c := e.key[depth]; len(labels) == 0 || labels[len(labels)-1] != c {
			labels = append(labels, c)
		}
	}
	base, err := b.place(labels)
	if err != nil {
		return err
	}
	b.units[at].node |= base << 8
	for start := 0; start < len(entries); {
		c := entries[start].key[depth]
		end := start + 1
		for end < len(entries) && entries[end].key[depth] == c {
			end++
		}
		if err := b.add(entries[start:end], depth+1, base^uint32(c)); err != nil {
			return err
		}
		start = end
	}
	return nil
}

// place takes the units of children with these labels and returns their base.
func (b *trieBuilder) place(labels []byte) (base uint32, err error) {
	for block := max(0, len(b.free)-openBlocks); ; block++ {
		if block == len(b.free) {
			if len(b.units) == maxUnits {
				return 0, errors.New("its pieces are too many")
			}
			b.grow()
		}
		if b.free[block] < len(labels) {
			continue
		}
		for i := range blockSize {
			base := uint32(block*blockSize + i)
			if base != 0 && !b.bases[base] && b.fits(base, labels) {
				b.bases[base] = true
				for _, c := range labels {
					b.take(base^uint32(c), c)
				}
				return base, nil
			}
		}
	}
}

func (b *trieBuilder) fits(base uint32, labels []byte) bool {
	for _, c := range labels {
		if b.taken[base^uint32(c)] {
			return false
		}
	}
	return true
}
