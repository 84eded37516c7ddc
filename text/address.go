package text

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// AddressPattern is the pattern that an AddressScanner implements, with the
// meaning that Python's regex module gives to it: \d is any decimal digit.
const AddressPattern = `(?:(?:1[0-9][0-9]\.)|(?:2[0-4][0-9]\.)|` +
	`(?:25[0-5]\.)|(?:[1-9][0-9]\.)|(?:[0-9]\.))` +
	`{3}(?:(?:1[0-9][0-9])|(?:2[0-4][0-9])|` +
	`(?:25[0-5])|(?:[1-9][0-9])|(?:[0-9]))|` +
	`([\da-fA-F]{1,4}:){7}[\da-fA-F]{1,4}`

// AddressScanner finds the matches of AddressPattern, IP addresses, in one
// text, in linear time.
type AddressScanner struct {
	b    []byte
	from int // matches begin here or later
}

// Reset points s at another text.
func (s *AddressScanner) Reset(b []byte) { *s = AddressScanner{b: b} }

// Next returns the bounds of the next match, or -1, -1. An address begins with
// digits alone before its first separator, so that the first separator that
// has a match around it has the first match.
func (s *AddressScanner) Next() (start, end int) {
	b, i := s.b, s.from
	for ; len(b)-i >= 8; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		for hits := equal(w, '.') | equal(w, ':'); hits != 0; hits &= hits - 1 {
			if start, end = s.around(i + bits.TrailingZeros64(hits)>>3); start >= 0 {
				return start, end
			}
		}
	}
	for ; i < len(b); i++ {
		if b[i] != '.' && b[i] != ':' {
			continue
		}
		if start, end = s.around(i); start >= 0 {
			return start, end
		}
	}
	s.from = len(b)
	return -1, -1
}

// around returns the match whose first separator is b[i], or -1, -1.
func (s *AddressScanner) around(i int) (start, end int) {
	if i == s.from || i+1 == len(s.b) {
		return -1, -1
	}
	if s.b[i] == '.' {
		start, end = s.four(i)
	} else {
		start, end = s.six(i)
	}
	if start >= 0 {
		s.from = end
	}
	return start, end
}

func (s *AddressScanner) four(dot int) (start, end int) {
	if b := s.b; b[dot-1]-'0' > 9 || b[dot+1]-'0' > 9 {
		return -1, -1
	}
	start = max(dot-3, s.from)
	for start < dot && octet(s.b[start:dot]) != dot-start {
		start++
	}
	if start == dot {
		return -1, -1
	}
	p := dot
	for range 3 {
		if p == len(s.b) || s.b[p] != '.' {
			return -1, -1
		}
		p++
		n := octet(s.b[p:])
		if n == 0 {
			return -1, -1
		}
		p += n
	}
	return start, p
}

// octet returns how many bytes the number from 0 to 255 has that b begins
// with, the longest; 0 for none. A leading zero stands alone.
func octet(b []byte) int {
	digit := func(i int) bool { return i < len(b) && b[i]-'0' < 10 }
	switch {
	case !digit(0):
		return 0
	case b[0] == '0' || !digit(1):
		return 1
	case b[0] > '2' || !digit(2):
		return 2
	case b[0] == '1' || b[1] < '5' || b[1] == '5' && b[2] < '6':
		return 3
	}
	return 2
}

func (s *AddressScanner) six(colon int) (start, end int) {
	start = colon
	for range 4 {
		r, n := DecodeLast(s.b[s.from:start])
		if n == 0 || !isHex(r) {
			break
		}
		start -= n
	}
	if start == colon {
		return -1, -1
	}
	p := colon
	for range 7 {
		if p == len(s.b) || s.b[p] != ':' {
			return -1, -1
		}
		p++
		n := hexDigits(s.b[p:])
		if n == 0 {
			return -1, -1
		}
		p += n
	}
	return start, p
}

// hexDigits returns the length in bytes of the up to four digits at the start
// of b.
func hexDigits(b []byte) int {
	i := 0
	for range 4 {
		r, n := Decode(b[i:])
		if n == 0 || !isHex(r) {
			break
		}
		i += n
	}
	return i
}

func isHex(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'f'
	}
	return IsDigit(r)
}
