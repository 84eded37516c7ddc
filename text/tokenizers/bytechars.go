package tokenizers

import "unicode/utf8"

// byteRunes are the characters that byte-level tokenizers write bytes as:
// printable ones of Latin-1 as themselves, the others from U+0100 on in order.
var byteRunes = func() (to [256]rune) {
	next := rune(256)
	for b := range to {
		if b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE {
			to[b] = rune(b)
		} else {
			to[b] = next
			next++
		}
	}
	return to
}()

// runeBytes is the reverse of byteRunes; -1 for other characters.
var runeBytes = func() (to [324]int16) {
	for r := range to {
		to[r] = -1
	}
	for b, r := range byteRunes {
		to[r] = int16(b)
	}
	return to
}()

// appendByteChars appends the characters for the bytes of b.
func appendByteChars(dst, b []byte) []byte {
	for _, c := range b {
		dst = utf8.AppendRune(dst, byteRunes[c])
	}
	return dst
}

// appendCharBytes appends the bytes that s stands for; ok is false when it has
// other characters too.
func appendCharBytes(dst []byte, s string) (out []byte, ok bool) {
	for _, r := range s {
		if int(r) >= len(runeBytes) || runeBytes[r] < 0 {
			return dst, false
		}
		dst = append(dst, byte(runeBytes[r]))
	}
	return dst, true
}
