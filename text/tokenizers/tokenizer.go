package tokenizers

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// maxFile is the size above which a file is no tokenizer; the largest in use
// have some 40 MB.
const maxFile = 256 << 20

// Tokenizer is a tokenizer.json in memory. It is read-only.
type Tokenizer struct {
	normalizers []normalizer
	stages      []stage
	model       model
	vocab       vocabulary
	added       []addedToken
	addedIDs    map[string]uint32
	addedTexts  map[uint32]string // in normal form for those found in that
	special     map[uint32]bool
	// verbatim are the added tokens to find in the text as it is, normal those
	// in its normal form.
	verbatim, normal *addedSet
	before, after    []uint32 // what the post-processor puts around a text
	decoders         []decoder
}

// Open reads the file at path.
func Open(path string) (*Tokenizer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	t, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s is no tokenizer that can be used: %w", path, err)
	}
	return t, nil
}

// Parse reads a tokenizer from the bytes of its file, which it doesn't keep.
func Parse(file []byte) (*Tokenizer, error) {
	if len(file) > maxFile {
		return nil, fmt.Errorf("it has more than %d MiB", maxFile>>20)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(file, &keys); err != nil {
		return nil, err
	}
	at := func(key string) part { return part{key, keys[key]} }
	t := &Tokenizer{}
	var err error
	if t.normalizers, err = readNormalizer(at("normalizer")); err != nil {
		return nil, err
	}
	if t.stages, err = readPreTokenizer(at("pre_tokenizer")); err != nil {
		return nil, err
	}
	if t.model, t.vocab, err = readModel(at("model")); err != nil {
		return nil, err
	}
	if err := t.readAdded(at("added_tokens")); err != nil {
		return nil, err
	}
	if t.before, t.after, err = readPostProcessor(at("post_processor")); err != nil {
		return nil, err
	}
	if t.decoders, err = readDecoder(at("decoder")); err != nil {
		return nil, err
	}
	return t, t.tune()
}

func (t *Tokenizer) readAdded(p part) (err error) {
	if t.added, err = readAdded(p, &t.vocab); err != nil {
		return err
	}
	t.addedIDs, t.addedTexts, t.special = map[string]uint32{}, map[uint32]string{}, map[uint32]bool{}
	var verbatim, normal []addedToken
	var verbatimTexts, normalTexts []string
	var m normalMemory
	for _, a := range t.added {
		t.addedIDs[a.Content] = a.ID
		t.addedTexts[a.ID], t.special[a.ID] = a.Content, a.Special
		if !a.Normalized {
			verbatim, verbatimTexts = append(verbatim, a), append(verbatimTexts, a.Content)
			continue
		}
		b := []byte(a.Content)
		for _, n := range t.normalizers {
			if len(b) > 0 {
				b = n.append(nil, b, &m)
			}
		}
		t.addedTexts[a.ID] = string(b)
		normal, normalTexts = append(normal, a), append(normalTexts, string(b))
	}
	if t.verbatim, err = newAddedSet(verbatim, verbatimTexts); err != nil {
		return p.fail("%v", err)
	}
	if t.normal, err = newAddedSet(normal, normalTexts); err != nil {
		return p.fail("%v", err)
	}
	return nil
}

// tune makes encoding faster without changing what it yields.
func (t *Tokenizer) tune() error {
	b, ok := t.model.(*bpe)
	if !ok {
		return nil
	}
	if n := len(t.stages); n > 0 && t.stages[n-1] == (byteChars{}) && b.takeBytes() {
		t.stages = t.stages[:n-1]
	} else if b.keepsApart(metaspaceMark) {
		s, err := cutBy(metaspaceMark+"*[^"+metaspaceMark+"]+|"+metaspaceMark+"+", false, isolated)
		if err != nil {
			return err
		}
		t.stages = append(t.stages, s)
	}
	return nil
}

// metaspaceMark stands for a space in most vocabularies that have one for it.
const metaspaceMark = "▁"

// Len is the number of ids: they run from 0 to Len()-1, and not all of them
// need be in use.
func (t *Tokenizer) Len() int {
	n := len(t.vocab.texts)
	for _, a := range t.added {
		n = max(n, int(a.ID)+1)
	}
	return n
}

// Token returns the text of a token as it stands in the file, in normal form
// where it is looked for in that; ok is false when there is none of that id.
func (t *Tokenizer) Token(id uint32) (token string, ok bool) {
	if token, ok = t.addedTexts[id]; ok {
		return token, true
	}
	if int(id) >= len(t.vocab.texts) {
		return "", false
	}
	token = t.vocab.texts[id]
	_, ok = t.vocab.ids[token]
	return token, ok
}

// ID returns the id of a token by its text as it stands in the file.
func (t *Tokenizer) ID(token string) (id uint32, ok bool) {
	if id, ok = t.addedIDs[token]; ok {
		return id, true
	}
	id, ok = t.vocab.ids[token]
	return id, ok
}

// Around returns the ids of the tokens that the post-processor puts before and
// after a text. They are not to be modified.
func (t *Tokenizer) Around() (before, after []uint32) { return t.before, t.after }
