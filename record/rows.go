package record

// Rows is a backing: the rows of one batch as they lie in a JSON Lines
// buffer, an Arrow record batch or the like. It is a cursor: Seek makes a
// row current and the other methods speak of that row. A Rows belongs to one
// goroutine; what its methods return is valid until the next Seek, unless
// they say otherwise.
type Rows interface {
	// Len is the number of rows in the batch.
	Len() int
	// ID names a row; it needs no Seek.
	ID(row int) ID
	// Line is the row's line number relative to the start of the batch's
	// segment, from 0, or -1 where rows have no lines. It needs no Seek.
	Line(row int) int
	// Seek makes row current and checks the whole of it. An error means that
	// the row is malformed: it says what is wrong and at which byte of the
	// row, and Raw stays callable.
	Seek(row int) error
	// Field returns the value that p has in the current row: for a String
	// its UTF-8, with lone surrogate escapes in the three-byte form (WTF-8);
	// for any other kind its JSON text. Decoded bytes live in s.
	Field(p Path, s *Scratch) ([]byte, Kind)
	// AppendJSON appends the current row as one JSON object without a
	// newline: byte for byte as it was read where e changes nothing.
	AppendJSON(dst []byte, e *Edits) []byte
	// Raw returns the current row's bytes as read, for the quarantine.
	Raw() []byte
}

// Truster is a Rows that can make a row current without checking it, for rows
// that have passed Seek before and leave as they are: Raw and AppendJSON with
// empty edits may follow, Field may not.
type Truster interface{ Trust(row int) }

// Sizer is a Rows that knows how many bytes a row has before it is read.
type Sizer interface{ Size(row int) int }

// Edits is what a chain changes in a row.
type Edits struct {
	Fields *Fields
	// Text has a new string value for each path that Set marks.
	Text [][]byte
	Set  []bool
	N    int // number of paths set
	// Extra holds members to append at the end of the object, ready encoded
	// ("key":value joined by commas); empty for none. The keys in it replace
	// members of the row that have the same name, which are those in Drop.
	Extra []byte
	Drop  []string
}

// Empty says that the row leaves as it came.
func (e *Edits) Empty() bool { return e == nil || e.N == 0 && len(e.Extra) == 0 }

// Scratch is memory for decoded values, kept by one worker and reused for
// every row.
type Scratch struct{ buf []byte }

// Reset makes everything that was handed out invalid.
func (s *Scratch) Reset() { s.buf = s.buf[:0] }

// Shrink gives memory back that a rare large value has taken.
func (s *Scratch) Shrink(keep int) {
	if cap(s.buf) > keep {
		s.buf = nil
	}
}

// Append hands fn a buffer to append one value to and returns what was
// appended. Values handed out earlier stay valid until Reset.
func (s *Scratch) Append(fn func(dst []byte) []byte) []byte {
	start := len(s.buf)
	s.buf = fn(s.buf)
	return s.buf[start:len(s.buf):len(s.buf)]
}

// Grow returns an empty slice with room for n bytes whose memory stays valid
// until Reset, even when later values move the buffer.
func (s *Scratch) Grow(n int) []byte {
	if cap(s.buf)-len(s.buf) < n {
		s.buf = make([]byte, 0, max(2*cap(s.buf), n, 64<<10))
	}
	start := len(s.buf)
	s.buf = s.buf[:start+n]
	return s.buf[start : start : start+n]
}
