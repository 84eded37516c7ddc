package record

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// space returns the first place from i on that holds no white space, at most n.
func (s *jsonScan) space(i int) int {
	for i < s.n {
		switch s.b[i] {
		case ' ', '\t', '\n', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// str reads a string from behind its opening quote and returns the place
// behind its closing one.
func (s *jsonScan) str(i int) (end int, escaped bool, err error) {
	// Most keys and short values end in the first words.
	for range 2 {
		if i+8 > len(s.b) {
			break
		}
		x := binary.LittleEndian.Uint64(s.b[i:])
		stop := stops(x)
		if stop == 0 {
			s.high = s.high || x&highs != 0
			i += 8
			continue
		}
		s.high = s.high || x&(stop&-stop-1)&highs != 0
		if i += bits.TrailingZeros64(stop) / 8; s.b[i] == '"' && i < s.n {
			return i + 1, false, nil
		}
		break
	}
	for {
		n, high := plainRun(s.b[i:])
		i += n
		s.high = s.high || high
		for i < s.n && s.b[i] == '\\' {
			escaped = true
			n := escapeLen(s.b[i:s.n])
			if n == 0 {
				return i, escaped, s.badEscape(i)
			}
			i += n
		}
		if i >= s.n {
			return i, escaped, s.fail(s.n, "the row ends inside a string")
		}
		switch c := s.b[i]; {
		case c == '"':
			return i + 1, escaped, nil
		case c < 0x20:
			return i, escaped, s.fail(i, fmt.Sprintf("raw control character 0x%02x in a string, where JSON wants \\u%04x", c, c))
		}
	}
}

func (s *jsonScan) badEscape(i int) error {
	switch {
	case i+1 >= s.n:
		return s.fail(s.n, "the row ends inside a string")
	case s.b[i+1] == 'u':
		return s.fail(i, `\u without four hexadecimal digits`)
	}
	return s.fail(i, "unknown escape: a backslash before "+s.show(i+1))
}

func (s *jsonScan) word(i int, w string) (int, error) {
	if end := i + len(w); end <= s.n && string(s.b[i:end]) == w {
		return end, nil
	}
	return i, s.fail(i, "want a value, not "+s.show(i))
}

// number reads a number of any size: -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?
func (s *jsonScan) number(i int) (int, error) {
	b := s.b[:s.n]
	start := i
	if b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case i < len(b) && b[i]-'1' < 9:
		i = digits(b, i)
	case i > start:
		return i, s.fail(i, "want a digit after the minus sign, not "+s.show(i))
	default:
		return i, s.fail(i, "want a value, not "+s.show(i))
	}
	if i < len(b) && b[i] == '.' {
		k := digits(b, i+1)
		if k == i+1 {
			return k, s.fail(k, "want a digit after the decimal point, not "+s.show(k))
		}
		i = k
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		k := digits(b, i)
		if k == i {
			return k, s.fail(k, "want a digit in the exponent, not "+s.show(k))
		}
		i = k
	}
	return i, nil
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' < 10 {
		i++
	}
	return i
}

// notObject says what stands where the row's object should begin.
func (s *jsonScan) notObject(i int) error {
	if i == s.n {
		return s.fail(i, "the row is empty")
	}
	what := ""
	switch c := s.b[i]; {
	case c == '[':
		what = "a list"
	case c == '"':
		what = "a string"
	case c == '-' || c-'0' < 10:
		what = "a number"
	case c == 't' || c == 'f' || c == 'n':
		for _, w := range [...]string{"true", "false", "null"} {
			if end, err := s.word(i, w); err == nil && s.space(end) == s.n {
				what = w
			}
		}
	}
	if what == "" {
		return s.fail(i, "not a JSON object: it begins with "+s.show(i))
	}
	return s.fail(i, "not a JSON object but "+what)
}

// show names the byte or character at i for a message.
func (s *jsonScan) show(i int) string {
	if i >= s.n {
		return "the end of the row"
	}
	r, size := utf8.DecodeRune(s.b[i:s.n])
	switch {
	case r == utf8.RuneError && size == 1, r < 0x20, r == 0x7F:
		return fmt.Sprintf("the byte 0x%02x", s.b[i])
	case r == 0xFEFF:
		return "a byte-order mark"
	}
	return fmt.Sprintf("%q", r)
}
