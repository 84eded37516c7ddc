package ftfy

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"corpusmill/text"
	"corpusmill/text/normal"
)

// maxSegment is how many code points are mended at once; a longer line is cut
// into segments of that many.
const maxSegment = 1_000_000

// Fixer mends texts one after another. It belongs to one goroutine and keeps
// its memory between texts: tables of up to 2 MiB, filled as code points are
// met, and some copies of the longest line that needed mending.
type Fixer struct {
	form   norm.Form
	pages  [(utf8.MaxRune + 1) >> 8]*page
	line   []byte    // a line before the steps are applied again
	bufs   [2][]byte // a line between two steps, in turn
	turn   int
	frames []*frame
	known  map[string]string // entities met before
	long   normal.Long
}

// New returns a Fixer that leaves texts in the given normal form.
func New(form norm.Form) *Fixer {
	return &Fixer{form: form, known: map[string]string{}, long: normal.Long{Form: form}}
}

// Append appends b to dst, mended. Where there is nothing to mend it returns
// dst as it was and false. b is WTF-8; what is appended is UTF-8 if b is not
// returned as it was.
func (f *Fixer) Append(dst, b []byte) (out []byte, changed bool) {
	const unknown = -1
	tag := unknown // where the first < is
	done := 0
	for i := plainASCII(b); i < len(b); i += plainASCII(b[i:]) {
		start, end := bytes.LastIndexByte(b[:i], '\n')+1, len(b)
		if n := bytes.IndexByte(b[i:], '\n'); n >= 0 {
			end = i + n + 1
		}
		for i = start; i < end; {
			segment := cut(b[i:end])
			i += len(segment)
			todo := f.look(segment)
			if todo == 0 {
				continue
			}
			if tag == unknown {
				if tag = bytes.IndexByte(b, '<'); tag < 0 {
					tag = len(b)
				}
			}
			// In markup, which the rest of the text is from the segment with
			// the first < on, entities are meant.
			may := allSteps
			if tag < i {
				may &^= entities
			}
			if mended := f.mend(segment, todo, may); !bytes.Equal(mended, segment) {
				dst = append(dst, b[done:i-len(segment)]...)
				dst = append(dst, mended...)
				done, changed = i, true
			}
		}
	}
	if changed {
		dst = append(dst, b[done:]...)
	}
	return dst, changed
}

// cut returns the first maxSegment code points of b.
func cut(b []byte) []byte {
	if len(b) <= maxSegment || text.Runes(b) <= maxSegment {
		return b
	}
	i := 0
	for range maxSegment {
		_, n := text.Decode(b[i:])
		i += n
	}
	return b[:i]
}

// mend applies the steps to a segment until they don't change it. may says
// which of them it needs. The result is valid until the next call.
func (f *Fixer) mend(b []byte, todo, may steps) []byte {
	for todo &= may; todo != 0; todo = f.look(b) & may {
		next := f.pass(b, todo, may)
		if bytes.Equal(next, b) {
			break
		}
		f.line = append(f.line[:0], next...)
		b = f.line
	}
	return b
}

// pass applies each step once, in order. A step that does something may make
// work for those after it.
func (f *Fixer) pass(b []byte, todo, may steps) []byte {
	if todo&entities != 0 {
		b = f.keep(f.unescape(f.spare(), b))
		todo = f.look(b) & may
	}
	if todo&mojibake != 0 {
		b = f.keep(f.fixEncoding(f.spare(), b))
		todo = f.look(b) & may
	}
	if todo&characters != 0 {
		out, controls := f.replaceCharacters(f.spare(), b)
		if b = f.keep(out); controls {
			b = f.keep(removeControls(f.spare(), b))
		}
		todo = f.look(b) & may
	}
	if todo&normalization != 0 {
		b = f.keep(f.normalize(f.spare(), b))
	}
	return b
}

// spare is an empty buffer that the last step didn't write to; keep takes it
// back, grown.
func (f *Fixer) spare() []byte {
	f.turn ^= 1
	return f.bufs[f.turn][:0]
}

func (f *Fixer) keep(b []byte) []byte {
	f.bufs[f.turn] = b
	return b
}
