package sentencepiece

import "unsafe"

// Piece is one piece of a text: its id, and where its text lies in what the
// encoder made of the whole text. Pieces of byte fallback share the place of
// the character that they spell.
type Piece struct {
	ID         int32
	Start, End uint32
}

// Encoder cuts texts with a Model. It isn't safe for use by several
// goroutines. Its memory grows to some 30 bytes per byte of the longest text,
// and has 1.2 MB for the words of a BPE model.
type Encoder struct {
	m      *Model
	normal []byte
	pieces []Piece
	best   []pathEnd // unigram
	merge  merger    // BPE
	kept   *[keptWords]keptWord
}

// NewEncoder returns an encoder for m.
func (m *Model) NewEncoder() *Encoder { return &Encoder{m: m} }

// Model is the encoder's model.
func (e *Encoder) Model() *Model { return e.m }

// Encode returns the pieces of b, which is shorter than 512 MiB. Bytes that
// are not UTF-8, those of lone surrogates among them, are U+FFFD each. What it
// returns is valid until the next call.
func (e *Encoder) Encode(b []byte) []Piece {
	e.normal = e.m.normalizer.append(e.normal[:0], b)
	e.pieces = e.pieces[:0]
	if len(e.normal) == 0 {
		return e.pieces
	}
	switch {
	case e.m.kind != bpeModel:
		e.unigram()
	case e.m.byWord:
		e.words()
	default:
		e.bpe(0, len(e.normal))
	}
	return e.pieces
}

// Text returns the text of a piece that Encode returned. It is valid until the
// next call of Encode and not to be modified.
func (e *Encoder) Text(p Piece) []byte {
	if e.m.byteFallback && e.m.pieces[p.ID].kind == bytePiece {
		s := e.m.pieces[p.ID].text
		return unsafe.Slice(unsafe.StringData(s), len(s))
	}
	return e.normal[p.Start:p.End]
}

// emit adds the piece id over start to end: as bytes if it is unknown and
// there is byte fallback, and joined to an unknown piece just before it if
// there is none.
func (e *Encoder) emit(id int32, start, end uint32) {
	if id != e.m.unknown {
		e.pieces = append(e.pieces, Piece{id, start, end})
		return
	}
	if e.m.byteFallback {
		for _, b := range e.normal[start:end] {
			e.pieces = append(e.pieces, Piece{e.m.bytes[b], start, end})
		}
		return
	}
	if n := len(e.pieces); n > 0 && e.pieces[n-1].ID == id {
		e.pieces[n-1].End = end
		return
	}
	e.pieces = append(e.pieces, Piece{id, start, end})
}

// runeLength is the length of the UTF-8 sequence that c begins.
func runeLength(c byte) uint32 {
	return uint32("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x02\x02\x03\x04"[c>>4])
}
