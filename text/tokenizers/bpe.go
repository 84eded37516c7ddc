package tokenizers

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// bpe merges neighbours from single characters up.
type bpe struct {
	vocabulary
	pairs pairTable
	// runes are the tokens of the first characters of Unicode as they stand
	// inside a word, -1 where there is none.
	runes          [512]int32
	prefix, suffix string // of characters within a word, and of its last
	unkToken       string
	hasUnkToken    bool
	fuse           bool
	fallback       bool
	bytes          [256]int32 // the tokens of bytes, -1 where there is none
	ignoreMerges   bool
	// raw says that words come as bytes, with byteIDs for their tokens and
	// whole for words that are one.
	raw     bool
	byteIDs [256]uint32
	whole   map[string]uint32
}

func readBPE(p part) (model, vocabulary, error) {
	var v struct {
		Dropout  *float64 `json:"dropout"`
		Unk      *string  `json:"unk_token"`
		Prefix   string   `json:"continuing_subword_prefix"`
		Suffix   string   `json:"end_of_word_suffix"`
		Fuse     bool     `json:"fuse_unk"`
		Fallback bool     `json:"byte_fallback"`
		Ignore   bool     `json:"ignore_merges"`
	}
	if err := p.decode(&v); err != nil {
		return nil, vocabulary{}, err
	}
	if v.Dropout != nil && *v.Dropout != 0 {
		return nil, vocabulary{}, p.fail("dropout is %v, by which a text has other tokens each time; make it null", *v.Dropout)
	}
	vocab, err := readVocabulary(p)
	if err != nil {
		return nil, vocab, err
	}
	b := &bpe{vocabulary: vocab, prefix: v.Prefix, suffix: v.Suffix, fuse: v.Fuse, fallback: v.Fallback, ignoreMerges: v.Ignore}
	if v.Unk != nil {
		b.unkToken, b.hasUnkToken = *v.Unk, true
	}
	if b.fallback {
		b.bytes = byteTokens(vocab.ids)
	}
	for r := range b.runes {
		b.runes[r] = -1
		if id, ok := vocab.ids[b.prefix+string(rune(r))]; ok {
			b.runes[r] = int32(id)
		}
	}
	list, err := p.at("merges")
	if err != nil {
		return nil, vocab, err
	}
	var merges []mergePair
	if err := list.decode(&merges); err != nil {
		return nil, vocab, err
	}
	return b, vocab, b.index(list, merges)
}

// mergePair is "left right" or ["left", "right"].
type mergePair struct{ left, right string }

func (m *mergePair) UnmarshalJSON(b []byte) error {
	var both []string
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		both = strings.Split(s, " ")
	} else if err := json.Unmarshal(b, &both); err != nil {
		return err
	}
	if len(both) != 2 {
		return fmt.Errorf("%.60s is not a merge of two tokens", b)
	}
	m.left, m.right = both[0], both[1]
	return nil
}

// index puts the merges into the table.
func (b *bpe) index(p part, merges []mergePair) error {
	b.pairs = newPairTable(len(merges))
	for rank, m := range merges {
		left, ok := b.ids[m.left]
		right, also := b.ids[m.right]
		if !ok || !also || !strings.HasPrefix(m.right, b.prefix) && len(m.right) < len(b.prefix) {
			return p.fail("merge %d, of %.40q and %.40q, is of tokens that the vocabulary lacks", rank, m.left, m.right)
		}
		merged, ok := b.ids[m.left+m.right[len(b.prefix):]]
		if !ok {
			return p.fail("merge %d, of %.40q and %.40q, makes a token that the vocabulary lacks", rank, m.left, m.right)
		}
		b.pairs.set(left, right, uint32(rank), merged)
	}
	return nil
}

// takeBytes makes the model take words as bytes in place of the characters
// that stand for them, if it has a token for each.
func (b *bpe) takeBytes() bool {
	if b.prefix != "" || b.suffix != "" {
		return false
	}
	for c, r := range byteRunes {
		if b.runes[r] < 0 {
			return false
		}
		b.byteIDs[c] = uint32(b.runes[r])
	}
	b.raw = true
	if b.ignoreMerges {
		b.whole = make(map[string]uint32, len(b.ids))
		var raw []byte
		for token, id := range b.ids {
			var ok bool
			if raw, ok = appendCharBytes(raw[:0], token); ok {
				b.whole[string(raw)] = id
			}
		}
	} else {
		b.whole = nil
	}
	return true
}

// keepsApart says that a word is cut the same way when it is parted before
// each mark that follows another character: that no merge makes a token which
// has the mark there.
func (b *bpe) keepsApart(mark string) bool {
	if _, ok := b.ids[mark]; !ok || b.prefix != "" || b.suffix != "" || b.ignoreMerges {
		return false
	}
	for _, s := range b.pairs.slots {
		if s.key != 0 && strings.Contains(strings.TrimLeft(b.texts[s.into], mark), mark) {
			return false
		}
	}
	return true
}

func (b *bpe) cached() bool { return true }

func (b *bpe) append(dst []uint32, word []byte, m *modelMemory) ([]uint32, error) {
	if b.raw {
		if b.ignoreMerges {
			if id, ok := b.whole[string(word)]; ok {
				return append(dst, id), nil
			}
		}
		start := len(dst)
		for _, c := range word {
			dst = append(dst, b.byteIDs[c])
		}
		return m.merge.merge(&b.pairs, dst, start), nil
	}
	if b.ignoreMerges {
		if id, ok := b.ids[string(word)]; ok {
			return append(dst, id), nil
		}
	}
	start := len(dst)
	dst, err := b.symbols(dst, word, m)
	if err != nil {
		return dst, err
	}
	return m.merge.merge(&b.pairs, dst, start), nil
}

// symbols appends the tokens of the word's characters.
func (b *bpe) symbols(dst []uint32, word []byte, m *modelMemory) ([]uint32, error) {
	unknown := -1 // that waits to be appended
	for at := 0; at < len(word); {
		r, width := utf8.DecodeRune(word[at:])
		first, last := at == 0, at+width == len(word)
		at += width
		var id uint32
		ok := false
		if int(r) < len(b.runes) && !(first && b.prefix != "") && !(last && b.suffix != "") {
			id, ok = uint32(b.runes[r]), b.runes[r] >= 0
		} else {
			m.key = b.key(m.key[:0], word[at-width:at], first, last)
			id, ok = b.ids[string(m.key)]
		}
		if ok {
			if unknown >= 0 {
				dst = append(dst, uint32(unknown))
				unknown = -1
			}
			dst = append(dst, id)
			continue
		}
		if b.fallback {
			m.key = b.key(m.key[:0], word[at-width:at], first, last)
			if allBytes(&b.bytes, m.key) {
				for _, c := range m.key {
					dst = append(dst, uint32(b.bytes[c]))
				}
				continue
			}
		}
		if !b.hasUnkToken || unknown >= 0 && b.fuse {
			continue
		}
		if unknown >= 0 {
			dst = append(dst, uint32(unknown))
		}
		unk, ok := b.ids[b.unkToken]
		if !ok {
			return dst, missingUnknown(b.unkToken)
		}
		unknown = int(unk)
	}
	if unknown >= 0 {
		dst = append(dst, uint32(unknown))
	}
	return dst, nil
}

// key appends the text of the token for a character.
func (b *bpe) key(dst, char []byte, first, last bool) []byte {
	if !first {
		dst = append(dst, b.prefix...)
	}
	dst = append(dst, char...)
	if last {
		dst = append(dst, b.suffix...)
	}
	return dst
}
