// Package normal brings texts into the normal forms of Unicode, without
// allocating and without the bound that golang.org/x/text/unicode/norm sets to
// the number of combining marks in a row. The tables are norm's.
package normal

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Former appends texts in one normal form. Its zero value is ready; it belongs
// to one goroutine.
type Former struct {
	iter norm.Iter
	long [4]Long
}

// Append appends b, which is UTF-8, in the form f.
func (n *Former) Append(f norm.Form, dst, b []byte) []byte {
	done := f.QuickSpan(b)
	if done == len(b) {
		return append(dst, b...)
	}
	if manyMarks(b) {
		n.long[f].Form = f
		return n.long[f].Append(dst, b)
	}
	if done = f.LastBoundary(b[:done]); done < 0 {
		done = 0
	}
	dst = append(dst, b[:done]...)
	for n.iter.Init(f, b[done:]); !n.iter.Done(); {
		dst = append(dst, n.iter.Next()...)
	}
	return dst
}

// manyMarks says whether b may have more than 30 marks in a row once it is
// decomposed: a code point makes at most four of them.
func manyMarks(b []byte) bool {
	run := 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			run = 0
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		i += n
		if !unicode.IsMark(r) {
			run = 0
		} else if run++; run >= 30/4 {
			return true
		}
	}
	return false
}
