package tokenizers

import (
	"encoding/json"
	"fmt"
)

// maxTokens bounds ids; the largest vocabularies in use have 260,000.
const maxTokens = 1 << 22

// model cuts a word into tokens.
type model interface {
	// append appends the ids of a word, which is not empty. dst's first ids are
	// others'.
	append(dst []uint32, word []byte, m *modelMemory) ([]uint32, error)
	// cached says whether an Encoder should remember what a word is cut into.
	cached() bool
}

// modelMemory is what models need for a word; an Encoder has it.
type modelMemory struct {
	merge merger
	best  []pathEnd
	key   []byte
}

// missingUnknown is the error for a word that isn't in the vocabulary when the
// unknown token isn't either.
func missingUnknown(token string) error {
	return fmt.Errorf("the text has what the tokenizer's vocabulary lacks, and its unknown token %q isn't there either", token)
}

// vocabulary is the tokens of a model by text and by id.
type vocabulary struct {
	ids   map[string]uint32
	texts []string // by id; empty where there is none
}

// readVocabulary reads {"token": id, ...}.
func readVocabulary(p part) (v vocabulary, err error) {
	p, err = p.at("vocab")
	if err != nil {
		return v, err
	}
	if err := p.decode(&v.ids); err != nil {
		return v, err
	}
	top, limit := uint32(0), uint32(min(maxTokens, 8*len(v.ids)+1<<16))
	for token, id := range v.ids {
		if id >= limit {
			return v, p.fail("the token %.40q has the id %d; with %d tokens it must be below %d", token, id, len(v.ids), limit)
		}
		top = max(top, id+1)
	}
	v.texts = make([]string, top)
	for token, id := range v.ids {
		// Of several with one id, which the library leaves open, the last.
		v.texts[id] = max(v.texts[id], token)
	}
	return v, nil
}

// readModel reads the model and its vocabulary.
func readModel(p part) (model, vocabulary, error) {
	kind, err := p.kind()
	if err != nil {
		return nil, vocabulary{}, err
	}
	if kind == "" {
		kind = kindOf(p)
	}
	switch kind {
	case "BPE":
		return readBPE(p)
	case "WordPiece":
		return readWordPiece(p)
	case "WordLevel":
		return readWordLevel(p)
	case "Unigram":
		return readUnigram(p)
	}
	return nil, vocabulary{}, p.unknown(kind)
}

// kindOf tells the type of a model by its keys, for older files.
func kindOf(p part) string {
	var keys map[string]json.RawMessage
	if p.decode(&keys) != nil {
		return ""
	}
	has := func(k string) bool { return len(keys[k]) > 0 }
	switch {
	case has("merges"):
		return "BPE"
	case has("continuing_subword_prefix"):
		return "WordPiece"
	case has("unk_id"):
		return "Unigram"
	}
	return "WordLevel"
}

// wordLevel has words for tokens.
type wordLevel struct {
	vocabulary
	unk string
}

func readWordLevel(p part) (model, vocabulary, error) {
	v := struct {
		Unk string `json:"unk_token"`
	}{"<unk>"}
	if err := p.decode(&v); err != nil {
		return nil, vocabulary{}, err
	}
	vocab, err := readVocabulary(p)
	return &wordLevel{vocab, v.Unk}, vocab, err
}

func (l *wordLevel) cached() bool { return false }

func (l *wordLevel) append(dst []uint32, word []byte, _ *modelMemory) ([]uint32, error) {
	id, ok := l.ids[string(word)]
	if !ok {
		if id, ok = l.ids[l.unk]; !ok {
			return dst, missingUnknown(l.unk)
		}
	}
	return append(dst, id), nil
}
