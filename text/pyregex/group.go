package pyregex

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// group translates what follows an opening parenthesis at at.
func (t *translator) group(at int) (nonEmpty, repeatable bool, err error) {
	if t.depth++; t.depth > maxNesting {
		return false, false, t.errorf(at, "groups nest more than %d deep", maxNesting)
	}
	defer func(f Flags) { t.f, t.depth = f, t.depth-1 }(t.f)
	if !t.accept("?") {
		return t.capture(at)
	}
	switch {
	case t.accept("#"):
		for t.peek(0) != ')' {
			if t.peek(0) == -1 {
				return false, false, t.errorf(at, "missing ), unterminated comment")
			}
			t.pos++
		}
		t.pos++
		return false, false, nil
	case t.accept(":"):
		t.emit("(?:")
		return t.body(at)
	case t.accept("P="):
		return t.namedReference(at, ')')
	case t.accept("P<"):
		return t.named(at)
	case t.peek(0) == '<' && t.peek(1) != '=' && t.peek(1) != '!':
		t.pos++
		return t.named(at)
	case t.accept("("):
		return t.condition(at)
	}
	for _, s := range []string{"=", "!", "<=", "<!", ">"} {
		if t.accept(s) {
			t.backtrack = true
			t.emit("(?" + s)
			nonEmpty, repeatable, err = t.body(at)
			return nonEmpty && s == ">", repeatable, err
		}
	}
	return t.flags(at)
}

// body translates up to the closing parenthesis.
func (t *translator) body(at int) (nonEmpty, repeatable bool, err error) {
	nonEmpty, err = t.alternatives()
	if err == nil && !t.accept(")") {
		err = t.errorf(at, "missing ), unterminated group")
	}
	t.emit(")")
	return nonEmpty, true, err
}

func (t *translator) name(at int, end rune) (string, error) {
	var b strings.Builder
	for t.peek(0) != end {
		if t.peek(0) == -1 {
			return "", t.errorf(at, "missing %c, unterminated name", end)
		}
		b.WriteRune(t.src[t.pos])
		t.pos++
	}
	t.pos++
	if b.Len() == 0 {
		return "", t.errorf(at, "missing group name")
	}
	return b.String(), nil
}

func (t *translator) named(at int) (nonEmpty, repeatable bool, err error) {
	name, err := t.name(at, '>')
	if err != nil {
		return false, false, err
	}
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false, false, t.errorf(at, "bad group name %q", name)
		}
	}
	if _, dup := t.names[name]; dup {
		return false, false, t.errorf(at, "two groups named %q are not supported", name)
	}
	t.names[name] = t.groups + 1
	return t.capture(at)
}

// capture translates the rest of a capturing group.
func (t *translator) capture(at int) (nonEmpty, repeatable bool, err error) {
	t.groups++
	t.open = append(t.open, t.groups)
	t.emit("(")
	nonEmpty, repeatable, err = t.body(at)
	t.open = t.open[:len(t.open)-1]
	return nonEmpty, repeatable, err
}

// namedReference translates a back-reference by name or number.
func (t *translator) namedReference(at int, end rune) (nonEmpty, repeatable bool, err error) {
	name, err := t.name(at, end)
	if err != nil {
		return false, false, err
	}
	n, ok := t.names[name]
	if !ok {
		if n, err = strconv.Atoi(name); err != nil || n < 0 {
			return false, false, t.errorf(at, "unknown group %q", name)
		}
	}
	return false, true, t.reference(at, n)
}

// condition translates (?(group)yes|no).
func (t *translator) condition(at int) (nonEmpty, repeatable bool, err error) {
	name, err := t.name(at, ')')
	if err != nil {
		return false, false, err
	}
	n, ok := t.names[name]
	if !ok {
		if n, err = strconv.Atoi(name); err != nil || n < 1 || n > t.groups {
			return false, false, t.errorf(at, "condition on an unknown group %q", name)
		}
	}
	t.backtrack = true
	t.emit(fmt.Sprintf("(?(%d)", n))
	_, repeatable, err = t.body(at)
	return false, repeatable, err
}

// flags translates (?flags), which holds for the whole pattern, and
// (?flags-flags:...).
func (t *translator) flags(at int) (nonEmpty, repeatable bool, err error) {
	on, f := true, t.f
	for {
		r := t.peek(0)
		t.pos++
		switch r {
		case 'i':
			f.IgnoreCase = on
		case 'm':
			f.MultiLine = on
		case 's':
			f.DotAll = on
		case 'x':
			f.Verbose = on
		case 'a':
			f.ASCII = on
		case 'u':
			f.ASCII = false
		case 'V':
			if !t.accept("0") {
				return false, false, t.errorf(at, "only version 0 of the syntax is supported")
			}
		case '-':
			on = false
		case ')':
			if f != t.f && on {
				return false, false, globalFlags{f}
			}
			return false, false, nil
		case ':':
			t.f = f
			if f.IgnoreCase {
				t.emit("(?i:")
			} else {
				t.emit("(?-i:")
			}
			return t.body(at)
		case -1:
			return false, false, t.errorf(at, "missing ), unterminated group")
		default:
			return false, false, t.errorf(at, "unknown or unsupported extension (?%c", r)
		}
	}
}
