package tokenizers

import (
	"bytes"
	"unicode/utf8"

	"corpusmill/text"
	"corpusmill/text/trie"
)

// addedToken is a token that is taken out of the text before it is cut.
type addedToken struct {
	ID         uint32 `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no word goes on beside it
	LStrip     bool   `json:"lstrip"`      // with the white space before it
	RStrip     bool   `json:"rstrip"`      // with the white space after it
	Normalized bool   `json:"normalized"`  // found in the normal form of the text
	Special    bool   `json:"special"`
}

// readAdded reads the added tokens. As in the library a token's id is that in
// the model's vocabulary, and those which it lacks follow it in order.
func readAdded(p part, vocab *vocabulary) ([]addedToken, error) {
	if p.absent() {
		return nil, nil
	}
	var all []addedToken
	if err := p.decode(&all); err != nil {
		return nil, err
	}
	ids := map[string]uint32{}
	next := uint32(len(vocab.ids))
	var out []addedToken
	for _, t := range all {
		if t.Content == "" {
			continue
		}
		id, ok := ids[t.Content]
		if !ok {
			if id, ok = vocab.ids[t.Content]; !ok {
				id = next
			}
		}
		if t.ID = id; id >= next {
			next = id + 1
		}
		if next > maxTokens {
			return nil, p.fail("there are more than %d tokens", maxTokens)
		}
		if _, twice := ids[t.Content]; twice {
			for i := range out {
				if out[i].ID == id {
					out[i] = t
				}
			}
			continue
		}
		ids[t.Content] = id
		out = append(out, t)
	}
	return out, nil
}

// addedSet finds added tokens in a text. Its zero value has none.
type addedSet struct {
	tokens []addedToken
	keys   trie.Trie
	first  [256]bool // the bytes that they begin with
}

// newAddedSet makes the set of tokens to find by the texts of the same index.
func newAddedSet(tokens []addedToken, texts []string) (*addedSet, error) {
	s := &addedSet{tokens: tokens}
	var entries []trie.Entry
	seen := map[string]bool{}
	for i, key := range texts {
		if key != "" && !seen[key] {
			seen[key] = true
			s.first[key[0]] = true
			entries = append(entries, trie.Entry{Key: key, Value: int32(i)})
		}
	}
	if len(entries) == 0 {
		return &addedSet{}, nil
	}
	var err error
	s.keys, err = trie.New(entries)
	return s, err
}

// found is an added token in a text: what of the text it takes, and where to
// look for the next one.
type found struct {
	token       *addedToken
	start, stop int
	next        int
}

// find returns the leftmost token from at on, the longest of those there. What
// lies before done is other tokens'.
func (s *addedSet) find(b []byte, at, done int) (f found, ok bool) {
	if len(s.tokens) == 0 {
		return f, false
	}
	for ; at < len(b); at++ {
		if !s.first[b[at]] {
			continue
		}
		value, length := s.keys.LongestValue(b[at:])
		if length == 0 {
			continue
		}
		f = found{&s.tokens[value], at, at + length, at + length}
		if f.token.SingleWord && (wordBefore(b[:f.start]) || wordAfter(b[f.stop:])) {
			at = f.next - 1
			continue
		}
		if f.token.LStrip {
			f.start = max(done, len(bytes.TrimRightFunc(b[:f.start], text.IsPatternSpace)))
		}
		if f.token.RStrip {
			f.stop = len(b) - len(bytes.TrimLeftFunc(b[f.stop:], text.IsPatternSpace))
		}
		return f, true
	}
	return f, false
}

func wordBefore(b []byte) bool {
	r, n := utf8.DecodeLastRune(b)
	return n > 0 && text.IsPatternWord(r)
}

func wordAfter(b []byte) bool {
	r, n := utf8.DecodeRune(b)
	return n > 0 && text.IsPatternWord(r)
}
