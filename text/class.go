package text

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// IsSpace is Python's str.isspace for one code point: what str.strip removes.
// It is the Unicode property White_Space and the separators U+001C to U+001F.
func IsSpace(r rune) bool {
	return r >= 0x1C && r <= 0x1F || IsPatternSpace(r)
}

// IsPatternSpace is \s of Python's regex module: the property White_Space.
func IsPatternSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return r == 0x85 || r == 0xA0 || r >= 0x1680 && wideSpace(r)
}

func wideSpace(r rune) bool {
	switch {
	case r >= 0x2000 && r <= 0x200A:
		return true
	case r == 0x1680, r == 0x2028, r == 0x2029, r == 0x202F, r == 0x205F, r == 0x3000:
		return true
	}
	return false
}

// IsPatternWord is \w of Python's regex module, after Unicode Technical
// Standard 18: Alphabetic, marks, decimal digits, connector punctuation and
// join controls. Python's re module takes fewer.
func IsPatternWord(r rune) bool {
	if r < utf8.RuneSelf {
		return class[byte(r)]&wordByte != 0
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc,
		unicode.Other_Alphabetic, unicode.Join_Control)
}

// IsDigit is \d: a decimal digit of any script.
func IsDigit(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= '0' && r <= '9'
	}
	if r < 0x660 || r >= 0x3000 && r < 0xA620 { // most letters; no digits there
		return false
	}
	return unicode.Is(unicode.Nd, r)
}

// Trim returns b without the white space around it, as Python's str.strip.
func Trim(b []byte) []byte {
	for len(b) > 0 {
		r, n := Decode(b)
		if !IsSpace(r) {
			break
		}
		b = b[n:]
	}
	for len(b) > 0 {
		r, n := DecodeLast(b)
		if !IsSpace(r) {
			break
		}
		b = b[:len(b)-n]
	}
	return b
}

// What an ASCII byte can be to the scanners of this package.
const (
	wordByte      = 1 << iota // \w
	separatorByte             // where words are split
	specialByte               // a special character
	emailByte                 // [A-Za-z0-9.\-+_]
	domainByte                // [a-z0-9.\-+_]
	hostByte                  // [A-Za-z0-9.\-]
	urlByte                   // [^\s()<>]
	noEndByte                 // no link ends in it
	wideByte                  // part of a sequence of several bytes
	variousByte               // begins what whitespace normalisation replaces
	lineByte                  // begins a line end
)

var class = func() (t [256]uint16) {
	for i := range utf8.RuneSelf {
		c := byte(i)
		lower, upper := c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z'
		digit, space := c >= '0' && c <= '9', c == ' ' || c >= '\t' && c <= '\r'
		punct := c > ' ' && c < 0x7F && !lower && !upper && !digit
		set := func(bit uint16, on bool) {
			if on {
				t[i] |= bit
			}
		}
		set(wordByte, lower || upper || digit || c == '_')
		set(separatorByte, c == ' ' || c == '\n' || c == '\t')
		set(specialByte, digit || space || punct)
		set(emailByte, lower || upper || digit || bytes.IndexByte([]byte(".-+_"), c) >= 0)
		set(domainByte, lower || digit || bytes.IndexByte([]byte(".-+_"), c) >= 0)
		set(hostByte, lower || upper || digit || c == '.' || c == '-')
		set(urlByte, !space && bytes.IndexByte([]byte("()<>"), c) < 0)
		set(noEndByte, space || bytes.IndexByte([]byte("`!()[]{};:'\".,<>?"), c) >= 0)
	}
	for c := utf8.RuneSelf; c < 256; c++ {
		t[c] = wideByte
	}
	for _, c := range []byte{'\t', 0xC2, 0xE2, 0xE3, 0xEF} {
		t[c] |= variousByte
	}
	for _, c := range []byte{'\n', '\v', '\f', '\r', 0x1C, 0x1D, 0x1E, 0xC2, 0xE2} {
		t[c] |= lineByte
	}
	return t
}()
