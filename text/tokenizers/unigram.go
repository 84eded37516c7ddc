package tokenizers

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"corpusmill/text/trie"
)

// unigram cuts a word by the path through it whose tokens have the highest sum
// of scores.
type unigram struct {
	vocabulary
	tokens   trie.Trie
	scores   []float64
	unk      int32 // -1 when there is none
	unkScore float64
	fallback bool
	bytes    [256]int32 // the tokens of bytes, -1 where there is none
}

// pathEnd is the best path that ends at a place of a word: its score, and its
// last token and where that one starts; no path ends where start is noPath.
type pathEnd struct {
	score float64
	id    int32
	start uint32
}

const noPath = 1<<32 - 1

func readUnigram(p part) (model, vocabulary, error) {
	var v struct {
		Unk      *uint32 `json:"unk_id"`
		Fallback bool    `json:"byte_fallback"`
	}
	if err := p.decode(&v); err != nil {
		return nil, vocabulary{}, err
	}
	list, err := p.at("vocab")
	if err != nil {
		return nil, vocabulary{}, err
	}
	var pieces []scoredPiece
	if err := list.decode(&pieces); err != nil {
		return nil, vocabulary{}, err
	}
	if len(pieces) > maxTokens {
		return nil, vocabulary{}, list.fail("it has more than %d tokens", maxTokens)
	}
	u := &unigram{unk: -1, fallback: v.Fallback}
	if v.Unk != nil {
		if *v.Unk >= uint32(len(pieces)) {
			return nil, vocabulary{}, p.fail("the unk_id %d is not in the vocabulary", *v.Unk)
		}
		u.unk = int32(*v.Unk)
	}
	u.ids = make(map[string]uint32, len(pieces))
	least := math.MaxFloat64
	for i, s := range pieces {
		u.ids[s.text] = uint32(i)
		u.texts = append(u.texts, s.text)
		u.scores = append(u.scores, s.score)
		least = min(least, s.score)
	}
	u.unkScore = least - 10
	entries := make([]trie.Entry, 0, len(u.ids))
	for token, id := range u.ids {
		if token != "" {
			entries = append(entries, trie.Entry{Key: token, Value: int32(id)})
		}
	}
	if u.tokens, err = trie.New(entries); err != nil {
		return nil, vocabulary{}, list.fail("%v", err)
	}
	u.bytes = byteTokens(u.ids)
	return u, u.vocabulary, nil
}

// byteTokens are the tokens <0x00> to <0xFF>, -1 where there is none.
func byteTokens(ids map[string]uint32) (to [256]int32) {
	for b := range to {
		to[b] = -1
		if id, ok := ids[fmt.Sprintf("<0x%02X>", b)]; ok {
			to[b] = int32(id)
		}
	}
	return to
}

// scoredPiece is ["text", score].
type scoredPiece struct {
	text  string
	score float64
}

func (s *scoredPiece) UnmarshalJSON(b []byte) error {
	v := [2]any{&s.text, &s.score}
	var n []json.RawMessage
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	if len(n) != len(v) {
		return fmt.Errorf(`%.60s is not of the form ["token", score]`, b)
	}
	return json.Unmarshal(b, &v)
}

func (u *unigram) cached() bool { return true }

func (u *unigram) append(dst []uint32, word []byte, m *modelMemory) ([]uint32, error) {
	m.best = slices.Grow(m.best[:0], len(word)+1)[:len(word)+1]
	best := m.best
	for i := range best {
		best[i] = pathEnd{start: noPath}
	}
	best[0] = pathEnd{}
	for start := 0; start < len(word); {
		before := best[start].score
		_, width := utf8.DecodeRune(word[start:])
		single := false
		at, ok := uint32(0), true
		for i := start; i < len(word); i++ {
			if at, ok = u.tokens.Step(at, word[i]); !ok {
				break
			}
			id := u.tokens.Units[at].Value
			if id < 0 {
				continue
			}
			score := u.scores[id] + before
			if end := &best[i+1]; end.start == noPath || score > end.score {
				*end = pathEnd{score, id, uint32(start)}
			}
			single = single || i+1-start == width
		}
		if !single {
			if u.unk < 0 {
				return dst, missingUnknown("unk_id")
			}
			score := u.unkScore + before
			if end := &best[start+width]; end.start == noPath || score > end.score {
				*end = pathEnd{score, u.unk, uint32(start)}
			}
		}
		start += width
	}
	return u.path(dst, word, best)
}

// path appends the tokens of the best path, unknown ones in a row as one. It
// turns the path round within best: a token is noted where the next one
// starts.
func (u *unigram) path(dst []uint32, word []byte, best []pathEnd) ([]uint32, error) {
	end, next := uint32(len(word)), pathEnd{start: noPath}
	for {
		p := best[end]
		best[end] = next
		if end == 0 {
			break
		}
		next = pathEnd{id: p.id, start: end}
		end = p.start
	}
	for at := uint32(0); int(at) < len(word); {
		p := best[at]
		if p.id != u.unk {
			dst = append(dst, uint32(p.id))
			at = p.start
			continue
		}
		stop := p.start
		for int(stop) < len(word) && best[stop].id == u.unk {
			stop = best[stop].start
		}
		dst = u.unknown(dst, word[at:stop])
		at = stop
	}
	return dst, nil
}

// unknown appends the tokens of text that is on the path as unknown.
func (u *unigram) unknown(dst []uint32, b []byte) []uint32 {
	if id, ok := u.ids[string(b)]; ok {
		return append(dst, id)
	}
	if u.fallback && allBytes(&u.bytes, b) {
		for _, c := range b {
			dst = append(dst, uint32(u.bytes[c]))
		}
		return dst
	}
	return append(dst, uint32(u.unk))
}

// allBytes says whether there are tokens for all bytes of b.
func allBytes(tokens *[256]int32, b []byte) bool {
	for _, c := range b {
		if tokens[c] < 0 {
			return false
		}
	}
	return true
}
