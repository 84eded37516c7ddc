package text

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// AppendLower appends b in lower case to dst as Python's str.lower does: the
// full mapping, in which U+0130 becomes two code points, and a capital sigma
// that ends a word becomes a final one.
func AppendLower(dst, b []byte) []byte {
	dst, _ = AppendLowerAligned(dst, b)
	return dst
}

// AppendLowerAligned is AppendLower, and says whether special characters
// (IsSpecial) and others lie in the result where they lie in b: then so do its
// words.
func AppendLowerAligned(dst, b []byte) (lower []byte, aligned bool) {
	aligned = true
	for i := 0; i < len(b); {
		i, dst = appendLowerASCII(dst, b, i)
		same := i // what lies between same and i is its own lower case
		for i < len(b) && b[i] >= utf8.RuneSelf {
			if c := b[i]; c >= 0xE3 && c <= 0xE9 && len(b)-i >= 3 { // U+3000 to U+9FFF
				i += 3
				continue
			}
			r, n := decodeWide(b[i:])
			l := lowerRune(r)
			if r == 0x3A3 && finalSigma(b, i, n) {
				l = 0x3C2
			}
			if l != r {
				dst = append(dst, b[same:i]...)
				if dst = utf8.AppendRune(dst, l); r == 0x130 {
					dst = append(dst, "\u0307"...)
				}
				if utf8.RuneLen(l) != n || IsSpecial(l) != IsSpecial(r) {
					aligned = false
				}
				same = i + n
			}
			i += n
		}
		dst = append(dst, b[same:i]...)
	}
	return dst, aligned
}

// appendLowerASCII appends the ASCII bytes of b from i on, in lower case, and
// returns where they end.
func appendLowerASCII(dst, b []byte, i int) (int, []byte) {
	for len(b)-i >= 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		if w&highs != 0 {
			break
		}
		dst = binary.LittleEndian.AppendUint64(dst, w|upperMask(w)>>2)
		i += 8
	}
	for ; i < len(b) && b[i] < utf8.RuneSelf; i++ {
		c := b[i]
		if c-'A' < 26 {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return i, dst
}

// upperMask sets the high bit of each byte of w, all ASCII, that is in A-Z.
func upperMask(w uint64) uint64 {
	return (w + (0x80-'A')*ones) &^ (w + (0x80-'Z'-1)*ones) & highs
}

// IsLowerASCII says whether b is ASCII without capital letters: its own lower
// case.
func IsLowerASCII(b []byte) bool {
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		if w&highs|upperMask(w&^highs) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf || c-'A' < 26 {
			return false
		}
	}
	return true
}

// latinLower has the lower case of U+0080 to U+058F: Latin, Greek, Cyrillic
// and Armenian.
var latinLower = func() (t [0x590 - 0x80]uint16) {
	for i := range t {
		t[i] = uint16(unicode.ToLower(rune(i + 0x80)))
	}
	return t
}()

// lowerRune is the simple mapping; that of U+0130 is i.
func lowerRune(r rune) rune {
	if i := r - 0x80; uint32(i) < uint32(len(latinLower)) {
		return rune(latinLower[i])
	}
	if r >= 0xAC00 && r < 0xFF00 {
		return r
	}
	return unicode.ToLower(r)
}

// finalSigma says whether the sigma at b[i:i+n] ends a word (Unicode, section
// 3.13, Final_Sigma): a cased letter before it and none after it, not counting
// what case ignores.
func finalSigma(b []byte, i, n int) bool {
	before, after := b[:i], b[i+n:]
	for {
		r, k := DecodeLast(before)
		if k == 0 {
			return false
		}
		if !caseIgnorable(r) {
			if !cased(r) {
				return false
			}
			break
		}
		before = before[:len(before)-k]
	}
	for {
		r, k := Decode(after)
		if k == 0 {
			return true
		}
		if !caseIgnorable(r) {
			return !cased(r)
		}
		after = after[k:]
	}
}

func cased(r rune) bool {
	return unicode.In(r, unicode.Ll, unicode.Lu, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

// caseIgnorable is the property Case_Ignorable; the code points named are
// those of Word_Break MidLetter, MidNumLet and Single_Quote.
func caseIgnorable(r rune) bool {
	switch r {
	case '\'', '.', ':', 0xB7, 0x387, 0x55F, 0x5F4, 0x2018, 0x2019, 0x2024, 0x2027,
		0xFE13, 0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A:
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}
