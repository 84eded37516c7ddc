package ftfy

import (
	"bytes"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"corpusmill/text"
)

// maxEntity is the most characters between & or &# and ; in what is taken for
// an entity.
const maxEntity = 24

// entityLen returns the length of &#?[0-9A-Za-z]{1,24}; at the start of b, 0 for
// no match.
func entityLen(b []byte) int {
	i := 1
	if len(b) > 1 && b[1] == '#' {
		i = 2
	}
	for j := i; j < len(b) && j <= i+maxEntity; j++ {
		switch c := b[j]; {
		case c-'0' < 10 || c|0x20-'a' < 26:
		case c == ';' && j > i:
			return j + 1
		default:
			return 0
		}
	}
	return 0
}

// unescape replaces the entities in b that are known by what they stand for.
func (f *Fixer) unescape(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:i]...)
		b = b[i:]
		n := entityLen(b)
		switch {
		case n == 0:
			n = 1
			dst = append(dst, '&')
		case b[1] == '#':
			dst = appendReference(dst, b[:n])
		default:
			s, ok := f.known[string(b[:n])]
			if !ok {
				const most = 1 << 12
				if len(f.known) >= most {
					clear(f.known)
				}
				s = namedEntity(string(b[:n]))
				f.known[string(b[:n])] = s
			}
			dst = append(dst, s...)
		}
		b = b[n:]
	}
}

// upperOf are the characters that become several in upper case.
var upperOf = strings.NewReplacer("ﬃ", "FFI", "ﬀ", "FF", "ﬄ", "FFL", "ﬁ", "FI", "ﬂ", "FL", "ŉ", "ʼN", "ß", "SS")

// namedEntity returns what an entity of HTML5 stands for; one that has no
// meaning in upper case, but has one in lower case, stands for that in upper
// case. Others stand for themselves.
func namedEntity(s string) string {
	if to, ok := html5Entity(s); ok {
		return to
	}
	lower := strings.ToLower(s)
	if to, ok := html5Entity(lower); ok && strings.ToUpper(s) == s && html.UnescapeString(s) == s {
		return strings.Map(unicode.ToUpper, upperOf.Replace(to))
	}
	return s
}

// html5Entity returns what s, &name;, stands for in HTML5. The library also
// replaces a name that s only begins with; then the semicolon is left.
func html5Entity(s string) (string, bool) {
	to := html.UnescapeString(s)
	return to, to == ";" || !strings.HasSuffix(to, ";")
}

// appendReference appends the code point of a numeric reference, &#...;, by the
// rules of HTML5; what has something else than digits in it, and the semicolon,
// stay as they are.
func appendReference(dst, s []byte) []byte {
	digits, base := s[2:len(s)-1], rune(10)
	if digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	r := rune(0)
	for _, c := range digits {
		d := rune(c | 0x20)
		switch {
		case c-'0' < 10:
			d = rune(c - '0')
		case base == 16 && d >= 'a' && d <= 'f':
			d -= 'a' - 10
		default:
			return append(dst, s...)
		}
		r = min(r*base+d, utf8.MaxRune+1)
	}
	switch {
	case len(digits) == 0 || r == ';':
		return append(dst, s...)
	case r == 0, r > utf8.MaxRune, isSurrogate(r):
		r = utf8.RuneError
	case r >= 0x80 && r < 0xA0:
		r = windows1252()[r-0x80]
	case r < 0x20 && r != '\t' && r != '\n' && r != '\f' && r != '\r',
		r == 0x7F, r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE:
		return dst
	}
	return text.Append(dst, r)
}
