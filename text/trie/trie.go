// Package trie finds keys that a text begins with.
package trie

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Entry is a key of a trie and its value, which isn't negative. A key is not
// empty and holds no NUL.
type Entry struct {
	Key   string
	Value int32
}

// Trie is a double array: the child of unit i by byte c is unit base(i)^c if
// that one's label is c. No two units have the same base, and no unit has base
// 0, so that the label tells whose child a unit is. Unit 0 is the root. The
// zero value has no keys and can be asked for Longest and LongestValue alone.
type Trie struct{ Units []Unit }

// Unit holds the base above eight bits of label, and the value of the key that
// ends here, -1 if none does. A unit without children has base 0; a free one
// is all 0, as no key holds a NUL.
type Unit struct {
	Node  uint32
	Value int32
}

const (
	blockSize = 256 // units that the children of one unit lie in
	// openBlocks bounds the search for free units: older blocks stay as full
	// as they are.
	openBlocks = 16
	maxUnits   = 1 << 24
	// maxKey bounds the depth.
	maxKey = 1 << 14
)

// Step goes from unit at by byte c; ok is false when no key goes on so.
func (t *Trie) Step(at uint32, c byte) (next uint32, ok bool) {
	next = t.Units[at].Node>>8 ^ uint32(c)
	return next, byte(t.Units[next].Node) == c && c != 0
}

// Longest returns the length of the longest key that b begins with, 0 if none.
func (t *Trie) Longest(b []byte) int {
	_, length := t.LongestValue(b)
	return length
}

// LongestValue returns the value of the longest key that b begins with, and
// its length, 0 if there is none.
func (t *Trie) LongestValue(b []byte) (value int32, length int) {
	if len(t.Units) == 0 {
		return 0, 0
	}
	return t.LongestFrom(0, b)
}

// LongestFrom is LongestValue for the keys below unit at, less what they have
// up to it.
func (t *Trie) LongestFrom(at uint32, b []byte) (value int32, length int) {
	for i, c := range b {
		next, ok := t.Step(at, c)
		if !ok {
			break
		}
		if at = next; t.Units[at].Value >= 0 {
			value, length = t.Units[at].Value, i+1
		}
	}
	return value, length
}

// Find returns the value of the key b.
func (t *Trie) Find(b []byte) (value int32, ok bool) {
	at := uint32(0)
	for _, c := range b {
		if at, ok = t.Step(at, c); !ok {
			return -1, false
		}
	}
	return t.Units[at].Value, t.Units[at].Value >= 0
}

// New makes a trie of entries, which it sorts. The error says that they can't
// be keys.
func New(entries []Entry) (Trie, error) {
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	for i := 1; i < len(entries); i++ {
		if entries[i].Key == entries[i-1].Key {
			return Trie{}, fmt.Errorf("pieces %d and %d are both %.40q", entries[i-1].Value, entries[i].Value, entries[i].Key)
		}
	}
	if len(entries) == 0 {
		return Trie{}, errors.New("it has no pieces")
	}
	if entries[0].Key == "" {
		return Trie{}, fmt.Errorf("piece %d is empty", entries[0].Value)
	}
	for _, e := range entries {
		switch {
		case strings.IndexByte(e.Key, 0) >= 0:
			return Trie{}, fmt.Errorf("piece %d holds a NUL", e.Value)
		case len(e.Key) > maxKey:
			return Trie{}, fmt.Errorf("piece %d has more than %d bytes", e.Value, maxKey)
		}
	}
	b := builder{}
	b.grow()
	b.take(0, 0)
	if err := b.add(entries, 0, 0); err != nil {
		return Trie{}, err
	}
	return Trie{b.units}, nil
}

type builder struct {
	units []Unit
	taken []bool // by unit
	bases []bool // by base
	free  []int  // units by block
}

func (b *builder) grow() {
	b.units = append(b.units, make([]Unit, blockSize)...)
	b.taken = append(b.taken, make([]bool, blockSize)...)
	b.bases = append(b.bases, make([]bool, blockSize)...)
	b.free = append(b.free, blockSize)
}

func (b *builder) take(i uint32, label byte) {
	b.units[i] = Unit{uint32(label), -1}
	b.taken[i] = true
	b.free[i/blockSize]--
}

// add gives unit at what the entries have from depth on; they agree before it.
func (b *builder) add(entries []Entry, depth int, at uint32) error {
	if len(entries[0].Key) == depth {
		b.units[at].Value = entries[0].Value
		if entries = entries[1:]; len(entries) == 0 {
			return nil
		}
	}
	var mem [8]byte
	labels := mem[:0]
	for _, e := range entries {
		if c := e.Key[depth]; len(labels) == 0 || labels[len(labels)-1] != c {
			labels = append(labels, c)
		}
	}
	base, err := b.place(labels)
	if err != nil {
		return err
	}
	b.units[at].Node |= base << 8
	for start := 0; start < len(entries); {
		c := entries[start].Key[depth]
		end := start + 1
		for end < len(entries) && entries[end].Key[depth] == c {
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
func (b *builder) place(labels []byte) (base uint32, err error) {
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

func (b *builder) fits(base uint32, labels []byte) bool {
	for _, c := range labels {
		if b.taken[base^uint32(c)] {
			return false
		}
	}
	return true
}
