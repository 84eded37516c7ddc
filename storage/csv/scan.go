package csv

import "bytes"

// scanner tells text in quotes from text outside, over bytes that come in
// pieces. Its zero value with a delimiter and last set to '\n' stands at the
// begin of a row.
type scanner struct {
	delim  byte
	quoted bool // inside of quotes
	closed bool // the byte before closed them: another quote is a doubled one
	last   byte // the byte before, outside of quotes
	lines  int  // newlines in quotes; who counts them sets it back
}

func rowStart(delim byte) scanner { return scanner{delim: delim, last: '\n'} }

// row reads up to the end of the row and returns the place behind it; without
// one in b it reads all of b.
func (s *scanner) row(b []byte) (next int, ended bool) {
	newline := -1 // the first at or behind i; len(b) for none
	for i := 0; i < len(b); {
		if !s.quoted && newline < i {
			if newline = bytes.IndexByte(b[i:], '\n'); newline < 0 {
				newline = len(b)
			} else {
				newline += i
			}
		}
		if s.quoted {
			from := i
			i = s.close(b, i)
			s.lines += bytes.Count(b[from:i], lineFeed)
			continue
		}
		if i = s.open(b, i, newline); i == newline && !s.quoted {
			if newline == len(b) {
				return i, false
			}
			s.last = '\n'
			return newline + 1, true
		}
	}
	return len(b), false
}

// skip reads all of b and looks for no row's end.
func (s *scanner) skip(b []byte) {
	for i := 0; i < len(b); {
		if s.quoted {
			i = s.close(b, i)
		} else {
			i = s.open(b, i, len(b))
		}
	}
}

var lineFeed = []byte{'\n'}

// close reads from i, inside of quotes, to behind the closing one. Where the
// next field opens at once with a quote, it goes on in that.
func (s *scanner) close(b []byte, i int) int {
	for {
		k := bytes.IndexByte(b[i:], '"')
		if k < 0 {
			return len(b)
		}
		i += k + 1
		switch {
		case i < len(b) && b[i] == '"':
			i++
		case i+1 < len(b) && b[i] == s.delim && b[i+1] == '"':
			i += 2
		default:
			s.quoted, s.closed = false, true
			return i
		}
	}
}

// open reads from i, outside of quotes, to behind a quote, or to end.
func (s *scanner) open(b []byte, i, end int) int {
	if s.closed {
		s.closed, s.last = false, '"'
		if i < len(b) && b[i] == '"' {
			s.quoted = true
			return i + 1
		}
	}
	k := bytes.IndexByte(b[i:end], '"')
	if k < 0 {
		if end > i {
			s.last = b[end-1]
		}
		return end
	}
	if k > 0 {
		s.last = b[i+k-1]
	}
	s.quoted = s.last == s.delim || s.last == '\n'
	s.last = '"'
	return i + k + 1
}
