package filter

import (
	"fmt"
	"strings"
	"sync"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
	"corpusmill/text/sentencepiece"
)

// tokenizationDoc says what the parameter tokenization of filters of words
// does.
const tokenizationDoc = `With tokenization, a word is a piece of the SentencePiece model {lang}.sp.model. The file is looked for
in the folders of --models, in the user's cache and where Data-Juicer keeps its models; a run doesn't
fetch it, corpusmill models pull does. Its hash is part of the plan. Unigram and BPE models can be read. Runs of text that the model doesn't
know are one word; a lone surrogate is read as U+FFFD, where Data-Juicer fails.`

// splitter finds words: between white space, or in the pieces of a model. Its
// zero value does the first.
type splitter struct {
	tokenizer *record.Tokenizer
	shared    *sharedTokenizer
}

// open loads the model of a language, if there shall be one.
func (s *splitter) open(env *op.Env, tokenization bool, lang string) error {
	if !tokenization {
		return nil
	}
	path, err := findModel(env, lang, ".sp.model")
	if err != nil {
		return err
	}
	if s.shared, err = openTokenizer(path); err != nil {
		return err
	}
	s.tokenizer = s.shared.tokenizer
	return nil
}

// Close lets the model go.
func (s *splitter) Close() error {
	s.shared.close()
	s.shared = nil
	return nil
}

// count is the number of words.
func (s *splitter) count(d *record.Doc) int {
	if s.tokenizer == nil {
		return len(d.Refined())
	}
	return d.Tokens(s.tokenizer).Refined()
}

// ids are the words' hashes, in lower case.
func (s *splitter) ids(d *record.Doc) []uint64 {
	if s.tokenizer == nil {
		return d.WordIDs()
	}
	return d.Tokens(s.tokenizer).WordIDs()
}

// folded are the words in lower case, as parts of lower.
func (s *splitter) folded(d *record.Doc) (lower []byte, words []text.Span) {
	if s.tokenizer == nil {
		return d.Lower(), d.Folded()
	}
	return d.Tokens(s.tokenizer).Folded()
}

// findModel returns the path of a language's model.
func findModel(env *op.Env, lang, suffix string) (string, error) {
	if lang == "" || strings.ContainsAny(lang, `/\`) {
		return "", fmt.Errorf("lang: %q is no language; it names the model {lang}%s", lang, suffix)
	}
	return env.Model(lang + suffix)
}

// sharedTokenizer is a model that the operators of a process share, so that a
// text is cut once for all of them.
type sharedTokenizer struct {
	path      string
	tokenizer *record.Tokenizer
	users     int
}

var tokenizers struct {
	sync.Mutex
	open map[string]*sharedTokenizer
}

func openTokenizer(path string) (*sharedTokenizer, error) {
	tokenizers.Lock()
	defer tokenizers.Unlock()
	s := tokenizers.open[path]
	if s == nil {
		m, err := sentencepiece.Open(path)
		if err != nil {
			return nil, err
		}
		s = &sharedTokenizer{path: path, tokenizer: record.NewTokenizer(m)}
		if tokenizers.open == nil {
			tokenizers.open = map[string]*sharedTokenizer{}
		}
		tokenizers.open[path] = s
	}
	s.users++
	return s, nil
}

func (s *sharedTokenizer) close() {
	if s == nil {
		return
	}
	tokenizers.Lock()
	defer tokenizers.Unlock()
	if s.users--; s.users == 0 {
		delete(tokenizers.open, s.path)
	}
}
