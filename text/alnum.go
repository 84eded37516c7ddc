package text

import (
	"sync"
	"unicode"
)

// IsAlnum is Python's str.isalnum for one code point: a letter or any number
// (the general categories L and N).
func IsAlnum(r rune) bool {
	return alnumBits().has(r)
}

// bitmap has a bit for each code point up to the last plane that has letters.
type bitmap [0x32400 / 64]uint64

func (m *bitmap) has(r rune) bool {
	if i := uint(r) >> 6; i < uint(len(m)) {
		return m[i]>>(r&63)&1 != 0
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

var alnumBits = sync.OnceValue(func() *bitmap {
	m := new(bitmap)
	set := func(lo, hi, stride rune) {
		for r := lo; r <= hi && r < rune(len(m)*64); r += stride {
			m[r>>6] |= 1 << (r & 63)
		}
	}
	for _, t := range []*unicode.RangeTable{unicode.L, unicode.N} {
		for _, x := range t.R16 {
			set(rune(x.Lo), rune(x.Hi), rune(x.Stride))
		}
		for _, x := range t.R32 {
			set(rune(x.Lo), rune(x.Hi), rune(x.Stride))
		}
	}
	return m
})
