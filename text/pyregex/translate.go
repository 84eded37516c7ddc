package pyregex

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// translation is a pattern in the syntax that RE2 and regexp2 share, but for
// what backtrack says.
type translation struct {
	out       []byte
	groups    int
	names     map[string]int
	backtrack bool // has what RE2 lacks
	nonEmpty  bool // matches no empty string
	// holds is the longest string found that every match holds; empty where
	// none was.
	holds string
}

const (
	maxNesting    = 200
	maxFlagGroups = 8
)

type translator struct {
	translation
	pattern string
	src     []rune
	pos     int
	depth   int
	f       Flags
	run     []rune // the literals up to pos that every match holds in a row
	open    []int  // the capturing groups around pos

	branched bool // there are alternatives outside of all groups

	lastRef, lastRefAt int // the highest group referred to, and where
}

// globalFlags restarts a translation: flags that stand alone hold for the
// whole pattern, wherever they stand.
type globalFlags struct{ f Flags }

func (globalFlags) Error() string { return "flags" }

func translate(pattern string, f Flags) (*translation, error) {
	if !utf8.ValidString(pattern) {
		return nil, &Error{pattern, -1, "not UTF-8, or a surrogate"}
	}
	for restarts := 0; ; restarts++ {
		t := &translator{pattern: pattern, src: []rune(pattern), f: f}
		t.names = map[string]int{}
		if f.IgnoreCase {
			t.out = append(t.out, "(?i)"...)
		}
		nonEmpty, err := t.alternatives()
		if g, ok := err.(globalFlags); ok {
			if restarts == maxFlagGroups {
				return nil, t.errorf(t.pos, "flags that contradict each other")
			}
			f = g.f
			continue
		}
		if err == nil && t.pos < len(t.src) {
			err = t.errorf(t.pos, "unbalanced parenthesis")
		}
		if err == nil && t.lastRef > t.groups {
			err = t.errorf(t.lastRefAt, "invalid group reference %d: the pattern has %d groups", t.lastRef, t.groups)
		}
		if err != nil {
			return nil, err
		}
		t.nonEmpty = nonEmpty
		if t.branched {
			t.holds = ""
		}
		return &t.translation, nil
	}
}

func (t *translator) errorf(at int, format string, args ...any) error {
	return &Error{t.pattern, at, fmt.Sprintf(format, args...)}
}

// peek returns the rune k places on, -1 past the end.
func (t *translator) peek(k int) rune {
	if t.pos+k < len(t.src) {
		return t.src[t.pos+k]
	}
	return -1
}

func (t *translator) accept(s string) bool {
	for i, r := range s { // s is ASCII
		if t.peek(i) != r {
			return false
		}
	}
	t.pos += len(s)
	return true
}

func (t *translator) emit(s string) { t.out = append(t.out, s...) }

func (t *translator) alternatives() (nonEmpty bool, err error) {
	nonEmpty = true
	for {
		one, err := t.sequence()
		if err != nil {
			return false, err
		}
		nonEmpty = nonEmpty && one
		if t.peek(0) != '|' {
			return nonEmpty, nil
		}
		t.pos++
		t.emit("|")
		if t.depth == 0 { // no branch is in every match
			t.branched = true
		}
	}
}

func (t *translator) sequence() (nonEmpty bool, err error) {
	for {
		if t.f.Verbose {
			t.skipVerbose()
		}
		if r := t.peek(0); r == -1 || r == '|' || r == ')' {
			return nonEmpty, nil
		}
		start, r := len(t.out), t.peek(0)
		one, repeatable, err := t.atom()
		if err != nil {
			return false, err
		}
		t.note(r)
		if one, err = t.quantifier(start, one, repeatable); err != nil {
			return false, err
		}
		nonEmpty = nonEmpty || one
	}
}

// note keeps account of the literals that stand one after the other outside of
// all groups; r begins the item that was just read. In verbose syntax a
// quantifier may stand apart from its item, so there nothing is noted.
func (t *translator) note(r rune) {
	if t.depth > 0 || t.f.IgnoreCase || t.f.Verbose {
		return
	}
	switch next := t.peek(0); {
	case strings.ContainsRune(`.^$[(\`, r) || next == '*' || next == '?' || next == '+' || next == '{':
		t.run = t.run[:0]
	default:
		if t.run = append(t.run, r); len(string(t.run)) > len(t.holds) {
			t.holds = string(t.run)
		}
	}
}

func (t *translator) skipVerbose() {
	for {
		switch r := t.peek(0); {
		case r == ' ' || r >= '\t' && r <= '\r':
			t.pos++
		case r == '#':
			for t.peek(0) != -1 && t.peek(0) != '\n' {
				t.pos++
			}
		default:
			return
		}
	}
}

// atom translates one item. nonEmpty says that it matches at least one code
// point each time; repeatable that a quantifier may follow.
func (t *translator) atom() (nonEmpty, repeatable bool, err error) {
	at := t.pos
	r := t.src[t.pos]
	t.pos++
	switch r {
	case '.':
		if t.f.DotAll {
			t.emit("(?s:.)")
		} else {
			t.emit(`[^\n]`)
		}
		return true, true, nil
	case '^':
		if t.f.MultiLine {
			t.emit("(?m:^)")
		} else {
			t.emit(`(?:\A)`)
		}
		return false, true, nil
	case '$':
		if t.f.MultiLine {
			t.emit("(?m:$)")
		} else {
			t.backtrack = true
			t.emit(`(?=\n?\z)`)
		}
		return false, true, nil
	case '[':
		return true, true, t.class(at)
	case '(':
		return t.group(at)
	case '\\':
		return t.escape(at)
	case '*', '+', '?':
		return false, false, t.errorf(at, "nothing to repeat")
	}
	t.literal(r)
	return true, true, nil
}

// literal emits one code point outside a class.
func (t *translator) literal(r rune) {
	if t.f.IgnoreCase {
		// Python's regex module also folds the Turkic letters. Simple case
		// folding, the engines' rule, doesn't, so the case is spelled out.
		switch r {
		case 'i':
			t.emit("(?-i:[iIİ])")
			return
		case 'I':
			t.emit("(?-i:[iIı])")
			return
		case 'İ':
			t.emit("(?-i:[iİ])")
			return
		case 'ı':
			t.emit("(?-i:[Iı])")
			return
		}
	}
	t.out = appendLiteral(t.out, r)
}

func appendLiteral(dst []byte, r rune) []byte {
	switch r {
	case '\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$', '-', '&', '~', '#':
		dst = append(dst, '\\')
	}
	return utf8.AppendRune(dst, r)
}

// quantifier translates what repeats the atom that was emitted at start.
func (t *translator) quantifier(start int, nonEmpty, repeatable bool) (bool, error) {
	if t.f.Verbose {
		t.skipVerbose()
	}
	at := t.pos
	lo, hi, ok, err := t.repeat()
	if err != nil || !ok {
		return nonEmpty, err
	}
	if !repeatable {
		return false, t.errorf(at, "nothing to repeat")
	}
	q := fmt.Sprintf("{%d,%d}", lo, hi)
	switch {
	case hi < 0 && lo == 0:
		q = "*"
	case hi < 0 && lo == 1:
		q = "+"
	case hi < 0:
		q = fmt.Sprintf("{%d,}", lo)
	case lo == 0 && hi == 1:
		q = "?"
	}
	switch {
	case t.accept("+"):
		t.backtrack = true
		atom := string(t.out[start:])
		t.out = append(t.out[:start], "(?>"+atom+q+")"...)
	case t.accept("?"):
		t.emit(q + "?")
	default:
		t.emit(q)
	}
	again := t.pos
	if _, _, more, err := t.repeat(); err != nil || more {
		return false, t.errorf(again, "multiple repeat")
	}
	return nonEmpty && lo > 0, nil
}

// repeat reads *, +, ? or {m,n}; hi is -1 for no bound. A brace that begins no
// repeat is a literal.
func (t *translator) repeat() (lo, hi int, ok bool, err error) {
	switch t.peek(0) {
	case '*':
		t.pos++
		return 0, -1, true, nil
	case '+':
		t.pos++
		return 1, -1, true, nil
	case '?':
		t.pos++
		return 0, 1, true, nil
	case '{':
	default:
		return 0, 0, false, nil
	}
	start := t.pos
	t.pos++
	lo, gotLo := t.number()
	hi, gotHi := lo, gotLo
	if t.accept(",") {
		if hi, gotHi = t.number(); !gotHi {
			hi = -1
		}
	} else if !gotLo {
		return 0, 0, false, t.braceOrFuzzy(start)
	}
	if !t.accept("}") {
		return 0, 0, false, t.braceOrFuzzy(start)
	}
	if hi >= 0 && lo > hi {
		return 0, 0, false, t.errorf(start, "min repeat greater than max repeat")
	}
	if max(lo, hi) > 1<<16 {
		return 0, 0, false, t.errorf(start, "repeats are limited to %d", 1<<16)
	}
	return lo, hi, true, nil
}

// braceOrFuzzy goes back to a brace that is a literal, unless it begins the
// constraint of a fuzzy match.
func (t *translator) braceOrFuzzy(start int) error {
	t.pos = start
	for k := 1; ; k++ {
		switch r := t.peek(k); {
		case r == '}' && k > 1:
			return t.errorf(start, "fuzzy matching is not supported")
		case r == 'e' || r == 'i' || r == 'd' || r == 's' || r == '<' || r == '=' || r == ',' || r >= '0' && r <= '9':
		default:
			return nil
		}
	}
}

func (t *translator) number() (n int, ok bool) {
	for r := t.peek(0); r >= '0' && r <= '9'; r = t.peek(0) {
		n, ok = min(n*10+int(r-'0'), 1<<30), true
		t.pos++
	}
	return n, ok
}

// reference emits a back-reference; the group may come later in the pattern.
func (t *translator) reference(at, n int) error {
	if n == 0 {
		return t.errorf(at, "invalid group reference 0")
	}
	if slices.Contains(t.open, n) {
		return t.errorf(at, "reference to the open group %d", n)
	}
	if n > t.lastRef {
		t.lastRef, t.lastRefAt = n, at
	}
	t.backtrack = true
	t.emit(`(?:\` + strconv.Itoa(n) + `)`)
	return nil
}
