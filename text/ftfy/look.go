package ftfy

import (
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"corpusmill/text"
)

// steps are kinds of work that a text may need.
type steps uint8

const (
	entities      steps = 1 << iota // there is an HTML entity
	mojibake                        // the heuristic found something unlikely
	characters                      // there are code points that are replaced or removed alone
	normalization                   // it may not be in the normal form
	allSteps      = entities | mojibake | characters | normalization
)

// mark is what look has to know of a code point.
type mark struct {
	class uint8 // in the automaton of badness.txt
	todo  steps
}

type page [256]mark

// look says which steps may change b; none is missing of those that would be
// the first to do so.
func (f *Fixer) look(b []byte) (todo steps) {
	state := uint8(0)
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			if state == forgetful {
				// Of ASCII before another code point no sequence has more
				// than two.
				if n := plainASCII(b[i:]); n > 2 {
					i += n - 2
					c = b[i]
				}
			}
			if c != '&' {
				todo |= asciiMarks[c].todo
			} else if entityLen(b[i:]) > 0 {
				todo |= entities
			}
			state = badNext[state][asciiMarks[c].class]
			i++
			continue
		}
		r, n := text.Decode(b[i:])
		i += n
		m := f.mark(r)
		todo |= m.todo
		state = badNext[state][m.class]
	}
	if state == badState {
		todo |= mojibake
	}
	return todo
}

// isBad says whether something in rs is unlikely in text that nobody garbled.
func (f *Fixer) isBad(rs []rune) bool {
	state := uint8(0)
	for _, r := range rs {
		if state = badNext[state][f.mark(r).class]; state == badState {
			return true
		}
	}
	return false
}

// forgetful is the state of the automaton that remembers nothing.
const forgetful = 1

func (f *Fixer) mark(r rune) mark {
	p := f.pages[r>>8]
	if p == nil {
		p = f.newPage(r &^ 255)
		f.pages[r>>8] = p
	}
	return p[r&255]
}

func (f *Fixer) newPage(first rune) *page {
	p := new(page)
	var mem [utf8.UTFMax]byte
	for i := range p {
		r := first + rune(i)
		m := mark{class: classOf(r)}
		if _, ok := replacements()[r]; ok || isControl(r) || isSurrogate(r) {
			m.todo |= characters
		}
		if !isSurrogate(r) {
			b := utf8.AppendRune(mem[:0], r)
			if !f.form.Properties(b).BoundaryBefore() || !f.form.IsNormal(b) {
				m.todo |= normalization
			}
		}
		p[i] = m
	}
	return p
}

func classOf(r rune) uint8 {
	if r < farRune {
		return nearClass[nearBlock[r>>6]][r&63]
	}
	if c, ok := farClass[r]; ok {
		return c
	}
	switch {
	case r == '\u3000':
		return spaceClass
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		return wordClass
	}
	return otherClass
}

// isControl says whether r is removed: it has no visible effect, or none that
// is meant.
func isControl(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\t' && r != '\n' && r != '\f' && r != '\r'
	case r == 0x7F, r >= 0x206A && r <= 0x206F, r == 0xFEFF, r >= 0xFFF9 && r <= 0xFFFC:
		return true
	}
	return false
}

func isSurrogate(r rune) bool { return r&^0x7FF == 0xD800 }

// asciiMarks leaves out that & may begin an entity.
var asciiMarks = func() (t [utf8.RuneSelf]mark) {
	for c := range t {
		t[c].class = classOf(rune(c))
		if isControl(rune(c)) || c == '\r' {
			t[c].todo = characters
		}
	}
	return t
}()

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainASCII returns the length of the longest prefix of b in which nothing
// can be to do: ASCII without & and control characters, tabs and newlines
// excepted.
func plainASCII(b []byte) int {
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		and, del := w^'&'*ones, w^0x7F*ones
		// The high bit is set of bytes above 0x7F, below 0x20, & and DEL, and
		// seldom of others.
		hits := w | (w-' '*ones)&^w | (and-ones)&^and | (del-ones)&^del
		for hits &= highs; hits != 0; hits &= hits - 1 {
			at := i + bits.TrailingZeros64(hits)>>3
			if c := b[at]; c >= utf8.RuneSelf || c == '&' || asciiMarks[c].todo != 0 {
				return at
			}
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c >= utf8.RuneSelf || c == '&' || asciiMarks[c].todo != 0 {
			break
		}
	}
	return i
}
