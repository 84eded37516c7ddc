package text

import (
	"encoding/binary"
	"math/bits"
)

// Census counts the code points of a text by what they are.
type Census struct {
	Runes   int // all, as the function Runes counts them
	Alnum   int // letters and numbers: IsAlnum
	Special int // special characters: IsSpecial
}

// TakeCensus counts the code points of b.
func TakeCensus(b []byte) Census {
	alnum := alnumBits()
	var c Census
	for i := 0; i < len(b); {
		for ; len(b)-i >= 8; i += 8 {
			w := binary.LittleEndian.Uint64(b[i:])
			if w&highs != 0 {
				break
			}
			// Of ASCII, all but letters and control characters are special.
			letters := between(w|0x20*ones, 'a', 'z')
			controls := between(w, 0, 0x1F)&^between(w, '\t', '\r') | between(w, 0x7F, 0x7F)
			c.Runes += 8
			c.Alnum += bits.OnesCount64(letters | between(w, '0', '9'))
			c.Special += 8 - bits.OnesCount64(letters|controls)
		}
		for stop := min(i+8, len(b)); i < stop; {
			r, n := Decode(b[i:])
			c.Runes++
			if alnum.has(r) {
				c.Alnum++
			}
			if IsSpecial(r) {
				c.Special++
			}
			i += n
		}
	}
	return c
}

// between sets the high bit of each byte of w, all ASCII, from lo to hi.
func between(w uint64, lo, hi byte) uint64 {
	return (w + uint64(0x80-lo)*ones) &^ (w + uint64(0x7F-hi)*ones) & highs
}
