package text

import "encoding/binary"

// AppendLines appends the lines of b, without what ends them, to dst, as
// Python's str.splitlines splits: at \n, \r, \r\n, \v, \f, U+001C to U+001E,
// U+0085, U+2028 and U+2029. What follows the last of them is a line if there
// is anything. b is shorter than 4 GiB.
func AppendLines(dst []Span, b []byte) []Span {
	start := 0
	for i := 0; ; {
		at, n := nextLineEnd(b, i)
		if n == 0 {
			break
		}
		dst = append(dst, Span{uint32(start), uint32(at)})
		start, i = at+n, at+n
	}
	if start < len(b) {
		dst = append(dst, Span{uint32(start), uint32(len(b))})
	}
	return dst
}

// nextLineEnd returns where the first line end at i or later lies, and its
// length; len(b), 0 for none.
func nextLineEnd(b []byte, i int) (at, n int) {
	for i < len(b) {
		if len(b)-i >= 8 {
			// Line ends begin with a byte below 0x20, with 0xC2 or with 0xE2.
			// The first test may also hit a byte above such a one.
			w := binary.LittleEndian.Uint64(b[i:])
			hits := (w - 0x20*ones) &^ w & highs
			if w&highs != 0 {
				hits |= equal(w&^(0x20*ones), 0xC2)
			}
			if hits == 0 {
				i += 8
				continue
			}
		}
		for stop := min(i+8, len(b)); i < stop; i++ {
			if class[b[i]]&lineByte != 0 {
				if n := lineEnd(b[i:]); n > 0 {
					return i, n
				}
			}
		}
	}
	return len(b), 0
}

// lineEnd returns the length of the line end that b begins with, 0 for none.
func lineEnd(b []byte) int {
	switch b[0] {
	case '\r':
		if len(b) > 1 && b[1] == '\n' {
			return 2
		}
		return 1
	case 0xC2:
		if len(b) > 1 && b[1] == 0x85 {
			return 2
		}
		return 0
	case 0xE2:
		if len(b) > 2 && b[1] == 0x80 && b[2]&^1 == 0xA8 {
			return 3
		}
		return 0
	}
	return 1
}
