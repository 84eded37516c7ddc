package pattern

import (
	"strconv"
	"strings"
	"unicode"
)

// class reads a set in brackets: members, one after the other, and further
// sets to intersect them with, after &&.
func (p *parser) class() (ranges, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("sets nest deeper than %d", maxDepth)
	}
	p.sets++
	defer func() { p.depth--; p.sets-- }()
	p.at++ // [
	negative := p.take("^")
	var all ranges // what && has been taken of
	var now ranges
	crossed, empty := false, true
	for {
		if p.take("&&") {
			all, now = meet(all, now, crossed), nil
			crossed = true
			continue
		}
		start := p.at
		lo, single, members, err := p.member(empty)
		if err != nil {
			return nil, err
		}
		if p.at > start && !single && members == nil { // the closing bracket
			break
		}
		empty = false
		if !single {
			now = append(now, members...)
			continue
		}
		hi := lo
		if rest := p.src[p.at:]; len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
			p.at++
			at := p.at
			h, one, _, err := p.member(false)
			if err != nil {
				return nil, err
			}
			if !one || h < lo {
				p.at = at
				return nil, p.fail("a range that doesn't end in a later character")
			}
			hi = h
		}
		now = append(now, span{lo, hi})
	}
	all = meet(all, now, crossed).tidy()
	if negative {
		return all.negate(), nil
	}
	return all, nil
}

func meet(all, now ranges, crossed bool) ranges {
	if !crossed {
		return now
	}
	return all.tidy().intersect(now.tidy())
}

// member reads a character (single), or what stands for several: nil for the
// closing bracket, never nil else. first says that a bracket can't close.
func (p *parser) member(first bool) (r rune, single bool, members ranges, err error) {
	start := p.at
	r, ok := p.next()
	switch {
	case !ok:
		return 0, false, nil, p.fail("a set isn't closed")
	case r == ']' && !first:
		return 0, false, nil, nil
	case r == '[' && strings.HasPrefix(p.src[p.at:], ":"):
		members, err = p.posix()
	case r == '[':
		p.at = start
		members, err = p.class()
	case r == '\\':
		members, err = p.escape()
		if len(members) == 1 && members[0].lo == members[0].hi {
			return members[0].lo, true, nil, err
		}
	default:
		return r, true, nil, nil
	}
	if members == nil {
		members = ranges{}
	}
	return 0, false, members, err
}

// escape reads what follows a backslash.
func (p *parser) escape() (ranges, error) {
	start := p.at
	r, ok := p.next()
	if !ok {
		return nil, p.fail("a backslash at the end")
	}
	switch r {
	case 's':
		return spaceSet(), nil
	case 'S':
		return spaceSet().negate(), nil
	case 'd':
		return digitSet(), nil
	case 'D':
		return digitSet().negate(), nil
	case 'w':
		return p.word(), nil
	case 'W':
		return p.word().negate(), nil
	case 'p', 'P':
		return p.property(r == 'P')
	case 'n':
		r = '\n'
	case 'r':
		r = '\r'
	case 't':
		r = '\t'
	case 'f':
		r = '\f'
	case 'v':
		r = '\v'
	case 'a':
		r = '\a'
	case 'e':
		r = 0x1B
	case 'x':
		return p.hex(start, 1, 2)
	case 'u':
		return p.hex(start, 4, 4)
	default:
		if r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) {
			p.at = start
			return nil, p.fail(`\%c is not known here`, r)
		}
	}
	return ranges{{r, r}}, nil
}

// word is \w: outside of a set, the six fractions and powers of Latin-1 too.
func (p *parser) word() ranges {
	s := wordSet()
	if p.sets == 0 {
		s = append(s, span{0xB2, 0xB3}, span{0xB9, 0xB9}, span{0xBC, 0xBE}).tidy()
	}
	return s
}

// hex reads a code point: some digits, or any number of them in braces.
func (p *parser) hex(start, least, most int) (ranges, error) {
	digits := p.src[p.at:]
	if p.take("{") {
		end := strings.IndexByte(digits, '}')
		if end < 0 {
			return nil, p.fail("a brace isn't closed")
		}
		digits = digits[1:end]
		p.at += len(digits) + 1
		least, most = len(digits), len(digits)
	} else {
		n := 0
		for n < min(len(digits), most) && strings.IndexByte("0123456789abcdefABCDEF", digits[n]) >= 0 {
			n++
		}
		digits = digits[:n]
		p.at += n
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) < least || v > unicode.MaxRune || v >= 0xD800 && v < 0xE000 ||
		most == 2 && v > 0x7F { // a byte, not a character
		p.at = start
		return nil, p.fail("no code point in hexadecimal")
	}
	return ranges{{rune(v), rune(v)}}, nil
}

// property reads what follows \p: the name of a general category, of a script
// or of a property, or the letter of a category.
func (p *parser) property(negative bool) (ranges, error) {
	start := p.at
	if !p.take("{") {
		return nil, p.fail(`\p needs a name in braces`)
	}
	if p.take("^") {
		negative = !negative
	}
	end := strings.IndexByte(p.src[p.at:], '}')
	if end < 0 {
		return nil, p.fail("a brace isn't closed")
	}
	name := p.src[p.at : p.at+end]
	p.at += end + 1
	found, ok := lookUp(name)
	if fold(name) == "word" {
		found, ok = p.word(), true
	}
	if !ok {
		p.at = start
		return nil, p.fail("the property %q is not known here", name)
	}
	if negative {
		return found.negate(), nil
	}
	return found.tidy(), nil
}

// lookUp finds a property by its name, without regard to case, spaces, hyphens
// and underscores.
func lookUp(name string) (ranges, bool) {
	name = fold(name)
	switch name {
	case "any":
		return ranges{{0, unicode.MaxRune}}, true
	case "alpha", "alphabetic":
		return ranges(nil).addTable(unicode.L).addTable(unicode.Nl).addTable(unicode.Other_Alphabetic), true
	case "lower", "lowercase":
		return ranges(nil).addTable(unicode.Ll).addTable(unicode.Other_Lowercase), true
	case "upper", "uppercase":
		return ranges(nil).addTable(unicode.Lu).addTable(unicode.Other_Uppercase), true
	case "digit":
		return digitSet(), true
	case "space":
		return spaceSet(), true
	case "letter":
		name = "l"
	case "mark":
		name = "m"
	case "number":
		name = "n"
	case "punctuation", "punct":
		name = "p"
	case "symbol":
		name = "s"
	case "separator":
		name = "z"
	case "other", "c":
		// Everything that is in no other category.
		return ranges(nil).addTable(unicode.L).addTable(unicode.M).addTable(unicode.N).
			addTable(unicode.P).addTable(unicode.S).addTable(unicode.Z).negate(), true
	}
	for _, tables := range []map[string]*unicode.RangeTable{unicode.Categories, unicode.Scripts, unicode.Properties} {
		for n, t := range tables {
			if fold(n) == name {
				return ranges(nil).addTable(t), true
			}
		}
	}
	return nil, false
}

func fold(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(name))
}

// posix reads a class such as [:alpha:], the bracket of which is read.
func (p *parser) posix() (ranges, error) {
	start := p.at
	p.at++
	negative := p.take("^")
	end := strings.Index(p.src[p.at:], ":]")
	if end < 0 {
		return nil, p.fail("[: without :]")
	}
	name := p.src[p.at : p.at+end]
	p.at += end + 2
	var found ranges
	switch name {
	case "alpha", "lower", "upper", "digit", "space":
		found, _ = lookUp(name)
	case "word":
		found = wordSet()
	case "alnum":
		found, _ = lookUp("alpha")
		found = append(found, digitSet()...)
	default:
		p.at = start
		return nil, p.fail("the class [:%s:] is not known here", name)
	}
	if negative {
		return found.negate(), nil
	}
	return found.tidy(), nil
}
