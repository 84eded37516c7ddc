package text

import "encoding/binary"

// IsVariousSpace says whether whitespace normalisation turns r into a space:
// the tab, the spaces of Unicode other than U+1680, some zero-width
// characters, U+0084 and U+FFFC. Line breaks are not among them. U+0020 is,
// and stays what it is.
func IsVariousSpace(r rune) bool {
	switch {
	case r == '\t', r == ' ', r == 0x84, r == 0xA0:
		return true
	case r >= 0x2000 && r <= 0x200D:
		return true
	case r == 0x202F, r == 0x205F, r == 0x2060, r == 0x3000, r == 0xFFFC:
		return true
	}
	return false
}

// NormalSpace says whether b begins and ends with no white space and holds
// nothing that whitespace normalisation replaces.
func NormalSpace(b []byte) bool {
	if len(Trim(b)) != len(b) {
		return false
	}
	i, n := nextVariousSpace(b, 0)
	return n == 0 && i == len(b)
}

// AppendNormalSpace appends b to dst without the white space around it (see
// Trim) and with a space for each code point of IsVariousSpace.
func AppendNormalSpace(dst, b []byte) []byte {
	b = Trim(b)
	for i := 0; ; {
		j, n := nextVariousSpace(b, i)
		dst = append(dst, b[i:j]...)
		if n == 0 {
			return dst
		}
		dst = append(dst, ' ')
		i = j + n
	}
}

// nextVariousSpace returns where the first code point at i or later lies that
// is a various space but no plain one, and its length; len(b), 0 for none.
func nextVariousSpace(b []byte, i int) (at, n int) {
	for i < len(b) {
		if len(b)-i >= 8 {
			// Eight bytes without a tab and without a byte above 0xBF, which
			// begins every sequence, hold none.
			w := binary.LittleEndian.Uint64(b[i:])
			tab := w ^ '\t'*ones
			if (tab-ones)&^tab&highs|w&(w<<1)&highs == 0 {
				i += 8
				continue
			}
		}
		for stop := min(i+8, len(b)); i < stop; i++ {
			if class[b[i]]&variousByte == 0 {
				continue
			}
			if r, n := Decode(b[i:]); IsVariousSpace(r) {
				return i, n
			}
		}
	}
	return len(b), 0
}
