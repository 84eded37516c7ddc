package tokenizers

import (
	"bytes"
	"unicode/utf8"

	"corpusmill/text"
	"corpusmill/text/tokenizers/pattern"
)

// words is a part of a text that is being cut into words.
type words struct {
	text  []byte
	spans []text.Span // of text, none of them empty
	// start says that the part stands at the start of the whole text.
	start bool

	next    []text.Span // memory for the next spans
	bufs    [2][]byte   // and for the next text, in turn
	turn    uint8
	matcher pattern.Matcher
}

// reset makes one word of b, which isn't empty.
func (w *words) reset(b []byte, start bool) {
	w.text, w.start = b, start
	w.spans = append(w.spans[:0], text.Span{End: uint32(len(b))})
}

// stage is a part of a pre-tokenizer.
type stage interface{ apply(w *words) }

// rewrite gives each word the text that f appends for it.
func (w *words) rewrite(f func(dst, word []byte, s text.Span) []byte) {
	dst := w.bufs[w.turn][:0]
	for i, s := range w.spans {
		start := len(dst)
		dst = f(dst, w.text[s.Start:s.End], s)
		w.spans[i] = text.Span{Start: uint32(start), End: uint32(len(dst))}
	}
	w.bufs[w.turn] = dst
	w.turn ^= 1
	w.text = dst
}

// spacePrefix puts a space before words that begin with none.
type spacePrefix struct{}

func (spacePrefix) apply(w *words) {
	for _, s := range w.spans {
		if w.text[s.Start] != ' ' {
			w.rewrite(addSpace)
			return
		}
	}
}

func addSpace(dst, word []byte, _ text.Span) []byte {
	if word[0] != ' ' {
		dst = append(dst, ' ')
	}
	return append(dst, word...)
}

// byteChars writes bytes as characters.
type byteChars struct{}

func (byteChars) apply(w *words) {
	w.rewrite(func(dst, word []byte, _ text.Span) []byte { return appendByteChars(dst, word) })
}

// metaspace writes spaces as another character, and puts one before words.
type metaspace struct {
	mark          []byte
	always, first bool
}

func (m *metaspace) apply(w *words) {
	w.rewrite(func(dst, word []byte, s text.Span) []byte {
		if (m.always || m.first && w.start && s.Start == 0) && word[0] != ' ' && !bytes.HasPrefix(word, m.mark) {
			dst = append(dst, m.mark...)
		}
		for {
			i := bytes.IndexByte(word, ' ')
			if i < 0 {
				return append(dst, word...)
			}
			dst = append(append(dst, word[:i]...), m.mark...)
			word = word[i+1:]
		}
	})
}

// The patterns that pre-tokenizers without one of their own cut by.
const (
	gpt2Pattern       = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	wordPattern       = `[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\s]+`
	punctuationMember = `[\p{P}$+<=>^` + "`" + `|~]`
)

func cutBy(expr string, invert bool, b behaviour) (stage, error) {
	re, err := pattern.Compile(expr)
	if err != nil {
		return nil, err
	}
	return &cutter{regex{re}, invert, b}, nil
}

// readPreTokenizer reads the stages of a pre-tokenizer; null has none.
func readPreTokenizer(p part) ([]stage, error) {
	parts, err := p.flatten("pretokenizers", 0)
	if err != nil {
		return nil, err
	}
	var out []stage
	for _, p := range parts {
		more, err := readStages(p)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func readStages(p part) ([]stage, error) {
	kind, err := p.kind()
	if err != nil {
		return nil, err
	}
	cut := func(expr string, invert bool, b behaviour) ([]stage, error) {
		s, err := cutBy(expr, invert, b)
		return []stage{s}, err
	}
	switch kind {
	case "ByteLevel":
		v := struct {
			AddPrefixSpace bool  `json:"add_prefix_space"`
			UseRegex       *bool `json:"use_regex"`
		}{AddPrefixSpace: true}
		if err := p.decode(&v); err != nil {
			return nil, err
		}
		var out []stage
		if v.AddPrefixSpace {
			out = append(out, spacePrefix{})
		}
		if v.UseRegex == nil || *v.UseRegex {
			s, err := cutBy(gpt2Pattern, false, isolated)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
		return append(out, byteChars{}), nil
	case "Whitespace":
		return cut(wordPattern, true, removed)
	case "WhitespaceSplit":
		return cut(`\s+`, false, removed)
	case "BertPreTokenizer":
		space, err := cutBy(`\s+`, false, removed)
		if err != nil {
			return nil, err
		}
		punctuation, err := cutBy(punctuationMember, false, isolated)
		return []stage{space, punctuation}, err
	case "Digits":
		var v struct {
			IndividualDigits bool `json:"individual_digits"`
		}
		if err := p.decode(&v); err != nil {
			return nil, err
		}
		if v.IndividualDigits {
			return cut(`\p{N}`, false, isolated)
		}
		return cut(`\p{N}+`, false, isolated)
	case "Punctuation":
		b, err := p.behaviourOf(isolated)
		if err != nil {
			return nil, err
		}
		return cut(punctuationMember, false, b)
	case "CharDelimiterSplit":
		d, err := p.at("delimiter")
		if err != nil {
			return nil, err
		}
		r, err := d.char()
		return []stage{&cutter{literal(utf8.AppendRune(nil, r)), false, removed}}, err
	case "Metaspace":
		return readMetaspace(p)
	case "Split":
		return readSplit(p)
	}
	return nil, p.unknown(kind)
}

// behaviourOf reads the key behavior.
func (p part) behaviourOf(otherwise behaviour) (behaviour, error) {
	v, err := p.at("behavior")
	if err != nil || v.absent() {
		return otherwise, err
	}
	var name string
	if err := v.decode(&name); err != nil {
		return 0, err
	}
	b, ok := behaviours[name]
	if !ok {
		return 0, v.fail("the behaviour %q is not known here", name)
	}
	return b, nil
}

func readSplit(p part) ([]stage, error) {
	key, err := p.at("pattern")
	if err != nil {
		return nil, err
	}
	f, err := key.patternOf()
	if err != nil {
		return nil, err
	}
	b, err := p.behaviourOf(isolated)
	if err != nil {
		return nil, err
	}
	var v struct{ Invert bool }
	if err := p.decode(&v); err != nil {
		return nil, err
	}
	return []stage{&cutter{f, v.Invert, b}}, nil
}

// metaspaceConfig is what pre-tokenizer and decoder of that name have in
// common.
type metaspaceConfig struct {
	replacement rune
	scheme      string // always, first or never
	split       bool
}

func readMetaspaceConfig(p part) (c metaspaceConfig, err error) {
	v := struct {
		Prefix *bool  `json:"add_prefix_space"` // of older files
		Scheme string `json:"prepend_scheme"`
		Split  *bool  `json:"split"`
	}{Scheme: "always"}
	if err := p.decode(&v); err != nil {
		return c, err
	}
	r, err := p.at("replacement")
	if err != nil {
		return c, err
	}
	if c.replacement, err = r.char(); err != nil {
		return c, err
	}
	if v.Prefix != nil && !*v.Prefix {
		v.Scheme = "never"
	}
	switch v.Scheme {
	case "always", "first", "never":
	default:
		return c, p.fail("the prepend_scheme %q is not known here", v.Scheme)
	}
	c.scheme, c.split = v.Scheme, v.Split == nil || *v.Split
	return c, nil
}

func readMetaspace(p part) ([]stage, error) {
	c, err := readMetaspaceConfig(p)
	if err != nil {
		return nil, err
	}
	mark := utf8.AppendRune(nil, c.replacement)
	out := []stage{&metaspace{mark: mark, always: c.scheme == "always", first: c.scheme == "first"}}
	if c.split {
		out = append(out, &cutter{literal(mark), false, mergedWithNext})
	}
	return out, nil
}
