package record

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// hexDigit maps a byte to the digit it stands for, -1 for none.
var hexDigit = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i := range 10 {
		t['0'+i] = int8(i)
	}
	for i := range 6 {
		t['a'+i], t['A'+i] = int8(10+i), int8(10+i)
	}
	return t
}()

// shortEscape maps the letter of a two-byte escape to its meaning, 0 for none.
var shortEscape = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escapeLen returns the length of the escape that b begins with, 0 when it
// is none.
func escapeLen(b []byte) int {
	switch {
	case len(b) >= 2 && shortEscape[b[1]] != 0:
		return 2
	case len(b) >= 6 && b[1] == 'u' && hexDigit[b[2]]|hexDigit[b[3]]|hexDigit[b[4]]|hexDigit[b[5]] >= 0:
		return 6
	}
	return 0
}

// unit decodes the UTF-16 unit of a \u escape that escapeLen accepted.
func unit(b []byte) rune {
	_ = b[5]
	return rune(hexDigit[b[2]])<<12 | rune(hexDigit[b[3]])<<8 | rune(hexDigit[b[4]])<<4 | rune(hexDigit[b[5]])
}

// appendUnescaped appends the text of a checked JSON string without quotes.
// It is never longer than src. Surrogates without a partner become three
// bytes each (WTF-8, simonsapin.github.io/wtf-8).
func appendUnescaped(dst, src []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(src))[:n+len(src)]
	for {
		k := bytes.IndexByte(src, '\\')
		if k < 0 {
			return dst[:n+copy(dst[n:], src)]
		}
		n += copy(dst[n:], src[:k])
		src = src[k:]
		for len(src) > 1 && src[0] == '\\' {
			if c := shortEscape[src[1]]; c != 0 {
				dst[n] = c
				n++
				src = src[2:]
				continue
			}
			r := unit(src)
			src = src[6:]
			if r>>10 == 0xD800>>10 && len(src) >= 6 && src[0] == '\\' && src[1] == 'u' {
				if low := unit(src); low>>10 == 0xDC00>>10 {
					r = 0x10000 + (r-0xD800)<<10 + (low - 0xDC00)
					src = src[6:]
				}
			}
			n += putRune(dst[n:], r)
		}
	}
}

// putRune is utf8.EncodeRune that keeps surrogates. A rune takes less room
// than the escapes it comes from.
func putRune(p []byte, r rune) int {
	switch {
	case r < 0x80:
		p[0] = byte(r)
		return 1
	case r < 0x800:
		_ = p[1]
		p[0], p[1] = 0xC0|byte(r>>6), 0x80|byte(r)&0x3F
		return 2
	case r < 0x10000:
		_ = p[2]
		p[0], p[1], p[2] = 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F
		return 3
	}
	_ = p[3]
	p[0], p[1], p[2], p[3] = 0xF0|byte(r>>18), 0x80|byte(r>>12)&0x3F, 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F
	return 4
}

// AppendQuoted appends text as a JSON string with the fewest escapes: the
// double quote, the backslash and control characters. Surrogates in WTF-8
// become \u escapes, and bytes that are no UTF-8 at all U+FFFD.
func AppendQuoted(dst, text []byte) []byte {
	start := len(dst)
	dst = append(dst, '"')
	clean := true
	for rest := text; ; {
		n, high := plainRun(rest)
		clean = clean && !high
		dst = append(dst, rest[:n]...)
		if n == len(rest) {
			break
		}
		dst = appendEscape(dst, rest[n])
		rest = rest[n+1:]
	}
	if !clean && invalidUTF8(text) >= 0 {
		dst = appendRepaired(append(dst[:start], '"'), text)
	}
	return append(dst, '"')
}

// appendRepaired is the body of AppendQuoted for text that isn't UTF-8.
func appendRepaired(dst, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			if len(text) >= 3 && text[0] == 0xED && text[1]>>5 == 0xA0>>5 && text[2]>>6 == 0x80>>6 {
				size = 3
				dst = appendUnit(dst, 0xD000|rune(text[1]&0x3F)<<6|rune(text[2]&0x3F))
			} else {
				dst = utf8.AppendRune(dst, utf8.RuneError)
			}
		case r == '"' || r == '\\' || r < 0x20:
			dst = appendEscape(dst, byte(r))
		default:
			dst = append(dst, text[:size]...)
		}
		text = text[size:]
	}
	return dst
}

const hexDigits = "0123456789abcdef"

func appendUnit(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return appendUnit(dst, rune(c))
}
