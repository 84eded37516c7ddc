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

// newTable takes the table of that many entries from the start of data. The
// multiplier says how many places there are for one entry.
func newTable(data []byte, stride int, count uint64, multiplier float32) (t table, rest []byte, err error) {
	places := multiplier * float32(count)
	if !(places < math.MaxInt64) {
		return t, nil, errShort
	}
	buckets := max(count+1, uint64(places))
	if buckets > uint64(len(data)/stride) {
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

// insert returns the value of a key, which is all 0 if the key is new. Half of
// the places stay free.
func (t *table) insert(key uint64, used *int) (value []byte, isNew bool) {
	if uint64(*used+1)*2 > t.buckets {
		t.grow()
	}
	i := int(key%t.buckets) * t.stride
	for {
		e := t.entries[i : i+t.stride]
		switch binary.LittleEndian.Uint64(e) {
		case key:
			return e[8:], false
		case 0:
			binary.LittleEndian.PutUint64(e, key)
			*used++
			return e[8:], true
		}
		if i += t.stride; i == len(t.entries) {
			i = 0
		}
	}
}

func (t *table) grow() {
	old := *t
	t.buckets = max(64, 2*old.buckets)
	t.entries = make([]byte, int(t.buckets)*t.stride)
	used := 0
	for at := 0; at < len(old.entries); at += t.stride {
		if e := old.entries[at : at+t.stride]; binary.LittleEndian.Uint64(e) != 0 {
			value, _ := t.insert(binary.LittleEndian.Uint64(e), &used)
			copy(value, e[8:])
		}
	}
}
