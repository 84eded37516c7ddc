package kenlm

import (
	"encoding/binary"
	"math"
)

// table is a hash table in KenLM's layout: entries of an 8-byte key, 0 when
// free, and a value, probed one after the other from key modulo their number.
type table struct {
	entries []byte
	stride  int
	buckets uint64
}

// bucketsOf is the number of places of a table for that many entries. The
// multiplier says how many there are for one entry.
func bucketsOf(count uint64, multiplier float32) (n uint64, ok bool) {
	places := multiplier * float32(count)
	return max(count+1, uint64(places)), places < math.MaxInt64
}

// newTable takes the table of that many entries from the start of data.
func newTable(data []byte, stride int, count uint64, multiplier float32) (t table, rest []byte, err error) {
	buckets, ok := bucketsOf(count, multiplier)
	if !ok || buckets > uint64(len(data)/stride) {
		return t, nil, errShort
	}
	size := int(buckets) * stride
	return table{data[:size], stride, buckets}, data[size:], nil
}

// find returns the value of a key, nil if there is none.
func (t *table) find(key uint64) []byte {
	if t.buckets == 0 {
		return nil
	}
	i := int(key%t.buckets) * t.stride
	for range t.buckets {
		e := t.entries[i : i+t.stride]
		switch binary.LittleEndian.Uint64(e) {
		case key:
			return e[8:]
		case 0:
			return nil
		}
		if i += t.stride; i == len(t.entries) {
			i = 0
		}
	}
	return nil
}

// insert returns the value of a key, which is all 0 if the key is new. A table
// has one place more than entries, so that there is a free one.
func (t *table) insert(key uint64) (value []byte, isNew bool) {
	i := int(key%t.buckets) * t.stride
	for {
		e := t.entries[i : i+t.stride]
		switch binary.LittleEndian.Uint64(e) {
		case key:
			return e[8:], false
		case 0:
			binary.LittleEndian.PutUint64(e, key)
			return e[8:], true
		}
		if i += t.stride; i == len(t.entries) {
			i = 0
		}
	}
}
