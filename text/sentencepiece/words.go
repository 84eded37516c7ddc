package sentencepiece

import (
	"bytes"
	"strings"

	"github.com/zeebo/xxh3"
)

// A BPE model cuts a text word by word when no piece goes on behind the space
// that begins a word: no merge goes over it then. Words come again and again,
// so that their pieces are kept.

// cutsByWord says whether that is so. Pieces that are not to be used are taken
// apart by what was merged elsewhere in the text, and user-defined ones are
// found anywhere.
func (m *Model) cutsByWord() bool {
	if m.kind != bpeModel {
		return false
	}
	for _, p := range m.pieces {
		if p.kind == unusedPiece || p.kind == userDefinedPiece || strings.LastIndex(p.text, space) > 0 {
			return false
		}
	}
	return true
}

const (
	keptWords  = 1 << 14
	keptBytes  = 24
	keptPieces = 8
)

// keptWord is a word and its pieces, which are all known; n is 0 for none.
type keptWord struct {
	text [keptBytes]byte
	size uint8
	n    uint8
	ends [keptPieces]uint8
	ids  [keptPieces]int32
}

// words adds the pieces of e.normal.
func (e *Encoder) words() {
	if e.kept == nil {
		e.kept = new([keptWords]keptWord)
	}
	text := e.normal
	for start := 0; start < len(text); {
		size := wordLength(text[start:])
		word := text[start : start+size]
		if size > keptBytes {
			e.bpe(start, start+size)
			start += size
			continue
		}
		k := &e.kept[xxh3.Hash(word)%keptWords]
		if k.n == 0 || int(k.size) != size || string(k.text[:size]) != string(word) {
			first := len(e.pieces)
			e.bpe(start, start+size)
			e.keep(k, start, word, e.pieces[first:])
			start += size
			continue
		}
		from := uint32(start)
		for i := range k.n {
			to := uint32(start) + uint32(k.ends[i])
			e.pieces = append(e.pieces, Piece{k.ids[i], from, to})
			from = to
		}
		start += size
	}
}

// wordLength is the length of the word that b begins with, its space included.
func wordLength(b []byte) int {
	for i := 1; i < len(b); {
		n := bytes.IndexByte(b[i:], space[0])
		if n < 0 {
			break
		}
		if i += n; bytes.HasPrefix(b[i:], []byte(space)) {
			return i
		}
		i++
	}
	return len(b)
}

// keep notes a word whose pieces are known. An unknown one isn't the word's
// alone: it may be joined to others, or be spelled in bytes.
func (e *Encoder) keep(k *keptWord, start int, word []byte, pieces []Piece) {
	if len(pieces) == 0 || len(pieces) > keptPieces || pieces[0].Start != uint32(start) {
		return
	}
	for _, p := range pieces {
		if p.ID == e.m.unknown || e.m.pieces[p.ID].kind == bytePiece {
			return
		}
	}
	k.size, k.n = uint8(copy(k.text[:], word)), uint8(len(pieces))
	for i, p := range pieces {
		k.ids[i], k.ends[i] = p.ID, uint8(p.End-uint32(start))
	}
}
