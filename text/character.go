package text

import "unicode/utf8"

// AppendCharacters appends b to dst without white space (\s), decimal digits
// (\d) and ASCII punctuation: what exact deduplication compares when it is
// told to ignore non-characters.
func AppendCharacters(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		start := i
		for i < len(b) && b[i] < utf8.RuneSelf && class[b[i]]&specialByte == 0 {
			i++
		}
		for i < len(b) && b[i] >= utf8.RuneSelf {
			r, n := Decode(b[i:])
			if IsPatternSpace(r) || IsDigit(r) {
				break
			}
			i += n
		}
		dst = append(dst, b[start:i]...)
		if i == start {
			_, n := Decode(b[i:])
			i += n
		}
	}
	return dst
}
