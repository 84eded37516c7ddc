package text

import "unicode/utf8"

//go:generate go run special_gen.go

// IsSpecial says whether refining a word strips r from its ends; special.txt
// lists which code points that holds for.
func IsSpecial(r rune) bool {
	page := uint(r) >> 8
	return page < uint(len(specialPages)) &&
		specialBits[specialPages[page]][r>>6&3]>>(r&63)&1 != 0
}

// TrimSpecial narrows w, a part of b, to what lies between the special
// characters around it.
func TrimSpecial(b []byte, w Span) Span {
	for w.Start < w.End {
		if c := b[w.Start]; c < utf8.RuneSelf {
			if class[c]&specialByte == 0 {
				break
			}
			w.Start++
			continue
		}
		r, n := Decode(w.Of(b))
		if !IsSpecial(r) {
			break
		}
		w.Start += uint32(n)
	}
	for w.Start < w.End {
		if c := b[w.End-1]; c < utf8.RuneSelf {
			if class[c]&specialByte == 0 {
				break
			}
			w.End--
			continue
		}
		r, n := DecodeLast(w.Of(b))
		if !IsSpecial(r) {
			break
		}
		w.End -= uint32(n)
	}
	return w
}
