package tokenizers

import (
	"corpusmill/text"
	"corpusmill/text/trie"
)

// wordPiece takes the longest token that a word begins with, and then the
// longest of those with the prefix of continued words.
type wordPiece struct {
	tokens trie.Trie
	// inside is where in tokens those for the rest of a word begin; whether
	// there are any.
	inside    uint32
	hasInside bool
	longest   int // words of more characters are unknown
	unk       uint32
	unkToken  string
	hasUnk    bool
}

func readWordPiece(p part) (model, vocabulary, error) {
	v := struct {
		Unk    string `json:"unk_token"`
		Prefix string `json:"continuing_subword_prefix"`
		Max    int    `json:"max_input_chars_per_word"`
	}{"[UNK]", "##", 100}
	if err := p.decode(&v); err != nil {
		return nil, vocabulary{}, err
	}
	vocab, err := readVocabulary(p)
	if err != nil {
		return nil, vocab, err
	}
	w := &wordPiece{longest: v.Max, unkToken: v.Unk}
	w.unk, w.hasUnk = vocab.ids[v.Unk]
	entries := make([]trie.Entry, 0, len(vocab.ids))
	for token, id := range vocab.ids {
		if token != "" {
			entries = append(entries, trie.Entry{Key: token, Value: int32(id)})
		}
	}
	if w.tokens, err = trie.New(entries); err != nil {
		return nil, vocab, p.fail("%v", err)
	}
	w.hasInside = true
	for _, c := range []byte(v.Prefix) {
		if w.inside, w.hasInside = w.tokens.Step(w.inside, c); !w.hasInside {
			break
		}
	}
	return w, vocab, nil
}

func (w *wordPiece) cached() bool { return true }

func (w *wordPiece) append(dst []uint32, word []byte, _ *modelMemory) ([]uint32, error) {
	start := len(dst)
	if len(word) > w.longest && text.Runes(word) > w.longest {
		return w.unknown(dst)
	}
	for at, node := 0, uint32(0); at < len(word); node = w.inside {
		id, length := int32(-1), 0
		if at == 0 || w.hasInside {
			id, length = w.tokens.LongestFrom(node, word[at:])
		}
		if length == 0 {
			return w.unknown(dst[:start])
		}
		dst = append(dst, uint32(id))
		at += length
	}
	return dst, nil
}

func (w *wordPiece) unknown(dst []uint32) ([]uint32, error) {
	if !w.hasUnk {
		return dst, missingUnknown(w.unkToken)
	}
	return append(dst, w.unk), nil
}
