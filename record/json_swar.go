package record

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stops marks the bytes of x that end a plain run by their top bit. The
// lowest mark is exact, a higher one may be wrong: borrows reach upwards.
func stops(x uint64) uint64 {
	q, e := x^('"'*ones), x^('\\'*ones)
	return ((x-0x20*ones)&^x | (q-ones)&^q | (e-ones)&^e) & highs
}

// plainRunSWAR is plainRun eight bytes at a time, on any processor.
func plainRunSWAR(p []byte) (n int, high bool) {
	var seen uint64
	for ; len(p)-n >= 8; n += 8 {
		x := binary.LittleEndian.Uint64(p[n:])
		if stop := stops(x); stop != 0 {
			seen |= x & (stop&-stop - 1)
			return n + bits.TrailingZeros64(stop)/8, seen&highs != 0
		}
		seen |= x
	}
	for ; n < len(p); n++ {
		c := p[n]
		if c == '"' || c == '\\' || c < 0x20 {
			break
		}
		seen |= uint64(c)
	}
	return n, seen&highs != 0
}

// invalidUTF8At returns the place of the first byte of p that is no part of
// strict UTF-8, or -1.
func invalidUTF8At(p []byte) int {
	for i := 0; i < len(p); {
		if p[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}
