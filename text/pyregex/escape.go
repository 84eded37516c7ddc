package pyregex

import (
	"strings"
	"unicode"
)

// The classes of Python's regex module as items of a bracket expression.
const (
	wordItems = `\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}` + "\u200C\u200D\u24B6-\u24E9" +
		"\U0001F130-\U0001F149\U0001F150-\U0001F169\U0001F170-\U0001F189"
	digitItems    = `\p{Nd}`
	notDigitItems = `\P{Nd}`
	spaceItems    = "\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
	notSpaceItems = "\x00-\x08\x0E-\x1F!-\u0084\u0086-\u009F\u00A1-\u167F\u1681-\u1FFF" +
		"\u200B-\u2027\u202A-\u202E\u2030-\u205E\u2060-\u2FFF\u3001-\U0010FFFF"

	wordASCII     = `0-9A-Z_a-z`
	notWordASCII  = "\x00-/:-@\\[-\\^`\\{-\U0010FFFF"
	digitASCII    = `0-9`
	notDigitASCII = "\x00-/:-\U0010FFFF"
	spaceASCII    = "\t-\r "
	notSpaceASCII = "\x00-\x08\x0E-\x1F!-\U0010FFFF"
)

// classEscape returns the items that \w, \d, \s and their opposites stand for;
// negated asks for all but the items. ok is false for other letters.
func (t *translator) classEscape(r rune) (items string, negated, ok bool) {
	unicodes := map[rune]string{'w': wordItems, 'd': digitItems, 'D': notDigitItems, 's': spaceItems, 'S': notSpaceItems}
	asciis := map[rune]string{'w': wordASCII, 'W': notWordASCII, 'd': digitASCII, 'D': notDigitASCII, 's': spaceASCII, 'S': notSpaceASCII}
	if t.f.ASCII {
		items, ok = asciis[r]
		return items, false, ok
	}
	if r == 'W' {
		return wordItems, true, true
	}
	items, ok = unicodes[r]
	return items, false, ok
}

// escape translates what follows a backslash at at, outside a class.
func (t *translator) escape(at int) (nonEmpty, repeatable bool, err error) {
	r := t.peek(0)
	if items, negated, ok := t.classEscape(r); ok {
		t.pos++
		if negated {
			t.emit("[^" + items + "]")
		} else {
			t.emit("[" + items + "]")
		}
		return true, true, nil
	}
	switch r {
	case 'A':
		t.pos++
		t.emit(`(?:\A)`)
		return false, true, nil
	case 'Z', 'z':
		t.pos++
		t.emit(`(?:\z)`)
		return false, true, nil
	case 'b', 'B':
		t.pos++
		t.backtrack = true
		w := "[" + wordItems + "]"
		if t.f.ASCII {
			w = "[" + wordASCII + "]"
		}
		if r == 'b' {
			t.emit("(?:(?<=" + w + ")(?!" + w + ")|(?<!" + w + ")(?=" + w + "))")
		} else {
			t.emit("(?:(?<=" + w + ")(?=" + w + ")|(?<!" + w + ")(?!" + w + "))")
		}
		return false, true, nil
	case 'g':
		t.pos++
		if !t.accept("<") {
			return false, false, t.errorf(at, "missing < after \\g")
		}
		return t.namedReference(at, '>')
	case 'p', 'P':
		t.pos++
		p, err := t.property(at, r == 'P')
		t.emit(p)
		return true, true, err
	}
	if r >= '1' && r <= '9' && !t.octal() {
		n := int(r - '0')
		t.pos++
		if d := t.peek(0); d >= '0' && d <= '9' {
			n = n*10 + int(d-'0')
			t.pos++
		}
		return false, true, t.reference(at, n)
	}
	c, err := t.char(at)
	if err == nil {
		t.literal(c)
	}
	return true, true, err
}

// octal says whether three octal digits come next.
func (t *translator) octal() bool {
	for k := range 3 {
		if r := t.peek(k); r < '0' || r > '7' {
			return false
		}
	}
	return true
}

// char reads the rest of an escape that stands for one code point.
func (t *translator) char(at int) (rune, error) {
	r := t.peek(0)
	if r == -1 {
		return 0, t.errorf(at, "bad escape (end of pattern)")
	}
	if r == '0' || r >= '1' && r <= '7' && t.octal() {
		n := 0
		for k := 0; k < 3 && t.peek(0) >= '0' && t.peek(0) <= '7'; k++ {
			n = n*8 + int(t.peek(0)-'0')
			t.pos++
		}
		return rune(n & 0x1FF), nil
	}
	t.pos++
	if c, ok := charEscape[r]; ok {
		return c, nil
	}
	if n, ok := hexEscape[r]; ok {
		var c int
		for range n {
			d := strings.IndexRune("0123456789abcdef", unicode.ToLower(t.peek(0)))
			if d < 0 {
				return 0, t.errorf(at, "incomplete escape \\%c: %d hexadecimal digits follow it", r, n)
			}
			c = c<<4 | d
			t.pos++
		}
		if c > unicode.MaxRune || c >= 0xD800 && c < 0xE000 {
			return 0, t.errorf(at, "the escape is no character")
		}
		return rune(c), nil
	}
	if r >= '0' && r <= '9' || r < 0x80 && unicode.IsLetter(r) {
		return 0, t.errorf(at, "bad or unsupported escape \\%c", r)
	}
	return r, nil
}

var (
	charEscape = map[rune]rune{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}
	hexEscape  = map[rune]int{'x': 2, 'u': 4, 'U': 8}
)

// property translates the name of a Unicode general category or script.
func (t *translator) property(at int, negated bool) (string, error) {
	name := string(t.peek(0))
	if t.accept("{") {
		var err error
		if name, err = t.name(at, '}'); err != nil {
			return "", err
		}
	} else {
		t.pos++
	}
	if rest, ok := strings.CutPrefix(name, "^"); ok {
		name, negated = rest, !negated
	}
	if _, value, ok := strings.Cut(name, "="); ok {
		name = value
	}
	key := propertyKey(name)
	for _, tables := range []map[string]*unicode.RangeTable{unicode.Categories, unicode.Scripts} {
		for have := range tables {
			if k := propertyKey(have); k == key || "is"+k == key {
				if negated {
					return `\P{` + have + "}", nil
				}
				return `\p{` + have + "}", nil
			}
		}
	}
	return "", t.errorf(at, "unknown or unsupported property %q: general categories and scripts are known", name)
}

func propertyKey(s string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(s))
}
