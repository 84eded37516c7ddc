package sentencepiece

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"corpusmill/text/trie"
)

// maxFile is the size above which a file is no SentencePiece model; the
// largest in use have some 10 MB.
const maxFile = 128 << 20

// maxPiece is the longest piece in bytes.
const maxPiece = 1 << 14

// The types of pieces in a model file.
const (
	normalPiece      = 1
	unknownPiece     = 2
	controlPiece     = 3
	userDefinedPiece = 4
	unusedPiece      = 5
	bytePiece        = 6
)

// The types of models in a model file.
const (
	unigramModel = 1
	bpeModel     = 2
)

// Model is a SentencePiece model in memory. It is read-only.
type Model struct {
	kind         uint64
	pieces       []piece
	trie         trie.Trie // pieces that text may be cut into
	scores       []pieceScore
	reserved     map[string]int32 // the other ones
	unknown      int32
	hasUnused    bool
	byteFallback bool
	bytes        [256]int32 // the pieces of byte fallback
	unkScore     float32    // of an unknown character in a unigram model
	maxScore     float32
	normalizer   normalizer
	byWord       bool // see cutsByWord
}

// pieceScore is what the best path needs of a piece.
type pieceScore struct {
	score          float32
	symbol, unused bool
}

type piece struct {
	text  string
	score float32
	kind  uint8
}

// Open reads the model file at path.
func Open(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	m, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s is no SentencePiece model that can be used: %w", path, err)
	}
	return m, nil
}

// Parse reads a model from the bytes of its file, which it doesn't keep.
func Parse(file []byte) (*Model, error) {
	if len(file) > maxFile {
		return nil, fmt.Errorf("it has more than %d MiB", maxFile>>20)
	}
	m := &Model{
		kind: unigramModel,
		normalizer: normalizer{
			addDummyPrefix: true, removeExtraSpaces: true, escapeSpaces: true,
		},
	}
	err := fields(file, func(f field) error {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			return m.readPiece(f.data)
		case f.number == 2 && f.wire == wireBytes:
			return m.readTrainer(f.data)
		case f.number == 3 && f.wire == wireBytes:
			return m.normalizer.read(f.data)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if m.kind != unigramModel && m.kind != bpeModel {
		return nil, fmt.Errorf("its type is %d; unigram (1) and BPE (2) are known here", m.kind)
	}
	if err := m.index(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Model) readPiece(b []byte) error {
	p := piece{kind: normalPiece}
	err := fields(b, func(f field) error {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			p.text = string(f.data)
		case f.number == 2 && f.wire == wireFixed32:
			p.score = f.float()
		case f.number == 3 && f.wire == wireVarint:
			p.kind = uint8(min(f.value, math.MaxUint8))
		}
		return nil
	})
	switch id := len(m.pieces); {
	case err != nil:
		return err
	case p.text == "":
		return fmt.Errorf("piece %d is empty", id)
	case strings.IndexByte(p.text, 0) >= 0:
		return fmt.Errorf("piece %d holds a NUL", id)
	case len(p.text) > maxPiece:
		return fmt.Errorf("piece %d has more than %d bytes", id, maxPiece)
	case p.kind < normalPiece || p.kind > bytePiece:
		return fmt.Errorf("piece %d has the type %d, which is unknown", id, p.kind)
	case p.score != p.score:
		return fmt.Errorf("piece %d has a score that is no number", id)
	}
	m.pieces = append(m.pieces, p)
	return nil
}

func (m *Model) readTrainer(b []byte) error {
	return fields(b, func(f field) error {
		if f.wire != wireVarint {
			return nil
		}
		switch f.number {
		case 3:
			m.kind = f.value
		case 24:
			m.normalizer.spaceIsSuffix = f.bool()
		case 35:
			m.byteFallback = f.bool()
		}
		return nil
	})
}

// index prepares what encoding needs of the pieces.
func (m *Model) index() error {
	m.reserved = map[string]int32{}
	m.unknown = -1
	minScore, maxScore := float32(math.MaxFloat32), float32(0x1p-126)
	var cut, symbols []trie.Entry
	byteFound := 0
	for i := range m.bytes {
		m.bytes[i] = -1
	}
	for i, p := range m.pieces {
		id := int32(i)
		m.scores = append(m.scores, pieceScore{p.score, p.kind == userDefinedPiece, p.kind == unusedPiece})
		switch p.kind {
		case normalPiece:
			minScore, maxScore = min(minScore, p.score), max(maxScore, p.score)
			cut = append(cut, trie.Entry{Key: p.text, Value: id})
		case userDefinedPiece:
			symbols = append(symbols, trie.Entry{Key: p.text, Value: id})
			cut = append(cut, trie.Entry{Key: p.text, Value: id})
		case unusedPiece:
			m.hasUnused = true
			cut = append(cut, trie.Entry{Key: p.text, Value: id})
		default:
			if _, twice := m.reserved[p.text]; twice {
				return fmt.Errorf("piece %d, %q, is there twice", id, p.text)
			}
			m.reserved[p.text] = id
		}
		if p.kind == unknownPiece {
			if m.unknown >= 0 {
				return fmt.Errorf("pieces %d and %d are both the unknown one", m.unknown, id)
			}
			m.unknown = id
		}
		if p.kind == bytePiece {
			b, ok := byteOf(p.text)
			if !m.byteFallback || !ok {
				return fmt.Errorf("piece %d, %q, is no byte of a model with byte fallback", id, p.text)
			}
			m.bytes[b] = id
			byteFound++
		}
	}
	switch {
	case m.unknown < 0:
		return errors.New("it has no unknown piece")
	case m.byteFallback && byteFound != 256:
		return fmt.Errorf("it has %d of 256 pieces for byte fallback", byteFound)
	case len(cut) == 0:
		return errors.New("it has no pieces")
	}
	const unknownPenalty = 10
	m.unkScore, m.maxScore = minScore-unknownPenalty, maxScore
	var err error
	if m.trie, err = trie.New(cut); err != nil {
		return err
	}
	if len(symbols) > 0 {
		if m.normalizer.symbols, err = trie.New(symbols); err != nil {
			return err
		}
	}
	m.normalizer.prepare()
	m.byWord = m.cutsByWord()
	return nil
}

// byteOf reads the text of a piece that stands for one byte: <0x0A>.
func byteOf(s string) (byte, bool) {
	var b byte
	if len(s) != 6 || s[:3] != "<0x" || s[5] != '>' {
		return 0, false
	}
	for _, c := range []byte(s[3:5]) {
		switch {
		case c >= '0' && c <= '9':
			b = b<<4 | (c - '0')
		case c >= 'A' && c <= 'F':
			b = b<<4 | (c - 'A' + 10)
		default:
			return 0, false
		}
	}
	return b, true
}

// Len is the number of pieces. Their ids run from 0 to Len()-1.
func (m *Model) Len() int { return len(m.pieces) }

// Piece is the text of the piece id.
func (m *Model) Piece(id int32) string { return m.pieces[id].text }

// Unknown is the id of text that no piece has. Runs of it are one Piece, the
// text of which is the Encoder's.
func (m *Model) Unknown() int32 { return m.unknown }
