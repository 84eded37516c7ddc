package tokenizers

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"corpusmill/text"
	"corpusmill/text/normal"
	"corpusmill/text/tokenizers/pattern"
)

// normalizer changes the text before it is cut.
type normalizer interface {
	// append appends the normal form of b, which is UTF-8 and not empty.
	append(dst, b []byte, m *normalMemory) []byte
	// leaves says, cheaply, that b is in normal form; false where that is not
	// known.
	leaves(b []byte) bool
	// drops says that nothing comes in the place of the first character of b,
	// which isn't empty.
	drops(b []byte, m *normalMemory) bool
}

// keeps is of normalizers that drop nothing.
type keeps struct{}

func (keeps) drops([]byte, *normalMemory) bool { return false }

// normalMemory is what normalizers need for a text; an Encoder has it.
type normalMemory struct {
	matcher pattern.Matcher
	former  normal.Former
}

// each changes one character at a time; by returns what comes in its place,
// and how many characters these are.
type each struct {
	by func(r rune) (to [3]rune, n int)
	// ascii are those that by leaves.
	ascii [utf8.RuneSelf]bool
}

func newEach(by func(r rune) (to [3]rune, n int)) *each {
	e := &each{by: by}
	for c := range e.ascii {
		to, n := by(rune(c))
		e.ascii[c] = n == 1 && to[0] == rune(c)
	}
	return e
}

func (e *each) leaves(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf || !e.ascii[c] {
			return false
		}
	}
	return true
}

func (e *each) drops(b []byte, _ *normalMemory) bool {
	r, _ := utf8.DecodeRune(b)
	_, n := e.by(r)
	return n == 0
}

func (e *each) append(dst, b []byte, _ *normalMemory) []byte {
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf && e.ascii[c] {
			dst = append(dst, c)
			i++
			continue
		}
		r, width := utf8.DecodeRune(b[i:])
		i += width
		to, n := e.by(r)
		for _, r := range to[:n] {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// form is a normal form of Unicode.
type form struct {
	norm.Form
	keeps
}

func (f form) leaves(b []byte) bool { return f.QuickSpan(b) == len(b) }

func (f form) append(dst, b []byte, m *normalMemory) []byte { return m.former.Append(f.Form, dst, b) }

// prepend puts a text before.
type prepend struct {
	text []byte
	keeps
}

func (p prepend) leaves([]byte) bool { return len(p.text) == 0 }

func (p prepend) append(dst, b []byte, _ *normalMemory) []byte {
	return append(append(dst, p.text...), b...)
}

// strip removes white space at the ends.
type strip struct{ left, right bool }

func (s strip) cut(b []byte) []byte {
	if s.left {
		b = bytes.TrimLeftFunc(b, text.IsPatternSpace)
	}
	if s.right {
		b = bytes.TrimRightFunc(b, text.IsPatternSpace)
	}
	return b
}

func (s strip) leaves(b []byte) bool { return len(s.cut(b)) == len(b) }

func (s strip) drops(b []byte, _ *normalMemory) bool { return len(strip{left: s.left}.cut(b)) < len(b) }

func (s strip) append(dst, b []byte, _ *normalMemory) []byte { return append(dst, s.cut(b)...) }

// replace puts a text in the place of what is found.
type replace struct {
	finder
	with []byte
}

func (r *replace) leaves([]byte) bool { return false }

func (r *replace) drops(b []byte, m *normalMemory) bool {
	if len(r.with) > 0 {
		return false
	}
	start, end, ok := r.find(&m.matcher, b, 0)
	return ok && start == 0 && end > 0
}

func (r *replace) append(dst, b []byte, m *normalMemory) []byte {
	done := 0
	for p := placesOf(r.finder); ; {
		start, end, ok := p.next(&m.matcher, b)
		if !ok {
			return append(dst, b[done:]...)
		}
		dst = append(append(dst, b[done:start]...), r.with...)
		done = end
	}
}

// charsOfBytes writes bytes as characters.
type charsOfBytes struct{ keeps }

func (charsOfBytes) leaves([]byte) bool { return false }

func (charsOfBytes) append(dst, b []byte, _ *normalMemory) []byte { return appendByteChars(dst, b) }

func one(r rune) (to [3]rune, n int) { return [3]rune{r}, 1 }

// lower is the lower case of a character, whatever stands beside it.
func lower(r rune) (to [3]rune, n int) {
	if r == 'İ' {
		return [3]rune{'i', '\u0307'}, 2
	}
	return one(unicode.ToLower(r))
}

// unless drops the characters of which drop holds.
func unless(drop func(rune) bool) func(r rune) (to [3]rune, n int) {
	return func(r rune) (to [3]rune, n int) {
		if drop(r) {
			return to, 0
		}
		return one(r)
	}
}

// cleaned drops control characters and makes every white space a space, as
// BERT does.
func cleaned(r rune) (to [3]rune, n int) {
	switch {
	case r == '\t' || r == '\n' || r == '\r' || text.IsPatternSpace(r) && !unicode.Is(unicode.Cc, r):
		r = ' '
	case r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
		return to, 0
	}
	return one(r)
}

// ideographs puts spaces around Chinese characters, by BERT's ranges.
func ideographs(r rune) (to [3]rune, n int) {
	if !(r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x2A6DF ||
		r >= 0x2A700 && r <= 0x2B73F || r >= 0x2B740 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F) {
		return one(r)
	}
	return [3]rune{' ', r, ' '}, 3
}

// nmt drops and blanks what SentencePiece's rules of that name do.
func nmt(r rune) (to [3]rune, n int) {
	switch {
	case r >= 1 && r <= 8, r == 0xB, r >= 0xE && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
		return to, 0
	case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, r >= 0x200B && r <= 0x200F, r == 0x2028, r == 0x2029,
		r == 0x2581, r == 0xFEFF, r == 0xFFFD:
		r = ' '
	}
	return one(r)
}

// readNormalizer reads the steps of a normalizer; null has none.
func readNormalizer(p part) ([]normalizer, error) {
	parts, err := p.flatten("normalizers", 0)
	if err != nil {
		return nil, err
	}
	var out []normalizer
	for _, p := range parts {
		more, err := readNormal(p)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func readNormal(p part) ([]normalizer, error) {
	kind, err := p.kind()
	if err != nil {
		return nil, err
	}
	switch kind {
	case "NFC":
		return []normalizer{form{Form: norm.NFC}}, nil
	case "NFD":
		return []normalizer{form{Form: norm.NFD}}, nil
	case "NFKC":
		return []normalizer{form{Form: norm.NFKC}}, nil
	case "NFKD":
		return []normalizer{form{Form: norm.NFKD}}, nil
	case "Lowercase":
		return []normalizer{newEach(lower)}, nil
	case "StripAccents":
		return []normalizer{newEach(unless(unicode.IsMark))}, nil
	case "Nmt":
		return []normalizer{newEach(nmt)}, nil
	case "ByteLevel":
		return []normalizer{charsOfBytes{}}, nil
	case "Strip":
		var v struct {
			Left  bool `json:"strip_left"`
			Right bool `json:"strip_right"`
		}
		err := p.decode(&v)
		return []normalizer{strip{v.Left, v.Right}}, err
	case "Prepend":
		var v struct{ Prepend string }
		err := p.decode(&v)
		return []normalizer{prepend{text: []byte(v.Prepend)}}, err
	case "Replace":
		key, err := p.at("pattern")
		if err != nil {
			return nil, err
		}
		f, err := key.patternOf()
		if err != nil {
			return nil, err
		}
		var v struct{ Content string }
		err = p.decode(&v)
		return []normalizer{&replace{f, []byte(v.Content)}}, err
	case "BertNormalizer":
		return readBertNormalizer(p)
	}
	return nil, p.unknown(kind)
}

func readBertNormalizer(p part) (out []normalizer, err error) {
	v := struct {
		Clean   bool  `json:"clean_text"`
		Chinese bool  `json:"handle_chinese_chars"`
		Accents *bool `json:"strip_accents"`
		Lower   bool  `json:"lowercase"`
	}{true, true, nil, true}
	if err := p.decode(&v); err != nil {
		return nil, err
	}
	if v.Clean {
		out = append(out, newEach(cleaned))
	}
	if v.Chinese {
		out = append(out, newEach(ideographs))
	}
	if v.Accents == nil && v.Lower || v.Accents != nil && *v.Accents {
		out = append(out, form{Form: norm.NFD}, newEach(unless(func(r rune) bool { return unicode.Is(unicode.Mn, r) })))
	}
	if v.Lower {
		out = append(out, newEach(lower))
	}
	return out, nil
}
