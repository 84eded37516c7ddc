package text

import (
	"slices"
	"unicode/utf8"
)

// AppendCharacters appends b to dst without white space (\s), decimal digits
// (\d) and ASCII punctuation: what exact deduplication compares when it is
// told to ignore non-characters.
func AppendCharacters(dst, b []byte) []byte {
	dst = slices.Grow(dst, len(b))
	out, n := dst[len(dst):cap(dst)], 0
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			out[n] = c // stays if n moves on
			if class[c]&specialByte == 0 {
				n++
			}
			i++
			continue
		}
		r, k := decodeWide(b[i:])
		if !IsPatternSpace(r) && !IsDigit(r) {
			n += copy(out[n:], b[i:i+k])
		}
		i += k
	}
	return dst[:len(dst)+n]
}
