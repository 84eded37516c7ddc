package jsonl

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"corpusmill/record"
	"corpusmill/storage"
)

const (
	batchRows  = 8192
	rawBytes   = 64 << 10 // what is kept of a row that is too long
	bombFactor = 64       // a line of so many longest rows in a stream is no data
)

var mark = []byte("\xef\xbb\xbf")

// reader cuts lines out of a buffer that it refills: buf[at:n] is what was
// read and not handed out, and buf[0] has the offset pos in the file.
type reader struct {
	ctx    context.Context
	file   storage.File
	split  storage.Split
	o      storage.ReadOptions
	src    io.Reader
	closer io.Closer

	buf     []byte
	at, n   int
	scanned int // buf[at:scanned] holds no line end
	pos     int64
	skip    int64 // bytes to read over before pos
	eof     bool
	readErr error // what ended the input too early
	err     error // what Next returned last, when that was final

	inLine bool  // buf[at:] goes on with a line that belongs to an earlier split
	seg    int64 // of the last line
	line   int   // number of the next line in seg

	rows  *record.JSONRows
	batch storage.Batch
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

// next fills r.batch. It returns io.EOF when no line is left.
func (r *reader) next() error {
	b := &r.batch
	b.Bytes, b.Lines, b.Blank = 0, 0, 0
	if err := r.passOver(); err != nil {
		return err
	}
	r.rows.Reset(r.split.Src, r.buf[:r.n])
	for r.rows.Len() < batchRows {
		off := r.pos + int64(r.at)
		if r.split.End >= 0 && off >= r.split.End {
			return r.end(io.EOF)
		}
		if r.at < r.n && !r.inLine {
			if seg := off / r.o.Segment; seg != r.seg {
				if b.Lines > 0 {
					return nil
				}
				r.seg, r.line, b.Seg = seg, 0, int(seg)
			}
		}
		end, next := r.lineEnd()
		if end < 0 {
			switch {
			case r.rows.Len() > 0:
				return nil
			case r.readErr != nil:
				return r.end(r.readErr)
			case r.eof && (r.inLine || r.at == r.n):
				return r.end(io.EOF)
			case r.eof:
				end, next = r.n, r.n
			case r.inLine:
				r.at = r.n
				r.fill()
				continue
			case int64(r.n-r.at) >= r.longest():
				return r.longLine()
			default:
				r.fill()
				continue
			}
		}
		start := r.at
		r.at, r.scanned = next, next
		if r.inLine {
			r.inLine = false
			continue
		}
		b.Bytes += int64(next - start)
		r.add(start, end, off)
	}
	return nil
}

// end is the result of next when nothing more can be read: the lines that
// were found are handed out first.
func (r *reader) end(err error) error {
	if r.batch.Lines > 0 {
		return nil
	}
	return err
}

// lineEnd finds the end of the line at r.at and the begin of the next, -1 when
// the buffer doesn't hold it.
func (r *reader) lineEnd() (end, next int) {
	from := max(r.at, r.scanned)
	k := bytes.IndexByte(r.buf[from:r.n], '\n')
	if k < 0 {
		r.scanned = r.n
		return -1, -1
	}
	return from + k, from + k + 1
}

// add appends the line buf[start:end] to the batch.
func (r *reader) add(start, end int, off int64) {
	if end > start && r.buf[end-1] == '\r' {
		end--
	}
	if off == 0 && bytes.HasPrefix(r.buf[start:end], mark) {
		start += len(mark)
	}
	line := r.line
	r.line++
	r.batch.Lines++
	if blank(r.buf[start:end]) {
		r.batch.Blank++
		return
	}
	if long := int64(end - start); long > r.o.MaxRow {
		r.rows.AddBad(start, min(end, start+rawBytes), uint64(off), line, storage.ErrTooLong{Bytes: long, Max: r.o.MaxRow})
		return
	}
	r.rows.Add(start, end, uint64(off), line)
}

func blank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

// longest is the length from which on a line without an end is read over and
// not held: longer than any row with its line end, and enough for Raw.
func (r *reader) longest() int64 {
	return max(r.o.MaxRow+2+int64(len(mark)), rawBytes+int64(len(mark)))
}

// longLine hands out the line at r.at, which is above MaxRow, as one bad row.
// It reads on to the line's end in the part of the buffer behind its begin.
func (r *reader) longLine() error {
	off := r.pos + int64(r.at)
	length, last := int64(r.n-r.at), r.buf[r.n-1] // without line end
	head := copy(r.buf, r.buf[r.at:min(r.n, r.at+rawBytes+len(mark))])
	ended := false
	for !ended {
		if !seekable(r.file) && length > bombFactor*r.o.MaxRow {
			return r.bomb(off, length)
		}
		if err := r.ctx.Err(); err != nil {
			return err
		}
		r.at, r.n, r.pos = head, head, off+length-int64(head)
		r.read()
		if r.n == head {
			break
		}
		k := bytes.IndexByte(r.buf[head:r.n], '\n')
		if ended = k >= 0; ended {
			r.at = head + k + 1
		} else {
			r.at, k = r.n, r.n-head
		}
		if k > 0 {
			last = r.buf[head+k-1]
		}
		length += int64(k)
	}
	if r.readErr != nil && !ended {
		return r.end(r.readErr)
	}
	b := &r.batch
	b.Bytes += length
	if ended {
		b.Bytes++
	}
	r.scanned = r.at
	r.pos = off + length - int64(r.at)
	if ended {
		r.pos++
	}
	start := 0
	if off == 0 && bytes.HasPrefix(r.buf, mark) {
		start, length = len(mark), length-int64(len(mark))
	}
	if last == '\r' {
		length--
	}
	r.rows.Reset(r.split.Src, r.buf[:head])
	r.rows.AddBad(start, min(head, start+rawBytes), uint64(off), r.line, storage.ErrTooLong{Bytes: length, Max: r.o.MaxRow})
	r.line++
	b.Lines++
	return nil
}

func (r *reader) bomb(off, length int64) error {
	return fmt.Errorf("%s: at uncompressed byte %d: a line goes on for more than %d bytes, which looks like a decompression bomb: remove the file from the input, or raise --max-row when the row is real",
		r.file.Path, off, length)
}
