package partition

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"corpusmill/record"
	"corpusmill/storage"
)

// segment is the number of bytes after which a reader counts lines anew.
const segment = 32 << 20

// row is a row of the input, valid until the next.
type row struct {
	bytes     []byte // as JSON, without a line end
	malformed bool   // it is no JSON object: bytes are as read
	field     []byte // what the request's field has, if there is one
	kind      record.Kind
}

// addTo adds the row to a hash of all.
func (r row) addTo(sum *xxh3.Hasher) {
	sum.Write(r.bytes)
	sum.Write(newline)
}

var newline = []byte{'\n'}

// each calls fn for all rows in their order and adds the blank lines, which
// are no rows, to blank.
func (q *Request) each(ctx context.Context, fn func(row) error, blank *int64) error {
	fields := &record.Fields{}
	if q.Field != "" {
		fields.Path(q.Field)
	}
	for i, f := range q.Files {
		if err := q.eachOf(ctx, uint32(i), f, fields, fn, blank); err != nil {
			return err
		}
	}
	return nil
}

func (q *Request) eachOf(ctx context.Context, src uint32, f storage.File, fields *record.Fields, fn func(row) error, blank *int64) error {
	format, ok := storage.Lookup(f.Format)
	if !ok {
		return fmt.Errorf("%s: this corpusmill can't read the format %q", f.Path, f.Format)
	}
	in, err := format.Open(ctx, f, storage.Split{Src: src, End: -1}, storage.ReadOptions{Fields: fields, Segment: segment, MaxRow: q.MaxRow})
	if err != nil {
		return err
	}
	defer in.Close()
	var buf []byte
	var scratch record.Scratch
	for {
		b, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		*blank += b.Blank
		for i := range b.Rows.Len() {
			scratch.Reset()
			r, err := read(b.Rows, i, &buf, fields, &scratch)
			if err != nil && f.Format == "jsonl" && !errors.As(err, new(storage.ErrTooLong)) {
				r, err = row{bytes: b.Rows.Raw(), malformed: true}, nil
			}
			if err != nil {
				return fmt.Errorf("%s: row at %d: %w", f.Path, b.Rows.ID(i).Pos, err)
			}
			if err := fn(r); err != nil {
				return err
			}
		}
		scratch.Shrink(1 << 20)
		if q.Read != nil {
			q.Read(b.Bytes)
		}
	}
}

// read reads one row. An error says why it is none, or is too long.
func read(rows record.Rows, i int, buf *[]byte, fields *record.Fields, s *record.Scratch) (r row, err error) {
	if err := rows.Seek(i); err != nil {
		return r, err
	}
	*buf = rows.AppendJSON((*buf)[:0], nil)
	r.bytes = *buf
	if fields.Len() > 0 {
		r.field, r.kind = rows.Field(0, s)
	}
	return r, nil
}
