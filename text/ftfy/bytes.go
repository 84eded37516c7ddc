package ftfy

import (
	"bytes"
	"unicode/utf8"
)

// kept is a continuation byte of UTF-8 that nothing mistakes for a space or a
// line break.
func kept(c byte) bool { return c >= 0x80 && c < 0xC0 && c != 0x85 && c != 0xA0 }

func continues(c byte) bool { return c&0xC0 == 0x80 }

func isIn(c byte, set string) bool { return bytes.IndexByte([]byte(set), c) >= 0 }

// spacedLen returns the length of the sequence at the start of b that is UTF-8
// but for a space in the place of 0xA0, 0 for none. Sequences are only those
// that make likely characters.
func spacedLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	c := b[0]
	if b[1] == ' ' && isIn(c, "\xc2\xc3\xc5\xce\xd0\xd9") {
		return 2
	}
	if len(b) < 3 {
		return 0
	}
	switch {
	case (c == 0xE2 || c == 0xE3) && b[1] == ' ' && kept(b[2]),
		c >= 0xE0 && c <= 0xE3 && kept(b[1]) && b[2] == ' ':
		return 3
	case c == 0xF0 && len(b) >= 4:
		spaces, rest := 0, 0
		for _, c := range b[1:4] {
			if c == ' ' {
				spaces++
			} else if continues(c) {
				rest++
			}
		}
		if spaces == 1 && rest == 2 {
			return 4
		}
	}
	return 0
}

// appendSpacesRestored appends b with 0xA0 for spaces where that makes UTF-8
// of it. À before a space is a word in several languages that lost its byte
// 0xA0, unless a word follows in which Ã is meant.
func appendSpacesRestored(dst, b []byte) []byte {
	start := len(dst)
	found := false
	for i := range b {
		if spacedLen(b[i:]) > 0 {
			found = true
			break
		}
	}
	if !found {
		return append(dst, b...)
	}
	for i := 0; i < len(b); i++ {
		dst = append(dst, b[i])
		if b[i] == 0xC3 && i+1 < len(b) && b[i+1] == ' ' && !meansATilde(b[i+2:]) {
			dst = append(dst, 0xA0, ' ')
			i++
		}
	}
	for i := start; i < len(dst); {
		n := spacedLen(dst[i:])
		for k := range n {
			if dst[i+k] == ' ' {
				dst[i+k] = 0xA0
			}
		}
		i += max(n, 1)
	}
	return dst
}

func meansATilde(rest []byte) bool {
	for _, word := range []string{" ", "quele", "quela", "quilo", "s "} {
		if len(rest) >= len(word) && string(rest[:len(word)]) == word {
			return true
		}
	}
	return false
}

// lossyLen returns the length of the sequence at the start of b that would be
// UTF-8 or CESU-8 if some bytes hadn't become 0x1A, or one of them a question
// mark; 0 for none.
func lossyLen(b []byte) int {
	lost := func(c byte) bool { return c == substitute || c == '?' }
	some := func(c byte) bool { return c == substitute || continues(c) }
	c := b[0]
	at := func(i int) byte {
		if i < len(b) {
			return b[i]
		}
		return 0 // in no sequence
	}
	switch {
	case c >= 0xC2 && c <= 0xDF && at(1) == substitute, (c == 0xC2 || c == 0xC3) && at(1) == '?':
		return 2
	case c == 0xED && at(1) >= 0xA0 && at(1) <= 0xAF && at(3) == 0xED && at(4) >= 0xB0 && at(4) <= 0xBF &&
		(lost(at(2)) && (lost(at(5)) || continues(at(5))) || continues(at(2)) && lost(at(5))):
		return 6
	case c >= 0xE0 && c <= 0xEF && (lost(at(1)) && some(at(2)) || some(at(1)) && lost(at(2))):
		return 3
	case c >= 0xF0 && c <= 0xF4 && (lost(at(1)) && some(at(2)) && some(at(3)) ||
		some(at(1)) && lost(at(2)) && some(at(3)) || some(at(1)) && some(at(2)) && lost(at(3))):
		return 4
	case c == substitute:
		return 1
	}
	return 0
}

// appendLossyReplaced appends b with U+FFFD for each sequence of lossyLen.
func appendLossyReplaced(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		if n := lossyLen(b[i:]); n > 0 {
			dst = append(dst, "\uFFFD"...)
			i += n
		} else {
			dst = append(dst, b[i])
			i++
		}
	}
	return dst
}

// appendUTF8Runes appends the code points of b, UTF-8 in which 0xC0 0x80 may
// stand for U+0000 and two encoded surrogates for what the pair does (CESU-8).
// It returns false where b is something else. In each of those two sequences
// the last byte may be a newline at the very end of b, as Python's $ has it.
func appendUTF8Runes(dst []rune, b []byte) ([]rune, bool) {
	last := func(i int) bool { return continues(b[i]) || b[i] == '\n' && i+1 == len(b) }
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			dst = append(dst, rune(b[i]))
			i++
			continue
		}
		if b[i] == 0xC0 && i+1 < len(b) && (b[i+1] == 0x80 || b[i+1] == '\n' && i+2 == len(b)) {
			dst = append(dst, 0)
			i += 2
			continue
		}
		if s := b[i:]; len(s) >= 6 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xAF && continues(s[2]) &&
			s[3] == 0xED && s[4] >= 0xB0 && s[4] <= 0xBF && last(i+5) {
			dst = append(dst, 0x10000+rune(s[1]&0x0F)<<16+rune(s[2]&0x3F)<<10+rune(s[4]&0x0F)<<6+rune(s[5]&0x3F))
			i += 6
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return dst, false
		}
		dst = append(dst, r)
		i += n
	}
	return dst, true
}
