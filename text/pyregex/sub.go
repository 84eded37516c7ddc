package pyregex

import (
	"bytes"

	"github.com/dlclark/regexp2/v2"

	"corpusmill/text"
)

// Sub replaces the matches of a pattern in one text after another, as Python's
// regex.sub. It belongs to one goroutine and keeps its memory between texts.
type Sub struct {
	re    *Regexp
	tmpl  *Template
	runes []rune
}

// NewSub returns a Sub that replaces matches of re by t, a template of re.
func NewSub(re *Regexp, t *Template) *Sub { return &Sub{re: re, tmpl: t} }

// Append appends b to dst with its matches replaced, or returns dst and false
// when there are none. An error is the text's: matching it took more stack
// than is allowed.
func (s *Sub) Append(dst, b []byte) (out []byte, found bool, err error) {
	if !bytes.Contains(b, s.re.holds) {
		return dst, false, nil
	}
	if s.re.linear != nil && !hasSurrogate(b) {
		out, found = s.linear(dst, b)
		return out, found, nil
	}
	return s.backtrack(dst, b)
}

// linear relies on the pattern not matching empty: then Go's rules for the
// next match are Python's.
func (s *Sub) linear(dst, b []byte) ([]byte, bool) {
	if !s.re.linear.Match(b) {
		return dst, false
	}
	done := 0
	for _, m := range s.re.linear.FindAllSubmatchIndex(b, -1) {
		dst = append(dst, b[done:m[0]]...)
		dst = s.tmpl.Append(dst, func(dst []byte, n int) []byte {
			if m[2*n] < 0 {
				return dst
			}
			return append(dst, b[m[2*n]:m[2*n+1]]...)
		})
		done = m[1]
	}
	return append(dst, b[done:]...), true
}

func (s *Sub) backtrack(dst, b []byte) (out []byte, found bool, err error) {
	s.runes = s.runes[:0]
	for i := 0; i < len(b); {
		r, n := text.Decode(b[i:])
		s.runes = append(s.runes, r)
		i += n
	}
	start, done := len(dst), 0
	last := -1 // where the last match ended, if it was empty
	replace := func(m regexp2.MatchView) bool {
		at, n, _ := m.GroupRange(0)
		dst = appendRunes(dst, s.runes[done:at])
		dst = s.tmpl.Append(dst, func(dst []byte, g int) []byte {
			at, n, ok := m.GroupRange(g)
			if !ok {
				return dst
			}
			return appendRunes(dst, s.runes[at:at+n])
		})
		done, found = at+n, true
		if last = -1; n == 0 {
			last = done
		}
		return s.re.again == nil // else the search starts anew, see below
	}
	if s.re.again == nil {
		err = s.re.back.FindRunesMatches(s.runes, 0, replace)
	} else {
		// An empty match may follow another match directly, but not an empty
		// one; the engine's own iteration has another rule.
		for more := true; more && err == nil; {
			re := s.re.back
			if last == done {
				re = s.re.again
			}
			more = false
			err = re.FindRunesMatches(s.runes, done, func(m regexp2.MatchView) bool {
				more = true
				return replace(m)
			})
		}
	}
	if err != nil || !found {
		return dst[:start], false, err
	}
	return appendRunes(dst, s.runes[done:]), true, nil
}

func appendRunes(dst []byte, rs []rune) []byte {
	for _, r := range rs {
		dst = text.Append(dst, r)
	}
	return dst
}

// hasSurrogate looks for the two bytes that a surrogate begins with.
func hasSurrogate(b []byte) bool {
	for {
		k := bytes.IndexByte(b, 0xED)
		if k < 0 || k+1 == len(b) {
			return false
		}
		if b = b[k+1:]; b[0] >= 0xA0 {
			return true
		}
	}
}
