package synth

import "unicode/utf8"

// escapes has the letter after the backslash for the bytes that need one in a
// JSON string. The texts have no other control characters.
var escapes = [256]byte{'"': '"', '\\': '\\', '\n': 'n', '\t': 't'}

// appendQuoted appends text as the inside of a JSON string in UTF-8.
func appendQuoted(dst, text []byte) []byte {
	start := 0
	for i, c := range text {
		if e := escapes[c]; e != 0 {
			dst = append(append(dst, text[start:i]...), '\\', e)
			start = i + 1
		}
	}
	return append(dst, text[start:]...)
}

// appendASCII does the same with an escape for all that is not ASCII.
func appendASCII(dst, text []byte) []byte {
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf && escapes[c] == 0 {
			i++
			continue
		}
		dst = append(dst, text[start:i]...)
		if c < utf8.RuneSelf {
			dst = append(dst, '\\', escapes[c])
			i++
		} else {
			r, n := utf8.DecodeRune(text[i:])
			if r >= 0x10000 {
				r -= 0x10000
				dst = appendUnit(dst, 0xd800+r>>10)
				r = 0xdc00 + r&0x3ff
			}
			dst = appendUnit(dst, r)
			i += n
		}
		start = i
	}
	return append(dst, text[start:]...)
}

func appendUnit(dst []byte, u rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[u>>12&15], hex[u>>8&15], hex[u>>4&15], hex[u&15])
}
