package ftfy

import (
	"unicode/utf8"
)

// normalize appends b, which is UTF-8, in the normal form.
func (f *Fixer) normalize(dst, b []byte) []byte {
	// The library breaks up what has more than 30 combining marks in a row;
	// a code point makes at most four of them.
	const most = 30/4 - 1
	run := 0
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		i += n
		if run++; f.mark(r).todo&normalization == 0 {
			run = 0
		} else if run > most {
			return f.long.Append(dst, b)
		}
	}
	return f.form.Append(dst, b...)
}
