package text

import (
	"encoding/binary"
	"math/bits"
)

// Span is a part of a text by byte offsets.
type Span struct{ Start, End uint32 }

// Of returns the part of b that s speaks of.
func (s Span) Of(b []byte) []byte { return b[s.Start:s.End] }

// AppendWords appends the words of b to dst: what lies between spaces,
// newlines and tabs, and nothing else; a carriage return or a no-break space
// is part of a word. b is shorter than 4 GiB.
func AppendWords(dst []Span, b []byte) []Span {
	start, i := 0, 0
	in := false // start is the start of a word that hasn't ended
	for ; len(b)-i >= 8; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		sep := equal(w, ' ') | equal(w, '\n') | equal(w, '\t')
		before := sep << 8
		if !in {
			before |= 0x80
		}
		for edges := sep ^ before; edges != 0; edges &= edges - 1 {
			at := i + bits.TrailingZeros64(edges)>>3
			if in {
				dst = append(dst, Span{uint32(start), uint32(at)})
			}
			start, in = at, !in
		}
	}
	for ; i < len(b); i++ {
		if (class[b[i]]&separatorByte != 0) == in {
			if in {
				dst = append(dst, Span{uint32(start), uint32(i)})
			}
			start, in = i, !in
		}
	}
	if in {
		dst = append(dst, Span{uint32(start), uint32(len(b))})
	}
	return dst
}

// equal sets the high bit of exactly those bytes of w that are c.
func equal(w uint64, c byte) uint64 {
	w ^= uint64(c) * ones
	return ^((w&^highs + ^uint64(highs)) | w) & highs
}

// AppendRefined appends to dst what TrimSpecial leaves of the words of b,
// where it leaves anything. No word is empty. dst may be words[:0].
func AppendRefined(dst []Span, b []byte, words []Span) []Span {
	for _, w := range words {
		if (class[b[w.Start]]|class[b[w.End-1]])&(specialByte|wideByte) == 0 {
			dst = append(dst, w)
		} else if w = TrimSpecial(b, w); w.Start < w.End {
			dst = append(dst, w)
		}
	}
	return dst
}
