package csv

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"corpusmill/record"
	"corpusmill/storage"
)

// rows is a batch as record.Rows: rows that lie in the reader's buffer.
type rows struct {
	src    uint32
	delim  byte
	maxRow int64
	names  []string
	keys   [][]byte // the names as JSON, each with a colon
	column []int    // of each path of the recipe; -1 for none

	buf  []byte
	list []place
	cur  []byte // the current row
	// fields are those of the current row; none when Seek refused it.
	fields []field
	edit   []int // by column: 1 + the path whose new text replaces it
	text   []byte
}

// place is a row in the buffer, without its line end.
type place struct {
	start, end int
	pos        int64
	line       int
	long       int64 // its length, when that is above maxRow and the buffer has its begin only
}

func newRows(h *header, delim byte, src uint32, fields *record.Fields, maxRow int64) *rows {
	r := &rows{src: src, delim: delim, maxRow: maxRow, names: h.names, edit: make([]int, len(h.names))}
	for _, n := range h.names {
		r.keys = append(r.keys, append(record.AppendQuoted(nil, []byte(n)), ':'))
	}
	if fields != nil {
		for p := range fields.Len() {
			r.column = append(r.column, slices.Index(h.names, fields.Name(record.Path(p))))
		}
	}
	return r
}

func (r *rows) reset(buf []byte) {
	r.buf, r.list = buf, r.list[:0]
	r.cur, r.fields = nil, r.fields[:0]
}

// Len is the number of rows.
func (r *rows) Len() int { return len(r.list) }

// ID names a row by the offset of its first byte.
func (r *rows) ID(row int) record.ID { return record.ID{Src: r.src, Pos: uint64(r.list[row].pos)} }

// Line is the line that the row begins on, relative to its segment.
func (r *rows) Line(row int) int { return r.list[row].line }

// Size is the length of the row in bytes.
func (r *rows) Size(row int) int { return r.list[row].end - r.list[row].start }

// Seek finds the fields of a row. Its error is a *RowError or a
// storage.ErrTooLong.
func (r *rows) Seek(row int) error {
	p := r.list[row]
	r.cur, r.fields = r.buf[p.start:p.end:p.end], r.fields[:0]
	if p.long > 0 {
		return storage.ErrTooLong{Bytes: p.long, Max: r.maxRow}
	}
	fields, err := appendFields(r.fields, r.cur, r.delim)
	switch {
	case err != nil:
		return err
	case len(fields) != len(r.names):
		return &RowError{len(r.cur), fmt.Sprintf("the row has %s, the header %d", count(len(fields), "field"), len(r.names))}
	case !utf8.Valid(r.cur):
		return r.notUTF8(fields)
	}
	r.fields = fields
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// notUTF8 says where the row's bytes are no UTF-8.
func (r *rows) notUTF8(fields []field) error {
	at := 0
	for {
		c, n := utf8.DecodeRune(r.cur[at:])
		if c == utf8.RuneError && n <= 1 {
			break
		}
		at += n
	}
	for i, f := range fields {
		if at < f.end {
			return &RowError{at, fmt.Sprintf("the field %q is no UTF-8: it has the byte 0x%02x", r.names[i], r.cur[at])}
		}
	}
	return &RowError{at, "the row is no UTF-8"} // the quote or delimiter before it is
}

// Raw returns the current row as read, without its line end.
func (r *rows) Raw() []byte { return r.cur }

// Field returns a column's text; where it has no doubled quotes that is a part
// of the buffer. Names with dots are columns like all others.
func (r *rows) Field(p record.Path, s *record.Scratch) ([]byte, record.Kind) {
	c := r.column[p]
	if c < 0 || c >= len(r.fields) {
		return nil, record.Missing
	}
	f := r.fields[c]
	switch f.kind {
	case empty:
		return append(s.Grow(4), "null"...), record.Null
	case doubled:
		return f.append(s.Grow(f.end-f.start), r.cur), record.String
	}
	return r.cur[f.start:f.end:f.end], record.String
}

// AppendJSON appends the row as an object with the columns in the header's
// order, null ones too, then new members. A row that Seek refused is {}.
func (r *rows) AppendJSON(dst []byte, e *record.Edits) []byte {
	dst = append(dst, '{')
	start := len(dst)
	comma := func() {
		if len(dst) > start {
			dst = append(dst, ',')
		}
	}
	edited := e != nil && e.N > 0
	if edited {
		r.takeEdits(e)
	}
	for i, f := range r.fields {
		if e != nil && len(e.Drop) > 0 && slices.Contains(e.Drop, r.names[i]) {
			continue
		}
		comma()
		dst = append(dst, r.keys[i]...)
		switch {
		case edited && r.edit[i] > 0:
			dst = record.AppendQuoted(dst, e.Text[r.edit[i]-1])
		case f.kind == empty:
			dst = append(dst, "null"...)
		case f.kind == doubled:
			r.text = f.append(r.text[:0], r.cur)
			dst = record.AppendQuoted(dst, r.text)
		default:
			dst = record.AppendQuoted(dst, r.cur[f.start:f.end])
		}
	}
	if edited {
		for p, set := range e.Set {
			if set && r.column[p] < 0 {
				comma()
				dst = append(record.AppendQuoted(dst, []byte(e.Fields.Name(record.Path(p)))), ':')
				dst = record.AppendQuoted(dst, e.Text[p])
			}
		}
	}
	if e != nil && len(e.Extra) > 0 {
		comma()
		dst = append(dst, e.Extra...)
	}
	return append(dst, '}')
}

// takeEdits notes which columns e replaces.
func (r *rows) takeEdits(e *record.Edits) {
	clear(r.edit)
	for p, set := range e.Set {
		if set && r.column[p] >= 0 {
			r.edit[r.column[p]] = p + 1
		}
	}
}
