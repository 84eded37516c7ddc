package record

import (
	"github.com/zeebo/xxh3"

	"corpusmill/text"
)

// Doc is the analysis of one text that operators share. Each method computes
// on its first call and answers from memory afterwards. Its memory is reused
// for every row; what the methods return is valid until Reset and not to be
// modified.
type Doc struct {
	text    []byte
	have    uint32
	runes   int
	lower   buffer[byte]
	aligned bool // words lie in lower where they lie in text
	words   buffer[text.Span]
	refined buffer[text.Span]
	folded  buffer[text.Span]
	ids     buffer[uint64]
	lines   buffer[text.Span]
	census  text.Census
	tokens  []*Tokens
	largest int // the longest text that the buffers served
}

// hugeText is the length from which the memory of a text isn't kept for texts
// that are much shorter.
const hugeText = 1 << 20

const (
	haveRunes = 1 << iota
	haveLower
	haveWords
	haveRefined
	haveFolded
	haveIDs
	haveLines
	haveCensus
	haveTokens
)

// Reset makes the Doc speak of another text, which it doesn't copy.
func (d *Doc) Reset(text []byte) {
	if d.largest > hugeText && len(text) < d.largest/16 {
		*d = Doc{}
	}
	d.text, d.have, d.largest = text, 0, max(d.largest, len(text))
}

// Text is the text analysed.
func (d *Doc) Text() []byte { return d.text }

// first says whether bit wasn't asked for since Reset, and notes that it is now.
func (d *Doc) first(bit uint32) bool {
	f := d.have&bit == 0
	d.have |= bit
	return f
}

// Runes is the number of code points.
func (d *Doc) Runes() int {
	if d.first(haveRunes) {
		d.runes = text.Runes(d.text)
	}
	return d.runes
}

// Lower is the text in lower case, as Python's str.lower; the text itself
// where that changes nothing.
func (d *Doc) Lower() []byte {
	if d.first(haveLower) {
		if text.IsLowerASCII(d.text) {
			d.lower.val, d.aligned = d.text, true
		} else {
			var lower []byte
			lower, d.aligned = text.AppendLowerAligned(d.lower.mem[:0], d.text)
			d.lower.keep(lower)
		}
	}
	return d.lower.val
}

// Words are the words of Text, as text.AppendWords splits it.
func (d *Doc) Words() []text.Span {
	if d.first(haveWords) {
		d.words.keep(text.AppendWords(d.words.mem[:0], d.text))
	}
	return d.words.val
}

// Refined are the words of Text without the special characters around them;
// those of special characters alone are left out.
func (d *Doc) Refined() []text.Span {
	if d.first(haveRefined) {
		words := d.Words()
		d.refined.keep(text.AppendRefined(d.refined.mem[:0], d.text, words))
	}
	return d.refined.val
}

// Folded are the refined words of Lower: a text is put in lower case before
// it is refined, which matters where lower case is special and upper is not
// (Ø), or the reverse.
func (d *Doc) Folded() []text.Span {
	if d.first(haveFolded) {
		if lower := d.Lower(); d.aligned {
			d.folded.val = d.Refined()
		} else {
			w := text.AppendWords(d.folded.mem[:0], lower)
			d.folded.keep(text.AppendRefined(w[:0], lower, w))
		}
	}
	return d.folded.val
}

// WordIDs are 64-bit hashes (XXH3) of the Folded words, in order.
func (d *Doc) WordIDs() []uint64 {
	if d.first(haveIDs) {
		ids, lower := d.ids.mem[:0], d.Lower()
		for _, w := range d.Folded() {
			ids = append(ids, xxh3.Hash(w.Of(lower)))
		}
		d.ids.keep(ids)
	}
	return d.ids.val
}

// buffer is memory for one result, which may also lie elsewhere.
type buffer[T any] struct{ val, mem []T }

func (b *buffer[T]) keep(v []T) { b.val, b.mem = v, v }
