package pattern

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// span is the code points from lo to hi.
type span struct{ lo, hi rune }

// ranges is a set of code points while a pattern is read: in order, and apart
// from each other once it is tidy.
type ranges []span

func (s ranges) tidy() ranges {
	slices.SortFunc(s, func(a, b span) int { return int(a.lo - b.lo) })
	out := s[:0]
	for _, r := range s {
		if n := len(out); n > 0 && r.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
		} else {
			out = append(out, r)
		}
	}
	return out
}

func (s ranges) negate() ranges {
	var out ranges
	next := rune(0)
	for _, r := range s.tidy() {
		if r.lo > next {
			out = append(out, span{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, span{next, unicode.MaxRune})
	}
	return out
}

func (s ranges) intersect(t ranges) ranges {
	return append(s.negate(), t.negate()...).negate()
}

// fold adds the characters that differ from those of s in case alone.
func (s ranges) fold() ranges {
	out := slices.Clone(s)
	for _, r := range s {
		// Above it nothing has case but a few scripts of 40 letters each.
		for c := r.lo; c <= min(r.hi, 0x1E943); c++ {
			for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
				out = append(out, span{f, f})
			}
		}
	}
	return out.tidy()
}

func (s ranges) addTable(t *unicode.RangeTable) ranges {
	for _, r := range t.R16 {
		s = s.addStride(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	for _, r := range t.R32 {
		s = s.addStride(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	return s
}

func (s ranges) addStride(lo, hi, stride rune) ranges {
	if stride == 1 {
		return append(s, span{lo, hi})
	}
	for c := lo; c <= hi; c += stride {
		s = append(s, span{c, c})
	}
	return s
}

// set is a set of code points to match with: bits for the basic plane, ranges
// above it.
type set struct {
	ascii [2]uint64
	bits  *[1 << 16 / 64]uint64
	wide  ranges
	all   ranges
}

func newSet(r ranges) *set {
	s := &set{all: r.tidy(), bits: new([1 << 16 / 64]uint64)}
	for _, r := range s.all {
		for c := r.lo; c <= min(r.hi, 0xFFFF); c++ {
			s.bits[c>>6] |= 1 << (c & 63)
		}
		if r.hi > 0xFFFF {
			s.wide = append(s.wide, span{max(r.lo, 0x10000), r.hi})
		}
	}
	s.ascii = [2]uint64(s.bits[:2])
	return s
}

// width returns the length of the first character of b if it is in the set,
// else 0. b is UTF-8.
func (s *set) width(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	c := b[0]
	if c < utf8.RuneSelf {
		return int(s.ascii[c>>6] >> (c & 63) & 1)
	}
	r, n := utf8.DecodeRune(b)
	if r <= 0xFFFF {
		return n & -int(s.bits[r>>6]>>(r&63)&1)
	}
	if s.hasWide(r) {
		return n
	}
	return 0
}

func (s *set) hasWide(r rune) bool {
	lo, hi := 0, len(s.wide)
	for lo < hi {
		if mid := (lo + hi) / 2; s.wide[mid].hi < r {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(s.wide) && s.wide[lo].lo <= r
}

// leads adds the bytes that characters of the set begin with.
func (s *set) leads(to *[256]bool) {
	for c := range utf8.RuneSelf {
		to[c] = to[c] || s.ascii[c>>6]>>(c&63)&1 != 0
	}
	for _, r := range s.all {
		if r.hi < utf8.RuneSelf {
			continue
		}
		first, last := leadByte(max(r.lo, utf8.RuneSelf)), leadByte(r.hi)
		for c := int(first); c <= int(last); c++ {
			to[c] = true
		}
	}
}

func leadByte(r rune) byte {
	switch {
	case r < 0x800:
		return 0xC0 | byte(r>>6)
	case r < 0x10000:
		return 0xE0 | byte(r>>12)
	}
	return 0xF0 | byte(r>>18)
}
