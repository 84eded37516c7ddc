package record

import (
	"github.com/zeebo/xxh3"

	"corpusmill/text"
	"corpusmill/text/sentencepiece"
)

// Tokenizer is a SentencePiece model, with what Tokens needs of its pieces. It
// is read-only.
type Tokenizer struct {
	model *sentencepiece.Model
	// By piece: its hash as a word, 0 if special characters are all it has,
	// and whether that is so without lower case.
	ids   []uint64
	empty []bool
}

// NewTokenizer returns a Tokenizer for m.
func NewTokenizer(m *sentencepiece.Model) *Tokenizer {
	t := &Tokenizer{m, make([]uint64, m.Len()), make([]bool, m.Len())}
	var lower []byte
	for i := range t.ids {
		piece := []byte(m.Piece(int32(i)))
		t.empty[i] = len(refine(piece)) == 0
		lower = text.AppendLower(lower[:0], piece)
		if word := refine(lower); len(word) > 0 {
			t.ids[i] = xxh3.Hash(word)
		}
	}
	return t
}

// Model is the model that the Tokenizer was made of.
func (t *Tokenizer) Model() *sentencepiece.Model { return t.model }

func refine(b []byte) []byte {
	return text.TrimSpecial(b, text.Span{End: uint32(len(b))}).Of(b)
}

// Tokens is a text as cut by a Tokenizer. Its methods compute on their first
// call for a text, as those of Doc do.
type Tokens struct {
	tokenizer *Tokenizer
	encoder   *sentencepiece.Encoder
	pieces    []sentencepiece.Piece
	have      uint32
	ids       buffer[uint64]
	folded    buffer[text.Span]
	lower     []byte // what folded speaks of
	unknown   []byte // an unknown piece in lower case
}

const (
	tokensCut = 1 << iota
	tokensIDs
	tokensFolded
)

// Tokens is the text as cut by t.
func (d *Doc) Tokens(t *Tokenizer) *Tokens {
	if d.first(haveTokens) {
		for _, k := range d.tokens {
			k.have = 0
		}
	}
	var k *Tokens
	for _, other := range d.tokens {
		if other.tokenizer == t {
			k = other
		}
	}
	if k == nil {
		k = &Tokens{tokenizer: t, encoder: t.model.NewEncoder()}
		d.tokens = append(d.tokens, k)
	}
	if k.first(tokensCut) {
		k.pieces = k.encoder.Encode(d.text)
	}
	return k
}

func (k *Tokens) first(bit uint32) bool {
	f := k.have&bit == 0
	k.have |= bit
	return f
}

// Pieces are the pieces of the text.
func (k *Tokens) Pieces() []sentencepiece.Piece { return k.pieces }

// Text is the text of one of Pieces.
func (k *Tokens) Text(p sentencepiece.Piece) []byte { return k.encoder.Text(p) }

// Refined is the number of pieces that have more than special characters.
func (k *Tokens) Refined() (n int) {
	unknown := k.tokenizer.model.Unknown()
	for _, p := range k.pieces {
		if p.ID == unknown {
			if len(refine(k.encoder.Text(p))) > 0 {
				n++
			}
		} else if !k.tokenizer.empty[p.ID] {
			n++
		}
	}
	return n
}

// WordIDs are 64-bit hashes (XXH3) of the pieces, in lower case and without
// the special characters around them, those of special characters alone left
// out.
func (k *Tokens) WordIDs() []uint64 {
	if k.first(tokensIDs) {
		ids, unknown := k.ids.mem[:0], k.tokenizer.model.Unknown()
		for _, p := range k.pieces {
			id := k.tokenizer.ids[p.ID]
			if p.ID == unknown {
				id = 0
				k.unknown = text.AppendLower(k.unknown[:0], k.encoder.Text(p))
				if word := refine(k.unknown); len(word) > 0 {
					id = xxh3.Hash(word)
				}
			}
			if id != 0 {
				ids = append(ids, id)
			}
		}
		k.ids.keep(ids)
	}
	return k.ids.val
}

// Folded are the words that WordIDs are the hashes of, as parts of lower.
func (k *Tokens) Folded() (lower []byte, words []text.Span) {
	if k.first(tokensFolded) {
		k.lower = k.lower[:0]
		words := k.folded.mem[:0]
		for _, p := range k.pieces {
			start := uint32(len(k.lower))
			k.lower = text.AppendLower(k.lower, k.encoder.Text(p))
			if w := text.TrimSpecial(k.lower, text.Span{Start: start, End: uint32(len(k.lower))}); w.Start < w.End {
				words = append(words, w)
			}
		}
		k.folded.keep(words)
	}
	return k.lower, k.folded.val
}
