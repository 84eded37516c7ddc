package text

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Decode returns the first code point of b and its length in bytes. Unlike
// utf8.DecodeRune it reads a surrogate in its three-byte form (WTF-8) as one
// code point. A byte that starts no sequence, and the end of b within one,
// yield utf8.RuneError and 1; an empty b yields utf8.RuneError and 0.
func Decode(b []byte) (rune, int) {
	if len(b) > 0 && b[0] < utf8.RuneSelf {
		return rune(b[0]), 1
	}
	return decodeWide(b)
}

// decodeWide is Decode without its short cut for ASCII.
func decodeWide(b []byte) (rune, int) {
	if len(b) >= 2 && b[1]&0xC0 == 0x80 {
		switch c := b[0]; {
		case c >= 0xC2 && c < 0xE0:
			return rune(c&0x1F)<<6 | rune(b[1]&0x3F), 2
		case c&0xF0 == 0xE0 && len(b) >= 3 && b[2]&0xC0 == 0x80:
			if r := rune(c&0x0F)<<12 | rune(b[1]&0x3F)<<6 | rune(b[2]&0x3F); r >= 0x800 {
				return r, 3
			}
		}
	}
	return utf8.DecodeRune(b)
}

// DecodeLast is Decode for the last code point of b.
func DecodeLast(b []byte) (rune, int) {
	if n := len(b); n > 0 && b[n-1] < utf8.RuneSelf {
		return rune(b[n-1]), 1
	}
	for n := 2; n <= min(4, len(b)); n++ {
		if tail := b[len(b)-n:]; tail[0]&0xC0 != 0x80 {
			if r, k := decodeWide(tail); k == n {
				return r, n
			}
			break
		}
	}
	return utf8.DecodeLastRune(b) // of what is no sequence
}

// Append appends the UTF-8 of r to dst, or the three-byte form if r is a
// surrogate.
func Append(dst []byte, r rune) []byte {
	if r >= 0xD800 && r < 0xE000 {
		return append(dst, 0xED, 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
	}
	return utf8.AppendRune(dst, r)
}

// Valid says whether b is WTF-8: UTF-8 in which surrogates may stand in their
// three-byte form.
func Valid(b []byte) bool {
	for len(b) > 0 {
		r, n := Decode(b)
		if r == utf8.RuneError && n == 1 {
			return false
		}
		b = b[n:]
	}
	return true
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// Runes counts the code points of b, as Python's len does: the bytes that
// don't continue a sequence.
func Runes(b []byte) int {
	n := len(b)
	for len(b) >= 32 {
		// A continuation byte has bit 7 set and bit 6 clear.
		w0, w1 := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		w2, w3 := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		if (w0|w1|w2|w3)&highs != 0 {
			c := (w0 >> 7 &^ (w0 >> 6) & ones) + (w1 >> 7 &^ (w1 >> 6) & ones) +
				(w2 >> 7 &^ (w2 >> 6) & ones) + (w3 >> 7 &^ (w3 >> 6) & ones)
			n -= int(c * ones >> 56)
		}
		b = b[32:]
	}
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		n -= bits.OnesCount64(w >> 7 &^ (w >> 6) & ones)
		b = b[8:]
	}
	for _, c := range b {
		if c&0xC0 == 0x80 {
			n--
		}
	}
	return n
}

// ASCII returns the length of the longest prefix of b that is ASCII.
func ASCII(b []byte) int {
	i := 0
	for ; i+32 <= len(b); i += 32 {
		w0, w1 := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
		w2, w3 := binary.LittleEndian.Uint64(b[i+16:]), binary.LittleEndian.Uint64(b[i+24:])
		if (w0|w1|w2|w3)&highs != 0 {
			break
		}
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}
