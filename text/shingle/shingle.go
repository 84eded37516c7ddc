// Package shingle cuts texts into shingles: the runs of as many tokens as a
// window has, one beginning at each token. MinHash and SimHash compare texts
// by them.
package shingle

import (
	"bytes"
	"math"

	"corpusmill/text"
	"corpusmill/text/sentencepiece"
)

// Tokens is what a text is cut into before shingles are made of it.
type Tokens uint8

const (
	// Space: what lies between spaces (U+0020 alone), joined by one space. No
	// token is empty.
	Space Tokens = iota
	// Punctuation: what lies between code points of the general category P,
	// joined by one space. Tokens may be empty, and may have spaces in them.
	Punctuation
	// Character: code points, joined by nothing. A lone surrogate is one.
	Character
	// Pieces: those of a SentencePiece model, joined by nothing.
	Pieces
)

// block is how many shingles Next returns at once, a few more or fewer, unless
// the window is longer: memory doesn't grow with the text, and they stay in
// cache.
const block = 2040

// Cutter cuts one text after another. It keeps its memory between texts, and
// allocates none for a text that is no longer than those before. It belongs to
// one goroutine.
type Cutter struct {
	tokens  Tokens
	window  int
	gap     uint32 // bytes between tokens in text
	encoder *sentencepiece.Encoder

	src    []byte // the text as given
	pos    int    // how far src, or the encoder's pieces, are cut
	pieces []sentencepiece.Piece
	text   []byte // the tokens as joined; what follows src[:pos] comes later
	mem    []byte // of text, where text isn't a part of src
	// ends are the ends of tokens in text. The first is that of the token
	// before the next shingle.
	ends     []uint32
	shingles []text.Span
	state    state
}

type state uint8

const (
	fresh  state = iota // no shingle was returned
	within              // some were
	done
)

// New returns a Cutter of shingles of so many tokens, at least 1. model is for
// Pieces, else nil.
func New(tokens Tokens, window int, model *sentencepiece.Model) *Cutter {
	c := &Cutter{tokens: tokens, window: min(window, math.MaxInt32), state: done}
	if tokens == Space || tokens == Punctuation {
		c.gap = 1
	}
	if tokens == Pieces {
		c.encoder = model.NewEncoder()
	}
	return c
}

// Reset makes the Cutter speak of another text, shorter than 512 MiB. It isn't
// copied and must stay as it is until its last shingle was asked for.
func (c *Cutter) Reset(b []byte) {
	c.src, c.pos, c.state = b, 0, fresh
	c.ends = append(c.ends[:0], -c.gap) // as if a token ended before the first
	switch c.tokens {
	case Space:
		c.text = c.squeeze(b)
	case Character:
		c.text = b
	case Punctuation:
		c.text = c.mem[:0]
	case Pieces:
		c.text, c.pieces = c.mem[:0], c.encoder.Encode(b)
	}
}

// Next returns further shingles, in order and with their repetitions, as parts
// of tokens; none when there are no more. A text with fewer tokens than the
// window has one, of all its tokens; that of an empty text is empty. What it
// returns is valid until the next call and not to be modified.
func (c *Cutter) Next() (tokens []byte, shingles []text.Span) {
	if c.state == done {
		return nil, nil
	}
	more := c.fill(c.window + max(block, c.window))
	c.shingles = c.shingles[:0]
	n := len(c.ends) - c.window
	if n > 0 {
		last := c.ends[c.window:][:n]
		for i, before := range c.ends[:n] {
			c.shingles = append(c.shingles, text.Span{Start: before + c.gap, End: last[i]})
		}
		c.ends = c.ends[:copy(c.ends, c.ends[n:])]
	} else if c.state == fresh {
		c.shingles = append(c.shingles, text.Span{End: uint32(len(c.text))})
	}
	if c.state = within; !more {
		c.state = done
	}
	if len(c.shingles) == 0 {
		return nil, nil
	}
	return c.text, c.shingles
}

// fill adds ends until there are some more than want, or until the text is
// over: then more is false.
func (c *Cutter) fill(want int) (more bool) {
	switch c.tokens {
	case Space:
		return c.spaces(want)
	case Punctuation:
		return c.punctuation(want)
	case Character:
		return c.characters(want)
	default:
		return c.cutPieces(want)
	}
}

// squeeze returns b without the spaces that don't stand between two tokens: a
// part of b where that will do.
func (c *Cutter) squeeze(b []byte) []byte {
	b = bytes.Trim(b, " ")
	k := bytes.Index(b, []byte("  "))
	if k < 0 {
		return b
	}
	if cap(c.mem) < len(b) {
		c.mem = make([]byte, len(b))
	}
	out := c.mem[:len(b)]
	n := copy(out, b[:k+1])
	space := true
	for _, x := range b[k+1:] {
		out[n] = x // stays if n moves on
		is := x == ' '
		if !is || !space {
			n++
		}
		space = is
	}
	return out[:n]
}

func (c *Cutter) cutPieces(want int) bool {
	for c.pos < len(c.pieces) && len(c.ends) < want {
		c.text = append(c.text, c.encoder.Text(c.pieces[c.pos])...)
		c.ends = append(c.ends, uint32(len(c.text)))
		c.pos++
	}
	c.mem = c.text
	return c.pos < len(c.pieces)
}
