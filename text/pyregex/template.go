package pyregex

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Template is a compiled replacement, by the rules of Python's regex.sub: \1
// to \99 and \g<name> insert a group, nothing where the group took no part; \\
// is a backslash; \n, \t, \x41, \u0041 and octal escapes are characters; a
// backslash before anything but an ASCII letter stays with it.
type Template struct{ parts []part }

// part is a literal, or a group when group is not negative.
type part struct {
	lit   string
	group int
}

// MaxGroup is the highest group that the template inserts, 0 for the whole
// match or none.
func (t *Template) MaxGroup() int {
	m := 0
	for _, p := range t.parts {
		m = max(m, p.group)
	}
	return m
}

// Append appends the replacement to dst; group appends what a group matched.
func (t *Template) Append(dst []byte, group func(dst []byte, n int) []byte) []byte {
	for _, p := range t.parts {
		if p.group < 0 {
			dst = append(dst, p.lit...)
		} else {
			dst = group(dst, p.group)
		}
	}
	return dst
}

// Template compiles a replacement for the matches of re; see NewTemplate.
func (re *Regexp) Template(repl string) (*Template, error) {
	return NewTemplate(repl, re.groups, re.names)
}

// NewTemplate compiles a replacement for a pattern that has so many groups, of
// which some have names. Its errors are of type *Error.
func NewTemplate(repl string, groups int, names map[string]int) (*Template, error) {
	p := templateParser{translator{pattern: repl, src: []rune(repl)}}
	var lit strings.Builder
	out := &Template{}
	flush := func() {
		if lit.Len() > 0 {
			out.parts = append(out.parts, part{lit.String(), -1})
			lit.Reset()
		}
	}
	for p.pos < len(p.src) {
		at := p.pos
		r := p.src[p.pos]
		p.pos++
		if r != '\\' {
			lit.WriteRune(r)
			continue
		}
		s, group, err := p.escape(at, names)
		if err != nil {
			return nil, err
		}
		if group < 0 {
			lit.WriteString(s)
			continue
		}
		if group > groups {
			return nil, p.errorf(at, "invalid group reference %d: the pattern has %d groups", group, groups)
		}
		flush()
		out.parts = append(out.parts, part{"", group})
	}
	flush()
	return out, nil
}

type templateParser struct{ translator }

// escape reads what follows a backslash: a literal, or a group.
func (p *templateParser) escape(at int, names map[string]int) (lit string, group int, err error) {
	r := p.peek(0)
	switch {
	case r == 'g':
		p.pos++
		if !p.accept("<") {
			return "", 0, p.errorf(at, "missing < after \\g")
		}
		name, err := p.name(at, '>')
		if err != nil {
			return "", 0, err
		}
		if n, ok := names[name]; ok {
			return "", n, nil
		}
		n, err := strconv.Atoi(name)
		if err != nil || n < 0 {
			return "", 0, p.errorf(at, "unknown group %q", name)
		}
		return "", n, nil
	case r >= '1' && r <= '9' && !p.octal():
		n := int(r - '0')
		p.pos++
		if d := p.peek(0); d >= '0' && d <= '9' {
			n = n*10 + int(d-'0')
			p.pos++
		}
		return "", n, nil
	case r >= '0' && r <= '9', r < utf8.RuneSelf && unicode.IsLetter(r), r == -1:
		c, err := p.char(at)
		return string(c), -1, err
	case r == '\\':
		p.pos++
		return `\`, -1, nil
	}
	p.pos++
	return `\` + string(r), -1, nil
}
