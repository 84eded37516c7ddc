package text

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"unicode"
)

// IsAlnum is Python's str.isalnum for one code point: a letter or any number
// (the general categories L and N).
func IsAlnum(r rune) bool {
	return alnumBits().has(r)
}

// bitmap has a bit for each code point up to the last letter or number.
type bitmap [0x32400 / 64]uint64

func (m *bitmap) has(r rune) bool {
	if i := uint(r) >> 6; i < uint(len(m)) {
		return m[i]>>(r&63)&1 != 0
	}
	return false
}

var (
	alnumBits  = sync.OnceValue(func() *bitmap { return bitsOf(unicode.L, unicode.N) })
	letterBits = sync.OnceValue(func() *bitmap { return bitsOf(unicode.L) })
)

func bitsOf(tables ...*unicode.RangeTable) *bitmap {
	m := new(bitmap)
	set := func(lo, hi, stride rune) {
		for r := lo; r <= hi && r < rune(len(m)*64); r += stride {
			m[r>>6] |= 1 << (r & 63)
		}
	}
	for _, t := range tables {
		for _, x := range t.R16 {
			set(rune(x.Lo), rune(x.Hi), rune(x.Stride))
		}
		for _, x := range t.R32 {
			set(rune(x.Lo), rune(x.Hi), rune(x.Stride))
		}
	}
	return m
}

// Letters is the number of code points of b for which Python's str.isalpha
// holds: letters of any script (the general category L).
func Letters(b []byte) (n int) {
	letters := letterBits()
	for i := 0; i < len(b); {
		for ; len(b)-i >= 8; i += 8 {
			w := binary.LittleEndian.Uint64(b[i:])
			if w&highs != 0 {
				break
			}
			n += bits.OnesCount64(between(w|0x20*ones, 'a', 'z'))
		}
		for stop := min(i+8, len(b)); i < stop; {
			r, width := Decode(b[i:])
			if letters.has(r) {
				n++
			}
			i += width
		}
	}
	return n
}
