package pattern

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Error is a fault in a pattern, or something that this package doesn't know.
type Error struct {
	Pattern string
	At      int // offset in bytes
	Msg     string
}

func (e *Error) Error() string {
	return fmt.Sprintf("the pattern %q at byte %d: %s", e.Pattern, e.At, e.Msg)
}

// maxPattern is the longest pattern in bytes. Tokenizers in use have some 400.
const maxPattern = 1 << 14

// maxDepth is how deep groups and sets may nest.
const maxDepth = 64

// unbounded is the max of a repeat without one.
const unbounded = 1 << 30

type mode uint8

const (
	greedy mode = iota
	lazy
	possessive
)

// node is a part of a pattern: a set of characters, a sequence, a choice, a
// repeat of its one child, or a look-ahead at it.
type node struct {
	kind     nodeKind
	set      *set
	children []*node
	min, max int
	mode     mode
	negative bool
}

type nodeKind uint8

const (
	kindSet nodeKind = iota
	kindSequence
	kindChoice
	kindRepeat
	kindAhead
	kindAtomic
	kindTextStart
	kindTextEnd
)

type parser struct {
	src   string
	at    int
	depth int
	sets  int // open now
}

func (p *parser) fail(format string, a ...any) error {
	return &Error{p.src, p.at, fmt.Sprintf(format, a...)}
}

func (p *parser) next() (r rune, ok bool) {
	if p.at == len(p.src) {
		return 0, false
	}
	r, n := utf8.DecodeRuneInString(p.src[p.at:])
	p.at += n
	return r, true
}

func (p *parser) take(s string) bool {
	if len(p.src)-p.at < len(s) || p.src[p.at:p.at+len(s)] != s {
		return false
	}
	p.at += len(s)
	return true
}

// choice reads alternatives up to a closing parenthesis or the end.
func (p *parser) choice(fold bool) (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("groups nest deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	c := &node{kind: kindChoice}
	for {
		s, err := p.sequence(fold)
		if err != nil {
			return nil, err
		}
		c.children = append(c.children, s)
		if !p.take("|") {
			break
		}
	}
	if len(c.children) == 1 {
		return c.children[0], nil
	}
	return c, nil
}

func (p *parser) sequence(fold bool) (*node, error) {
	s := &node{kind: kindSequence}
	for p.at < len(p.src) && p.src[p.at] != '|' && p.src[p.at] != ')' {
		n, err := p.atom(fold)
		if err != nil {
			return nil, err
		}
		for {
			r, err := p.repeat(n)
			if err != nil {
				return nil, err
			}
			if r == n {
				break
			}
			n = r
		}
		s.children = append(s.children, n)
	}
	if len(s.children) == 1 {
		return s.children[0], nil
	}
	return s, nil
}

// atom reads one set or group.
func (p *parser) atom(fold bool) (*node, error) {
	start := p.at
	r, _ := p.next()
	var chars ranges
	switch r {
	case '(':
		return p.group(fold)
	case '[':
		p.at = start
		var err error
		if chars, err = p.class(); err != nil {
			return nil, err
		}
	case '.':
		chars = ranges{{'\n', '\n'}}.negate()
	case '\\':
		if p.take("A") {
			return &node{kind: kindTextStart}, nil
		}
		if p.take("z") {
			return &node{kind: kindTextEnd}, nil
		}
		var err error
		if chars, err = p.escape(); err != nil {
			return nil, err
		}
	case '^', '$':
		p.at = start
		return nil, p.fail("%q is not known here", r)
	case '*', '+', '?':
		p.at = start
		return nil, p.fail("%q repeats nothing", r)
	default:
		chars = ranges{{r, r}}
	}
	if fold {
		chars = chars.fold()
	}
	return &node{kind: kindSet, set: newSet(chars)}, nil
}

func (p *parser) group(fold bool) (*node, error) {
	start := p.at
	n := &node{}
	look := false
	switch {
	case p.take("?:"):
	case p.take("?i:"):
		fold = true
	case p.take("?-i:"):
		fold = false
	case p.take("?>"):
		n.kind, look = kindAtomic, true
	case p.take("?="):
		n.kind, look = kindAhead, true
	case p.take("?!"):
		n.kind, n.negative, look = kindAhead, true, true
	case p.take("?i)"):
		// To the end of the group that holds it, all its further
		// alternatives included.
		return p.choice(true)
	case p.take("?"):
		p.at = start
		return nil, p.fail("a group of this kind is not known here")
	}
	inner, err := p.choice(fold)
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, p.fail("a group isn't closed")
	}
	if !look {
		return inner, nil
	}
	n.children = []*node{inner}
	return n, nil
}

// repeat reads a repeat of n; it returns n if there is none.
func (p *parser) repeat(n *node) (*node, error) {
	start := p.at
	r := &node{kind: kindRepeat, children: []*node{n}, max: unbounded}
	braces := false
	switch {
	case p.take("*"):
	case p.take("+"):
		r.min = 1
	case p.take("?"):
		r.max = 1
	case p.take("{"):
		var ok bool
		if r.min, r.max, ok = p.bounds(); !ok {
			p.at = start
			return nil, p.fail("a brace that is no repeat {m}, {m,} or {m,n} up to %d", maxRepeat)
		}
		braces = true
	default:
		return n, nil
	}
	switch {
	case p.take("?"):
		r.mode = lazy
		if braces && r.min == r.max {
			return nil, p.fail("{n}? is not known here")
		}
	case !braces && p.take("+"):
		r.mode = possessive
	}
	switch {
	case n.kind == kindSet:
	case n.nullable():
		return nil, p.fail("the repeat of what can be empty is not known here")
	case r.max == unbounded && n.loops():
		return nil, p.fail("a repeat without bound inside another one is not known here")
	case r.min > 1 || r.max > 1 && r.max < unbounded:
		return nil, p.fail("a counted repeat of a group is not known here")
	}
	return r, nil
}

// maxRepeat is the greatest bound of a repeat.
const maxRepeat = 1000

func (p *parser) bounds() (lo, hi int, ok bool) {
	lo, ok = p.number()
	if !ok && p.at < len(p.src) && p.src[p.at] != ',' {
		return 0, 0, false
	}
	hi = lo
	if p.take(",") {
		var bounded bool
		if hi, bounded = p.number(); !bounded {
			if !ok {
				return 0, 0, false
			}
			hi = unbounded
		}
		ok = true
	}
	return lo, hi, ok && p.take("}") && lo <= hi
}

func (p *parser) number() (n int, ok bool) {
	for p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' && n <= maxRepeat {
		n = 10*n + int(p.src[p.at]-'0')
		ok = true
		p.at++
	}
	return n, ok && n <= maxRepeat
}

// nullable says whether n can match the empty text.
func (n *node) nullable() bool {
	switch n.kind {
	case kindSet:
		return false
	case kindRepeat:
		return n.min == 0 || n.children[0].nullable()
	case kindAtomic:
		return n.children[0].nullable()
	case kindChoice:
		for _, c := range n.children {
			if c.nullable() {
				return true
			}
		}
		return false
	case kindSequence:
		for _, c := range n.children {
			if !c.nullable() {
				return false
			}
		}
	}
	return true
}

// loops says whether there is a repeat without bound in n.
func (n *node) loops() bool {
	if n.kind == kindRepeat && n.max == unbounded {
		return true
	}
	for _, c := range n.children {
		if c.loops() {
			return true
		}
	}
	return false
}

// wordSet is \w in a set, spaceSet \s, digitSet \d.
func wordSet() ranges {
	return ranges(nil).addTable(unicode.L).addTable(unicode.Nl).addTable(unicode.Other_Alphabetic).
		addTable(unicode.M).addTable(unicode.Nd).addTable(unicode.Pc).tidy()
}

func spaceSet() ranges { return ranges(nil).addTable(unicode.White_Space).tidy() }

func digitSet() ranges { return ranges(nil).addTable(unicode.Nd).tidy() }
