package shingle

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode"
	"unicode/utf8"

	"corpusmill/text"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// spaces ends tokens at the spaces of text.
func (c *Cutter) spaces(want int) bool {
	b, i := c.text, c.pos
	for len(c.ends) < want {
		if len(b)-i < 8 {
			for ; i < len(b); i++ {
				if b[i] == ' ' {
					c.ends = append(c.ends, uint32(i))
				}
			}
			c.ends, c.pos = append(c.ends, uint32(i)), i
			return false
		}
		w := binary.LittleEndian.Uint64(b[i:]) ^ ' '*ones
		for hits := ^((w&^highs + ^uint64(highs)) | w) & highs; hits != 0; hits &= hits - 1 {
			c.ends = append(c.ends, uint32(i+bits.TrailingZeros64(hits)>>3))
		}
		i += 8
	}
	c.pos = i
	return true
}

// characters ends a token after each code point.
func (c *Cutter) characters(want int) bool {
	b, i := c.src, c.pos
	for i < len(b) && len(c.ends) < want {
		if n := min(text.ASCII(b[i:min(i+64, len(b))]), want-len(c.ends)); n > 0 {
			k := len(c.ends)
			c.ends = slices.Grow(c.ends, n)[:k+n]
			for j := range c.ends[k:] {
				c.ends[k+j] = uint32(i + j + 1)
			}
			i += n
			continue
		}
		_, n := text.Decode(b[i:])
		i += n
		c.ends = append(c.ends, uint32(i))
	}
	c.pos = i
	return i < len(b)
}

// punctuation ends a token at each code point of punctuation, and puts a space
// in its place.
func (c *Cutter) punctuation(want int) bool {
	b, i := c.src, c.pos
	for i < len(b) {
		if len(c.ends) >= want {
			c.pos, c.mem = i, c.text
			return true
		}
		same := i
		r, n := rune(0), 0
		for i < len(b) {
			if x := b[i]; x < utf8.RuneSelf {
				if asciiPunctuation[x] {
					n = 1
					break
				}
				i++
				continue
			}
			if r, n = text.Decode(b[i:]); isPunctuation(r) {
				break
			}
			i, n = i+n, 0
		}
		c.text = append(c.text, b[same:i]...)
		if n > 0 {
			c.ends = append(c.ends, uint32(len(c.text)))
			c.text = append(c.text, ' ')
			i += n
		}
	}
	c.ends = append(c.ends, uint32(len(c.text)))
	c.pos, c.mem = i, c.text
	return false
}

// punctuationBits has a bit for each code point below U+10000 of the general
// category P.
var punctuationBits = func() (set [1 << 16 / 64]uint64) {
	for _, t := range unicode.P.R16 {
		for r := uint32(t.Lo); r <= uint32(t.Hi); r += uint32(t.Stride) {
			set[r/64] |= 1 << (r % 64)
		}
	}
	return set
}()

var asciiPunctuation = func() (is [256]bool) {
	for r := range rune(utf8.RuneSelf) {
		is[r] = unicode.Is(unicode.P, r)
	}
	return is
}()

func isPunctuation(r rune) bool {
	if uint32(r) < 1<<16 {
		return punctuationBits[r/64]>>(r%64)&1 != 0
	}
	return unicode.Is(unicode.P, r)
}
