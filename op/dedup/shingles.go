package dedup

import (
	"fmt"

	"corpusmill/record"
	"corpusmill/text/pyregex"
	"corpusmill/text/sentencepiece"
	"corpusmill/text/shingle"
)

// shingleParams are what operators that compare texts by shingles share.
type shingleParams struct {
	WindowSize    int64   `json:"window_size" min:"1" doc:"tokens in a shingle"`
	Lowercase     bool    `json:"lowercase" doc:"compare texts in lower case"`
	IgnorePattern *string `json:"ignore_pattern" doc:"what matches this pattern, in the syntax of Python's regex module, is taken out of the text first; null for nothing"`
}

const shinglesDoc = `A shingle is window_size tokens in a row; one begins at each token. Tokens are what lies between spaces
(U+0020 alone: a line break is part of a token), joined by one space; between punctuation (the Unicode
category P), joined by one space, where tokens may be empty; or single characters. A text with fewer
tokens than a window has one shingle, all its tokens: such texts are duplicates when they are the same,
and of nothing else. Data-Juicer takes all of them for duplicates of each other, or fails on them, as
versions differ. Lower case is Python's str.lower.

A row on which the engine for ignore_pattern exceeds its stack is quarantined; patterns without
look-around, back-references and \b run in linear time and have no stack.`

// tokenizations are the values of the parameter tokenization.
var tokenizations = map[string]shingle.Tokens{
	"space": shingle.Space, "punctuation": shingle.Punctuation, "character": shingle.Character, "sentencepiece": shingle.Pieces,
}

// shingles are those of an operator.
type shingles struct {
	params  shingleParams
	tokens  shingle.Tokens
	pattern *pyregex.Regexp // nil for none
	nothing *pyregex.Template
	model   *sentencepiece.Model // for shingle.Pieces
}

func newShingles(tokenization string, p shingleParams) (shingles, error) {
	s := shingles{params: p}
	var known bool
	if s.tokens, known = tokenizations[tokenization]; !known {
		return s, fmt.Errorf("tokenization: %q is none", tokenization)
	}
	if p.WindowSize < 1 {
		return s, fmt.Errorf("window_size is %d; a shingle has a token at least", p.WindowSize)
	}
	if p.IgnorePattern == nil || *p.IgnorePattern == "" {
		return s, nil
	}
	var err error
	if s.pattern, err = pyregex.Compile(*p.IgnorePattern, pyregex.Flags{}); err == nil {
		s.nothing, err = s.pattern.Template("")
	}
	if err != nil {
		return s, fmt.Errorf("ignore_pattern: %w", err)
	}
	return s, nil
}

// shingler is what a worker cuts texts with.
type shingler struct {
	*shingle.Cutter
	lower bool
	sub   *pyregex.Sub
	buf   []byte
}

func (s *shingles) shingler() shingler {
	out := shingler{Cutter: shingle.New(s.tokens, int(min(s.params.WindowSize, 1<<31-1)), s.model), lower: s.params.Lowercase}
	if s.pattern != nil {
		out.sub = pyregex.NewSub(s.pattern, s.nothing)
	}
	return out
}

// read makes the Cutter speak of a text. An error is the text's.
func (s *shingler) read(d *record.Doc) error {
	b := d.Text()
	if s.lower {
		b = d.Lower()
	}
	if s.sub != nil {
		out, found, err := s.sub.Append(s.buf[:0], b)
		if err != nil {
			return fmt.Errorf("ignore_pattern: %w", err)
		}
		if s.buf = out; found {
			b = out
		}
	}
	s.Reset(b)
	return nil
}
