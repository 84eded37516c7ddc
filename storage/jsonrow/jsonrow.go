// Package jsonrow walks the JSON text of one row, for writers whose rows come
// as JSON. It finds where values begin and end; the rows have passed a full
// check of the grammar before, and what breaks it here is an error, never a
// panic.
package jsonrow

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

var errJSONShort = errors.New("the JSON text ends too early")

// maxJSONDepth bounds how deep lists and objects of a row nest.
const maxJSONDepth = 10_000

// skipSpace returns the first position from i on that holds no white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// SkipString returns the position after the string that begins at i.
func SkipString(b []byte, i int) (int, error) {
	for i++; ; {
		n := bytes.IndexByte(b[min(i, len(b)):], '"')
		if n < 0 {
			return 0, errJSONShort
		}
		i += n + 1
		esc := i - 2
		for b[esc] == '\\' {
			esc--
		}
		if (i-2-esc)%2 == 0 {
			return i, nil
		}
	}
}

// SkipValue returns the position after the value that begins at i. It finds
// values' ends in text that is JSON; it is no full check of the grammar.
func SkipValue(b []byte, i int) (int, error) {
	depth := 0
	for {
		if i >= len(b) {
			return 0, errJSONShort
		}
		var err error
		switch b[i] {
		case '"':
			if i, err = SkipString(b, i); err != nil {
				return 0, err
			}
		case '{', '[':
			if depth++; depth > maxJSONDepth {
				return 0, fmt.Errorf("values nest more than %d deep", maxJSONDepth)
			}
			i++
		case '}', ']':
			if depth--; depth < 0 {
				return 0, fmt.Errorf("unexpected %q at byte %d", b[i], i)
			}
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return 0, fmt.Errorf("unexpected %q at byte %d", b[i], i)
			}
			i++
		default:
			start := i
			for i < len(b) && isScalar(b[i]) {
				i++
			}
			if i == start {
				return 0, fmt.Errorf("unexpected %q at byte %d", b[i], i)
			}
		}
		if depth == 0 {
			return i, nil
		}
	}
}

func isScalar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}

// Members calls fn for each member of the object at the front of b. key is
// as written, with quotes.
func Members(b []byte, fn func(key, val []byte) error) error {
	i := skipSpace(b, 1)
	if i < len(b) && b[i] == '}' {
		return nil
	}
	for {
		if i >= len(b) {
			return errJSONShort
		}
		if b[i] != '"' {
			return fmt.Errorf("a member name should begin at byte %d, not %q", i, b[i])
		}
		keyEnd, err := SkipString(b, i)
		if err != nil {
			return err
		}
		v := skipSpace(b, keyEnd)
		if v >= len(b) || b[v] != ':' {
			return fmt.Errorf("a colon is missing at byte %d", v)
		}
		v = skipSpace(b, v+1)
		end, err := SkipValue(b, v)
		if err != nil {
			return err
		}
		if err := fn(b[i:keyEnd], b[v:end]); err != nil {
			return err
		}
		i = skipSpace(b, end)
		if i >= len(b) {
			return errJSONShort
		}
		if b[i] == '}' {
			return nil
		}
		if b[i] != ',' {
			return fmt.Errorf("a comma is missing at byte %d", i)
		}
		i = skipSpace(b, i+1)
	}
}

// Elements calls fn for each element of the list at the front of b.
func Elements(b []byte, fn func(i int, val []byte) error) error {
	i := skipSpace(b, 1)
	if i < len(b) && b[i] == ']' {
		return nil
	}
	for n := 0; ; n++ {
		end, err := SkipValue(b, i)
		if err != nil {
			return err
		}
		if err := fn(n, b[i:end]); err != nil {
			return err
		}
		i = skipSpace(b, end)
		if i >= len(b) {
			return errJSONShort
		}
		if b[i] == ']' {
			return nil
		}
		if b[i] != ',' {
			return fmt.Errorf("a comma is missing at byte %d", i)
		}
		i = skipSpace(b, i+1)
	}
}

var errSurrogate = errors.New("a string holds half of a surrogate pair, which UTF-8 can't; repair the text or write JSON Lines")

// AppendUnquoted appends what the JSON string s, with its quotes, says.
func AppendUnquoted(dst, s []byte) ([]byte, error) {
	s = s[1 : len(s)-1]
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			i = len(s)
		}
		if !utf8.Valid(s[:i]) {
			return dst, errors.New("a string is not UTF-8")
		}
		dst = append(dst, s[:i]...)
		if s = s[i:]; len(s) == 0 {
			return dst, nil
		}
		if len(s) < 2 {
			return dst, errJSONShort
		}
		n := 2
		switch s[1] {
		case '"', '\\', '/':
			dst = append(dst, s[1])
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			r, ok := hex4(s)
			if !ok {
				return dst, fmt.Errorf("a string has a bad escape %q", s[:min(6, len(s))])
			}
			n = 6
			if utf16.IsSurrogate(r) {
				low, _ := hex4(s[6:])
				if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
					return dst, errSurrogate
				}
				n = 12
			}
			dst = utf8.AppendRune(dst, r)
		default:
			return dst, fmt.Errorf("a string has a bad escape %q", s[:2])
		}
		s = s[n:]
	}
}

// hex4 decodes the \uXXXX at the front of s.
func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// IsNull says whether a value is null.
func IsNull(val []byte) bool { return string(val) == "null" }

// CheckText makes sure that all strings of a row can be UTF-8.
func CheckText(row []byte) error {
	if !utf8.Valid(row) {
		return errors.New("the row is not UTF-8")
	}
	if !bytes.Contains(row, []byte(`\ud`)) && !bytes.Contains(row, []byte(`\uD`)) {
		end, err := SkipValue(row, 0)
		if err == nil && end != len(row) {
			err = fmt.Errorf("the row goes on after the object, at byte %d", end)
		}
		return err
	}
	var scratch []byte
	for i := 0; i < len(row); i++ {
		if row[i] != '"' {
			continue
		}
		end, err := SkipString(row, i)
		if err != nil {
			return err
		}
		if scratch, err = AppendUnquoted(scratch[:0], row[i:end]); err != nil {
			return fmt.Errorf("byte %d: %w", i, err)
		}
		i = end - 1
	}
	return nil
}
