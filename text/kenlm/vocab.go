package kenlm

import (
	"encoding/binary"
	"math/bits"
)

// hashWord is MurmurHash64A of Austin Appleby with seed 0.
func hashWord(b []byte) uint64 {
	const m = 0xc6a4a7935bd1e995
	h := uint64(len(b)) * m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		k = (k ^ k>>47) * m
		h = (h ^ k) * m
	}
	if len(b) > 0 {
		tail := uint64(0)
		for i, c := range b {
			tail |= uint64(c) << (8 * i)
		}
		h = (h ^ tail) * m
	}
	h = (h ^ h>>47) * m
	return h ^ h>>47
}

var unknownHashes = [2]uint64{hashWord([]byte("<unk>")), hashWord([]byte("<UNK>"))}

// hashedVocabulary is a table of hashes and the numbers of their words.
type hashedVocabulary struct {
	table table // with 4 bytes of value
	bound uint32
}

func (v *hashedVocabulary) index(hash uint64) uint32 {
	value := v.table.find(hash)
	if value == nil {
		return 0
	}
	if n := binary.LittleEndian.Uint32(value); n < v.bound {
		return n
	}
	return 0
}

// sortedVocabulary is the hashes of words 1 and up in ascending order, eight
// bytes each.
type sortedVocabulary []byte

func (v sortedVocabulary) index(hash uint64) uint32 {
	// The hashes are spread evenly, so that the place is guessed from the
	// distance to the nearest known ones.
	lo, hi := uint64(0), uint64(len(v)/8)
	low, high := uint64(0), ^uint64(0)
	for lo < hi {
		guess := lo
		if span := high - low; span > 0 && hash > low {
			// hash-low is at most span, so that the quotient is at most hi-lo.
			q, r := bits.Mul64(hash-low, hi-lo)
			if q < span {
				q, _ = bits.Div64(q, r, span)
				guess = min(lo+q, hi-1)
			} else {
				guess = hi - 1
			}
		}
		switch got := binary.LittleEndian.Uint64(v[8*guess:]); {
		case got == hash:
			return uint32(guess + 1)
		case got < hash:
			lo, low = guess+1, got
		default:
			hi, high = guess, got
		}
	}
	return 0
}
