package csv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"corpusmill/storage"
)

const (
	bufferBytes = 1 << 20
	keptBytes   = 4 << 20 // a buffer that big rows made larger is given back
	batchRows   = 8192
	rawBytes    = 64 << 10 // what is kept of a row that is too long
	bombFactor  = 64       // a row of so many longest rows in a stream is no data
)

// reader cuts rows out of a buffer that it refills: buf[at:n] is what was
// read and not handed out, and buf[0] has the offset pos in the file.
type reader struct {
	ctx    context.Context
	file   storage.File
	o      storage.ReadOptions
	end    int64 // where the split ends; -1 for the end of the file
	src    io.Reader
	closer io.Closer

	buf     []byte
	at, n   int
	scanned int // scan has read buf[at:scanned]
	scan    scanner
	pos     int64
	eof     bool
	readErr error // what ended the input too early
	err     error // what Next returned last, when that was final

	head *header // to be counted with the first batch; nil when it was
	seg  int64   // of the last row
	line int     // number of the next line in seg

	rows  *rows
	batch storage.Batch
}

// newReader returns a reader for a split whose bytes, less the header, are
// those of src.
func newReader(ctx context.Context, delim byte, file storage.File, s storage.Split, o storage.ReadOptions, h *header, src io.Reader, closer io.Closer) *reader {
	size, end := int64(bufferBytes), s.End
	if end < 0 && seekable(file) {
		end = file.Size
	}
	r := &reader{ctx: ctx, file: file, o: o, end: end, src: src, closer: closer,
		scan: rowStart(delim), pos: s.Start, seg: -1, rows: newRows(h, delim, s.Src, o.Fields, o.MaxRow)}
	if s.Start == 0 {
		r.pos, r.head = h.size, h
	}
	if end >= 0 {
		size = min(size, max(end-r.pos, 0)+1)
		r.src = io.LimitReader(src, max(end-r.pos, 0))
	}
	r.buf = make([]byte, size)
	r.batch.Rows = r.rows
	return r
}

// Next returns the next batch of at most batchRows rows or one buffer.
func (r *reader) Next() (*storage.Batch, error) {
	if r.err == nil {
		r.err = r.ctx.Err()
	}
	if r.err == nil {
		r.err = r.next()
	}
	if r.err != nil {
		return nil, r.err
	}
	return &r.batch, nil
}

// Close releases the file and the buffer.
func (r *reader) Close() error {
	if r.closer == nil {
		return nil
	}
	c := r.closer
	r.closer, r.buf, r.err = nil, nil, os.ErrClosed
	return c.Close()
}

// next fills r.batch. It returns io.EOF when no row is left.
func (r *reader) next() error {
	b := &r.batch
	b.Bytes, b.Lines, b.Blank = 0, 0, 0
	r.shrink()
	r.rows.reset(r.buf[:r.n])
	if h := r.head; h != nil {
		r.head, r.seg, r.line, b.Seg = nil, 0, h.lines, 0
		b.Bytes, b.Lines, b.Blank = h.size, int64(h.lines), int64(h.blank)
	}
	for r.rows.Len() < batchRows {
		off := r.pos + int64(r.at)
		if r.at < r.n {
			if seg := off / r.o.Segment; seg != r.seg {
				if b.Bytes > 0 {
					return nil
				}
				r.seg, r.line, b.Seg = seg, 0, int(seg)
			}
		}
		k, ended := r.scan.row(r.buf[r.scanned:r.n])
		r.scanned += k
		switch {
		case ended || r.eof && r.readErr == nil && r.at < r.n:
			start := r.at
			r.at = r.scanned
			b.Bytes += int64(r.at - start)
			r.add(start, off)
		case r.rows.Len() > 0 || b.Bytes > 0 && (r.eof || r.readErr != nil):
			return nil
		case r.readErr != nil:
			return r.readErr
		case r.eof:
			if b.Bytes > 0 {
				return nil
			}
			return io.EOF
		case int64(r.n-r.at) >= r.longest():
			if b.Bytes > 0 {
				return nil
			}
			return r.longRow()
		default:
			r.fill()
		}
	}
	return nil
}

// add appends the row buf[start:at], which has its line end, to the batch.
func (r *reader) add(start int, off int64) {
	line := r.line
	lines := 1 + r.scan.lines
	r.scan.lines = 0
	r.line += lines
	r.batch.Lines += int64(lines)
	row := trimEnd(r.buf[start:r.at])
	if len(row) == 0 {
		r.batch.Blank++
		return
	}
	p := place{start: start, end: start + len(row), pos: off, line: line}
	if long := int64(len(row)); long > r.o.MaxRow {
		p.end, p.long = min(p.end, start+rawBytes), long
	}
	r.rows.list = append(r.rows.list, p)
}

// longest is the length from which on a row without an end is read over and
// not held: longer than any row with its line end, and enough for Raw.
func (r *reader) longest() int64 { return max(r.o.MaxRow+2, rawBytes) }

// longRow hands out the row at r.at, which is above MaxRow, as one that Seek
// refuses. It reads on to the row's end in the part of the buffer behind its
// begin.
func (r *reader) longRow() error {
	off := r.pos + int64(r.at)
	length := int64(r.n - r.at)
	var ending [2]byte // the last bytes that were read
	keep := func(b []byte) {
		for _, c := range b[max(0, len(b)-2):] {
			ending[0], ending[1] = ending[1], c
		}
	}
	keep(r.buf[r.at:r.n])
	head := copy(r.buf, r.buf[r.at:min(r.n, r.at+rawBytes)])
	ended := false
	for !ended {
		if !seekable(r.file) && length > bombFactor*r.o.MaxRow {
			return fmt.Errorf("%s: at uncompressed byte %d: a row goes on for more than %d bytes: a quote isn't closed there, or it is a decompression bomb; mend the file, or raise --max-row when the row is real",
				r.file.Path, off, length)
		}
		if err := r.ctx.Err(); err != nil {
			return err
		}
		r.at, r.n, r.pos = head, head, off+length-int64(head)
		r.read()
		if r.n == head {
			break
		}
		var k int
		k, ended = r.scan.row(r.buf[head:r.n])
		r.at = head + k
		length += int64(k)
		keep(r.buf[head:r.at])
	}
	if r.readErr != nil && !ended {
		return r.readErr
	}
	r.pos = off + length - int64(r.at)
	r.scanned = r.at
	b := &r.batch
	b.Bytes += length
	b.Lines += int64(1 + r.scan.lines)
	if ended {
		if length--; ending[0] == '\r' {
			length--
		}
	} else if ending[1] == '\r' {
		length--
	}
	r.rows.reset(r.buf[:head])
	r.rows.list = append(r.rows.list, place{end: min(head, int(min(length, rawBytes))), pos: off, line: r.line, long: length})
	r.line += 1 + r.scan.lines
	r.scan.lines = 0
	return nil
}

// shrink gives a large buffer back that isn't needed any more.
func (r *reader) shrink() {
	if len(r.buf) > keptBytes && r.n-r.at < bufferBytes/2 {
		r.move(make([]byte, bufferBytes))
	}
}

// move takes what isn't handed out to the front of a buffer.
func (r *reader) move(to []byte) {
	r.n = copy(to, r.buf[r.at:r.n])
	r.pos += int64(r.at)
	r.scanned -= r.at
	r.at, r.buf = 0, to
}

// fill reads more behind buf[at:n], which it moves to the front; a row that
// fills the buffer makes it larger.
func (r *reader) fill() {
	to := r.buf
	if r.at == 0 && r.n == len(r.buf) {
		to = make([]byte, min(2*int64(len(r.buf)), max(r.longest(), bufferBytes)))
	}
	r.move(to)
	r.read()
	r.rows.reset(r.buf[:r.n])
}

// read fills buf[n:] and sets eof or readErr at the end of the input.
func (r *reader) read() {
	n, err := io.ReadFull(r.src, r.buf[r.n:])
	r.n += n
	switch {
	case err == nil:
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		r.eof = true
		if at := r.pos + int64(r.n); at < r.end {
			r.readErr = fmt.Errorf("%s: ends at byte %d, but had %d: %w", r.file.Path, at, r.file.Size, storage.ErrChanged)
		}
	default:
		r.readErr = err
		var path *fs.PathError
		if seekable(r.file) && errors.As(err, &path) {
			r.readErr = fmt.Errorf("%s: at byte %d: %w", r.file.Path, r.pos+int64(r.n), path.Err)
		}
	}
}
