package text

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// LinkPattern is the pattern that a LinkScanner implements, with the meaning
// that Python's regex module gives to it: \w, \s, \d and \b are Unicode's, and
// without regard to case [a-z] also matches U+0130, U+017F and U+212A.
const LinkPattern = `(?i)\b((?:[a-z][\w-]+:(?:\/{1,3}|[a-z0-9%])|www\d{0,3}[.]|[a-z0-9.\-]+[.][a-z]{2,4}\/)` +
	`(?:[^\s()<>]+|\(([^\s()<>]+|(\([^\s()<>]+\)))*\))+` +
	`(?:\(([^\s()<>]+|(\([^\s()<>]+\)))*\)|[^\s` + "`" + `!()\[\]{};:\'\".,<>?«»“”‘’]))`

// LinkScanner finds the matches of LinkPattern in one text, in linear time
// where backtracking takes exponential time. Its zero value needs a Reset.
//
// Each alternative of the pattern's head holds an anchor, of which text has
// few: a colon after a scheme, a slash after a top-level domain, or the middle
// of "www".
// The scanner looks for anchors and tries as heads only the word around each.
// The tail after a head matches in one way alone (see tail), so that nothing
// else is ever tried twice.
type LinkScanner struct {
	b     []byte
	from  int // matches begin here or later
	tried int // no match begins before
	next  int // anchors before are done with

	// Where the run of scheme or host bytes ends that the last head tried lay
	// in. Heads in one run share the end, and with it what follows.
	schemeEnd, hostEnd   int
	schemeTail, hostTail int // where the match ends, -1 for nowhere, or unknown
	hostDot              int // the dot before the top-level domain, -1 where none fits
}

const unknown = -2

// Reset points s at another text.
func (s *LinkScanner) Reset(b []byte) { *s = LinkScanner{b: b} }

// Next returns the bounds of the next match, or -1, -1.
func (s *LinkScanner) Next() (start, end int) {
	for {
		at := s.anchor()
		if at < 0 {
			return -1, -1
		}
		s.next = at + 1
		for i := s.wordStart(at); i <= at; {
			r, n := Decode(s.b[i:])
			if end := s.match(i, r); end >= 0 {
				s.from, s.tried, s.next = end, end, end
				return i, end
			}
			i += n
			s.tried = i
		}
	}
}

// anchor returns the first anchor at s.next or later, -1 for none.
func (s *LinkScanner) anchor() int {
	b := s.b
	i := s.next
	for ; len(b)-i >= 8; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		colon, slash, www := w^':'*ones, w^'/'*ones, (w|0x20*ones)^'w'*ones
		// The high bit is set where a byte is zero, and seldom elsewhere.
		www = (www - ones) &^ www & highs
		hits := (colon-ones)&^colon&highs | (slash-ones)&^slash&highs |
			www&(www<<8|www>>8) // the middle of three has a neighbour in its word
		for ; hits != 0; hits &= hits - 1 {
			if at := i + bits.TrailingZeros64(hits)>>3; s.isAnchor(at) {
				return at
			}
		}
	}
	for ; i < len(b); i++ {
		if s.isAnchor(i) {
			return i
		}
	}
	return -1
}

// isAnchor says whether a head may have its anchor at i. It checks what is
// cheap to check.
func (s *LinkScanner) isAnchor(i int) bool {
	b := s.b
	switch b[i] {
	case ':':
		return i+1 < len(b) && (b[i+1] == '/' || s.schemeByte(i+1)) && s.schemeBefore(i)
	case '/':
		return s.domainBefore(i)
	case 'w', 'W':
		return i > 0 && s.webHead(i-1) >= 0
	}
	return false
}

// schemeBefore says whether [a-z][\w-]+ may end at i.
func (s *LinkScanner) schemeBefore(i int) bool {
	for k := i - 1; k >= s.tried; k-- {
		c := s.b[k]
		if c >= utf8.RuneSelf || uint32(c|0x20)-'a' < 26 && k < i-1 {
			return true
		}
		if c != '-' && class[c]&wordByte == 0 {
			break
		}
	}
	return false
}

// domainBefore says whether [.][a-z]{2,4} ends at i.
func (s *LinkScanner) domainBefore(i int) bool {
	for letters := 0; letters <= 4; letters++ {
		r, n := DecodeLast(s.b[:i])
		if !isLetter(r) {
			return r == '.' && letters >= 2
		}
		i -= n
	}
	return false
}

// schemeByte is [a-z0-9%] at i.
func (s *LinkScanner) schemeByte(i int) bool {
	r, _ := Decode(s.b[i:])
	return r == '%' || r >= '0' && r <= '9' || isLetter(r)
}

// isLetter is [a-z] without regard to case.
func isLetter(r rune) bool {
	return uint32(r|0x20)-'a' < 26 || r == 0x130 || r == 0x17F || r == 0x212A
}

func isHost(r rune) bool {
	if r < utf8.RuneSelf {
		return class[byte(r)]&hostByte != 0
	}
	return isLetter(r)
}

// wordStart goes back from the anchor over what a head may hold.
func (s *LinkScanner) wordStart(at int) int {
	i := at
	for i > s.tried {
		r, n := DecodeLast(s.b[:i])
		if r != '-' && r != '.' && !IsPatternWord(r) {
			break
		}
		i -= n
	}
	return i
}

// match returns where a match that begins at i with r ends, -1 for none.
func (s *LinkScanner) match(i int, r rune) int {
	word := IsPatternWord(r)
	if !word && r != '.' && r != '-' {
		return -1
	}
	if i > 0 {
		before, _ := DecodeLast(s.b[:i])
		if word == IsPatternWord(before) {
			return -1
		}
	} else if !word {
		return -1
	}
	if isLetter(r) {
		if end := s.scheme(i); end >= 0 {
			return end
		}
		if p := s.webHead(i); p >= 0 {
			if end := s.tail(p); end >= 0 {
				return end
			}
		}
	}
	if isHost(r) {
		return s.host(i)
	}
	return -1
}

// scheme matches [a-z][\w-]+:(?:\/{1,3}|[a-z0-9%]) and a tail from i, where a
// letter stands.
func (s *LinkScanner) scheme(i int) int {
	_, n := Decode(s.b[i:])
	if i >= s.schemeEnd {
		j := i + n
		for j < len(s.b) {
			r, n := Decode(s.b[j:])
			if r != '-' && !IsPatternWord(r) {
				break
			}
			j += n
		}
		s.schemeEnd, s.schemeTail = j, unknown
	}
	if j := s.schemeEnd; i+n == j || j == len(s.b) || s.b[j] != ':' {
		return -1
	}
	if s.schemeTail == unknown {
		s.schemeTail = s.schemeRest(s.schemeEnd + 1)
	}
	return s.schemeTail
}

func (s *LinkScanner) schemeRest(p int) int {
	slashes := 0
	for slashes < 3 && p+slashes < len(s.b) && s.b[p+slashes] == '/' {
		slashes++
	}
	for k := slashes; k > 0; k-- {
		if end := s.tail(p + k); end >= 0 {
			return end
		}
	}
	if slashes == 0 && p < len(s.b) && s.schemeByte(p) {
		_, n := Decode(s.b[p:])
		return s.tail(p + n)
	}
	return -1
}

// webHead returns the end of www\d{0,3}[.] at i, -1 for no match.
func (s *LinkScanner) webHead(i int) int {
	b := s.b
	if len(b)-i < 4 || b[i]|0x20 != 'w' || b[i+1]|0x20 != 'w' || b[i+2]|0x20 != 'w' {
		return -1
	}
	i += 3
	for range 3 {
		r, n := Decode(b[i:])
		if !IsDigit(r) {
			break
		}
		i += n
	}
	if i < len(b) && b[i] == '.' {
		return i + 1
	}
	return -1
}

// host matches [a-z0-9.\-]+[.][a-z]{2,4}\/ and a tail from i. The slash ends
// the run, so the run's last dot is the only one that can do.
func (s *LinkScanner) host(i int) int {
	if i >= s.hostEnd {
		j, dot, letters := i, -1, 0
		for j < len(s.b) {
			r, n := Decode(s.b[j:])
			if !isHost(r) {
				break
			}
			switch {
			case r == '.':
				dot, letters = j, 0
			case isLetter(r):
				letters++
			default:
				letters = 5
			}
			j += n
		}
		if letters < 2 || letters > 4 || j == len(s.b) || s.b[j] != '/' {
			dot = -1
		}
		s.hostEnd, s.hostDot, s.hostTail = j, dot, unknown
	}
	if i >= s.hostDot {
		return -1
	}
	if s.hostTail == unknown {
		s.hostTail = s.tail(s.hostEnd + 1)
	}
	return s.hostTail
}

// tail matches the rest of the pattern from p: a sequence of URL characters
// and parentheses, then a last parenthesis or a character that may end a
// link. Characters and parentheses don't overlap, so the sequence reads in one
// way only, and greedy backtracking amounts to the longest prefix of it that
// has such an end and something before the end.
func (s *LinkScanner) tail(p int) int {
	end := -1
	for i := p; i < len(s.b); {
		c := s.b[i]
		if c == '(' {
			j := s.parens(i)
			if j < 0 {
				break
			}
			if i > p {
				end = j
			}
			i = j
			continue
		}
		if c < utf8.RuneSelf {
			if class[c]&urlByte == 0 {
				break
			}
			i++
			if class[c]&noEndByte == 0 && i-1 > p {
				end = i
			}
			continue
		}
		r, n := Decode(s.b[i:])
		if IsPatternSpace(r) {
			break
		}
		i += n
		switch r {
		case '«', '»', '“', '”', '‘', '’':
		default:
			if i-n > p {
				end = i
			}
		}
	}
	return end
}

// parens returns the end of \(([^\s()<>]+|(\([^\s()<>]+\)))*\) at i, -1 for no
// match.
func (s *LinkScanner) parens(i int) int {
	i = s.urlRun(i + 1)
	for i < len(s.b) {
		switch s.b[i] {
		case ')':
			return i + 1
		case '(':
			j := s.urlRun(i + 1)
			if j == i+1 || j == len(s.b) || s.b[j] != ')' {
				return -1
			}
			i = s.urlRun(j + 1)
		default:
			return -1
		}
	}
	return -1
}

// urlRun returns the end of [^\s()<>]* at i.
func (s *LinkScanner) urlRun(i int) int {
	for i < len(s.b) {
		c := s.b[i]
		if c < utf8.RuneSelf {
			if class[c]&urlByte == 0 {
				break
			}
			i++
			continue
		}
		r, n := Decode(s.b[i:])
		if IsPatternSpace(r) {
			break
		}
		i += n
	}
	return i
}
