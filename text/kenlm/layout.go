package kenlm

import (
	"encoding/binary"
	"fmt"
	"math"
)

// multiplier is how many places the hash tables made here have per entry.
const multiplier = 1.5

// layout is a binary file of hash tables while it is filled.
type layout struct {
	places []uint64 // n-grams by order that there is room for
	vocab  *hashedVocabulary
	search *hashed
	bound  []byte // where the number of words goes
}

// headSize is the size of the head of a binary file.
func headSize(order int) int { return align8(len(reference()) + fixedHead + 8*order) }

// layoutSize is the size of a binary file of hash tables for that many n-grams.
func layoutSize(places []uint64) (int, error) {
	last := len(places)
	size := float64(headSize(last) + 8)
	for i, n := range places {
		entry := 16.0
		if i == 0 || i == last-1 {
			entry = 12
		}
		buckets, _ := bucketsOf(n, multiplier)
		size += entry * float64(buckets)
	}
	size += 8 * (float64(places[0]) + 1)
	if size > math.MaxInt {
		return 0, fmt.Errorf("its %d-grams take %.0f bytes, more than there are addresses", last, size)
	}
	return int(size), nil
}

// newLayout writes the head of a binary file into data, which is all 0 and of
// layoutSize, and finds its tables.
func newLayout(data []byte, places []uint64) (*layout, error) {
	at := copy(data, reference())
	b := data[at:]
	b[0] = byte(len(places))
	putFloat(b[4:], multiplier)
	binary.LittleEndian.PutUint32(b[8:], probingType)
	for i, n := range places {
		binary.LittleEndian.PutUint64(b[fixedHead+8*i:], n)
	}
	h, err := parseHead(data)
	if err != nil {
		return nil, err
	}
	m := &Model{order: len(places)}
	if err := m.parseHashed(h, data[h.size:]); err != nil {
		return nil, err
	}
	l := &layout{places: places, vocab: m.vocab.(*hashedVocabulary), search: m.search.(*hashed), bound: data[h.size+4:]}
	l.vocab.bound = 1
	return l, nil
}
