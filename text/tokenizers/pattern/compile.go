package pattern

import "unicode/utf8"

// Pattern is a compiled regular expression. It is read-only.
type Pattern struct {
	alternatives []alternative
	// first has a bit for each alternative that a text may match which begins
	// with the byte. The bits of the last entry are those for the end of the
	// text.
	first [257]uint64
}

// alternative is a program that matches one alternative of the whole pattern.
type alternative struct {
	code []instruction
	// sole is set, and most of it is what is taken, where the program is one
	// repeat that nothing follows.
	sole *instruction
}

type opcode uint8

const (
	opSet    opcode = iota // one character of set
	opRepeat               // min to max characters of set
	opSplit                // goes on at next, then at to
	opJump                 // to
	opAhead                // the code up to to matches, or not if negative
	opAtomic               // the code up to to, once
	opStart                // the text's start
	opEnd                  // the text's end
	opMatched
)

type instruction struct {
	op       opcode
	mode     mode
	negative bool
	set      *set
	min, max int
	to       int
}

// Compile reads a pattern. Its errors are of type *Error.
func Compile(src string) (*Pattern, error) {
	p := &parser{src: src}
	if len(src) > maxPattern {
		return nil, p.fail("it has more than %d bytes", maxPattern)
	}
	if !utf8.ValidString(src) {
		return nil, p.fail("it is not UTF-8")
	}
	tree, err := p.choice(false)
	if err != nil {
		return nil, err
	}
	if p.at < len(src) {
		return nil, p.fail("a parenthesis that closes nothing")
	}
	parts := []*node{tree}
	if tree.kind == kindChoice && len(tree.children) <= 64 {
		parts = tree.children
	}
	out := &Pattern{}
	for i, n := range parts {
		a := alternative{code: compile(n)}
		if len(a.code) == 2 && a.code[0].op == opRepeat && a.code[0].mode == possessive {
			a.sole = &a.code[0]
		}
		out.alternatives = append(out.alternatives, a)
		var leads [256]bool
		empty := n.leads(&leads)
		for c := range leads {
			if leads[c] || empty {
				out.first[c] |= 1 << i
			}
		}
		if empty {
			out.first[256] |= 1 << i
		}
	}
	return out, nil
}

// compile makes the program of a whole alternative.
func compile(n *node) []instruction {
	c := &compiler{}
	c.emit(n, nil)
	c.code = append(c.code, instruction{op: opMatched})
	return c.code
}

type compiler struct{ code []instruction }

// emit adds the code of n. after is what follows n directly, nil when the
// match is complete then.
func (c *compiler) emit(n *node, after []*node) {
	switch n.kind {
	case kindSet:
		c.code = append(c.code, instruction{op: opSet, set: n.set})
	case kindSequence:
		for i, child := range n.children {
			rest := after
			if i+1 < len(n.children) {
				rest = append(n.children[i+1:len(n.children):len(n.children)], after...)
			}
			c.emit(child, rest)
		}
	case kindChoice:
		var ends []int
		for i, child := range n.children {
			last := i == len(n.children)-1
			split := len(c.code)
			if !last {
				c.code = append(c.code, instruction{op: opSplit})
			}
			c.emit(child, after)
			if !last {
				ends = append(ends, len(c.code))
				c.code = append(c.code, instruction{op: opJump})
				c.code[split].to = len(c.code)
			}
		}
		for _, e := range ends {
			c.code[e].to = len(c.code)
		}
	case kindRepeat:
		if child := n.children[0]; child.kind == kindSet {
			m := n.mode
			if m == greedy && givesNothing(child.set, after) {
				m = possessive
			}
			c.code = append(c.code, instruction{op: opRepeat, set: child.set, min: n.min, max: n.max, mode: m})
			return
		}
		c.group(n, after)
	case kindAhead, kindAtomic:
		op := opAhead
		if n.kind == kindAtomic {
			op = opAtomic
		}
		at := len(c.code)
		c.code = append(c.code, instruction{op: op, negative: n.negative})
		c.emit(n.children[0], nil)
		c.code = append(c.code, instruction{op: opMatched})
		c.code[at].to = len(c.code)
	case kindTextStart:
		c.code = append(c.code, instruction{op: opStart})
	case kindTextEnd:
		c.code = append(c.code, instruction{op: opEnd})
	}
}

// group adds the repeat of a group: {0,1}, * or +.
func (c *compiler) group(n *node, after []*node) {
	// What follows a round may be another one.
	inside := append([]*node{n}, after...)
	if n.max == 1 {
		inside = after
	}
	if n.mode == possessive {
		at := len(c.code)
		c.code = append(c.code, instruction{op: opAtomic})
		once := *n
		once.mode = greedy
		c.group(&once, nil)
		c.code = append(c.code, instruction{op: opMatched})
		c.code[at].to = len(c.code)
		return
	}
	start := len(c.code)
	if n.min == 0 {
		c.code = append(c.code, instruction{op: opSplit, mode: n.mode})
	}
	body := len(c.code)
	c.emit(n.children[0], inside)
	if n.max == unbounded {
		if n.min == 0 {
			c.code = append(c.code, instruction{op: opJump, to: start})
		} else {
			// Back to the body, or on.
			c.code = append(c.code, instruction{op: opSplit, mode: n.mode, to: len(c.code) + 2}, instruction{op: opJump, to: body})
		}
	}
	if n.min == 0 {
		c.code[start].to = len(c.code)
	}
}

// givesNothing says that a greedy repeat of s never needs to give a character
// back: because the match is complete after it, or because what follows must
// begin with a character that is not in s.
func givesNothing(s *set, after []*node) bool {
	if len(after) == 0 {
		return true
	}
	next := after[0]
	if next.kind == kindRepeat && next.min > 0 {
		next = next.children[0]
	}
	return next.kind == kindSet && len(s.all.intersect(next.set.all)) == 0
}

// leads adds the bytes that matches of n begin with, and says whether n can
// match without one: where it is empty or looks ahead.
func (n *node) leads(to *[256]bool) (empty bool) {
	switch n.kind {
	case kindSet:
		n.set.leads(to)
		return false
	case kindSequence:
		for _, c := range n.children {
			if !c.leads(to) {
				return false
			}
		}
		return true
	case kindChoice:
		for _, c := range n.children {
			if c.leads(to) {
				empty = true
			}
		}
		return empty
	case kindRepeat:
		return n.children[0].leads(to) || n.min == 0
	case kindAtomic:
		return n.children[0].leads(to)
	}
	return true
}
