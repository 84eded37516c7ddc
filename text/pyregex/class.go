package pyregex

import "unicode/utf8"

// class translates a bracket expression whose bracket stands at at.
func (t *translator) class(at int) error {
	negated := t.accept("^")
	var items []byte
	notWord := false
	turkic := "" // what a letter of the class matches without regard to case; see literal
	for first := true; ; first = false {
		here := t.pos
		r := t.peek(0)
		if r == -1 {
			return t.errorf(at, "unterminated character set")
		}
		t.pos++
		if r == ']' && !first {
			break
		}
		if r == '[' && t.peek(0) == ':' {
			return t.errorf(here, "POSIX classes are not supported; use \\p{..}")
		}
		lo := r
		if r == '\\' {
			e := t.peek(0)
			if s, not, ok := t.classEscape(e); ok {
				t.pos++
				if not {
					notWord = true
				} else {
					items = append(items, s...)
				}
				continue
			}
			if e == 'p' || e == 'P' {
				t.pos++
				p, err := t.property(here, e == 'P')
				if err != nil {
					return err
				}
				items = append(items, p...)
				continue
			}
			var err error
			if lo, err = t.char(here); err != nil {
				return err
			}
		}
		hi, err := t.rangeEnd(lo)
		if err != nil {
			return err
		}
		if hi < lo {
			return t.errorf(here, "bad character range")
		}
		for _, pair := range []string{"iİ", "Iı", "İi", "İİ", "ıI", "ıı"} {
			if r, n := utf8.DecodeRuneInString(pair); lo <= r && r <= hi {
				turkic += pair[n:]
			}
		}
		items = appendLiteral(items, lo)
		if hi > lo {
			items = appendLiteral(append(items, '-'), hi)
		}
	}
	if turkic != "" && t.f.IgnoreCase {
		turkic = "(?-i:[" + turkic + "])"
		if negated {
			t.backtrack = true
			t.emit("(?:(?!" + turkic + ")")
		} else {
			t.emit("(?:" + turkic + "|")
		}
		defer t.emit(")")
	}
	switch {
	case !notWord && negated:
		t.emit("[^" + string(items) + "]")
	case !notWord:
		t.emit("[" + string(items) + "]")
	case negated:
		// All but \W and the items: a word character that is no item.
		if len(items) > 0 {
			t.backtrack = true
			t.emit("(?:(?![" + string(items) + "])[" + wordItems + "])")
		} else {
			t.emit("[" + wordItems + "]")
		}
	case len(items) > 0:
		t.emit("(?:[^" + wordItems + "]|[" + string(items) + "])")
	default:
		t.emit("[^" + wordItems + "]")
	}
	return nil
}

// rangeEnd reads the end of a range that begins with lo, lo itself when no
// range follows. A hyphen before a class or the bracket's end is a literal.
func (t *translator) rangeEnd(lo rune) (rune, error) {
	if t.peek(0) != '-' || t.peek(1) == ']' || t.peek(1) == -1 {
		return lo, nil
	}
	here := t.pos + 1
	r := t.peek(1)
	if r != '\\' {
		t.pos += 2
		return r, nil
	}
	e := t.peek(2)
	if _, _, ok := t.classEscape(e); ok || e == 'p' || e == 'P' {
		return lo, nil
	}
	t.pos += 2
	return t.char(here)
}
