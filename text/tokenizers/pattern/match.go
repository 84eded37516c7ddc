package pattern

import (
	"math/bits"
	"unicode/utf8"
)

// Matcher holds the memory of matching. Its zero value is ready; it belongs to
// one goroutine.
type Matcher struct {
	stack []frame
	left  int // steps that the search may still take
	// Exceeded is set when a search took more steps than it may and found
	// nothing for that: some millions, and 256 for each byte of the text. No
	// pattern of a tokenizer in use takes more than a few for each. Whoever
	// reads it resets it.
	Exceeded bool
}

// frame is where to go on when what was tried last fails: at code, with the
// text from lo to hi, the longest first, or the shortest where up.
type frame struct {
	code, lo, hi int
	set          *set // of a repeat
	up           bool
}

// Find returns the first match of p in text from at on: the leftmost place,
// and there what the pattern prefers. text is UTF-8, and at not within a
// character. ok is false when there is none.
func (p *Pattern) Find(m *Matcher, text []byte, at int) (start, end int, ok bool) {
	m.left = 1<<22 + 256*(len(text)-at)
	for ; at <= len(text); at++ {
		first := 256
		if at < len(text) {
			first = int(text[at])
			if first&0xC0 == 0x80 {
				continue
			}
		}
		for todo := p.first[first]; todo != 0; todo &= todo - 1 {
			a := &p.alternatives[bits.TrailingZeros64(todo)]
			if a.sole != nil {
				if end, n := a.sole.most(text, at); n >= a.sole.min {
					return at, end, true
				}
				continue
			}
			if end := m.run(a.code, text, 0, at); end >= 0 {
				return at, end, true
			}
			if m.left < 0 {
				m.Exceeded = true
				return 0, 0, false
			}
		}
	}
	return 0, 0, false
}

// most takes as many characters as the repeat i may and returns how many.
func (i *instruction) most(text []byte, at int) (end, n int) {
	s := i.set
	for n < i.max && at < len(text) {
		if c := text[at]; c < utf8.RuneSelf {
			if s.ascii[c>>6]>>(c&63)&1 == 0 {
				break
			}
			at++
		} else {
			w := s.width(text[at:])
			if w == 0 {
				break
			}
			at += w
		}
		n++
	}
	return at, n
}

// run runs the code from pc on at a place of the text and returns where the
// match ends, -1 if there is none.
func (m *Matcher) run(code []instruction, text []byte, pc, at int) int {
	base := len(m.stack)
	for {
		i := &code[pc]
		fits := true
		switch i.op {
		case opSet:
			w := i.set.width(text[at:])
			at += w
			fits = w > 0
			pc++
		case opRepeat:
			pc++
			switch i.mode {
			case lazy:
				end, n := at, 0
				for n < i.min && fits {
					w := i.set.width(text[end:])
					end += w
					n++
					fits = w > 0
				}
				if !fits {
					break
				}
				at = end
				if last, _ := i.upTo(text, end, i.max-n); last > end {
					m.stack = append(m.stack, frame{pc, end, last, i.set, true})
				}
			default:
				end, n := i.most(text, at)
				m.left -= n
				if fits = n >= i.min; !fits {
					break
				}
				if i.mode == greedy && n > i.min {
					lo := at
					for range i.min {
						lo += i.set.width(text[lo:])
					}
					m.stack = append(m.stack, frame{pc, lo, end, i.set, false})
				}
				at = end
			}
		case opSplit:
			now, later := pc+1, i.to
			if i.mode == lazy {
				now, later = later, now
			}
			m.stack = append(m.stack, frame{later, at, at, nil, false})
			pc = now
		case opJump:
			pc = i.to
		case opAhead:
			fits = m.run(code, text, pc+1, at) >= 0 != i.negative
			pc = i.to
		case opAtomic:
			end := m.run(code, text, pc+1, at)
			if fits = end >= 0; fits {
				at = end
			}
			pc = i.to
		case opStart:
			fits = at == 0
			pc++
		case opEnd:
			fits = at == len(text)
			pc++
		case opMatched:
			m.stack = m.stack[:base]
			return at
		}
		if fits {
			continue
		}
		if m.left--; len(m.stack) == base || m.left < 0 {
			m.stack = m.stack[:base]
			return -1
		}
		pc, at = m.back(text)
	}
}

// upTo takes at most max characters.
func (i *instruction) upTo(text []byte, at, max int) (end, n int) {
	bounded := *i
	bounded.max = max
	return bounded.most(text, at)
}

// back takes the next choice of the topmost frame.
func (m *Matcher) back(text []byte) (pc, at int) {
	top := len(m.stack) - 1
	f := &m.stack[top]
	pc = f.code
	switch {
	case f.set == nil:
		at = f.lo
	case f.up:
		f.lo += f.set.width(text[f.lo:])
		at = f.lo
	default:
		_, w := utf8.DecodeLastRune(text[:f.hi])
		f.hi -= w
		at = f.hi
	}
	if f.lo == f.hi {
		m.stack = m.stack[:top]
	}
	return pc, at
}
