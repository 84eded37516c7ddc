package jsonl

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"corpusmill/storage"
)

const (
	bufferBytes = 1 << 20
	keptBytes   = 4 << 20 // a buffer that big rows made larger is given back
	tailBytes   = 64 << 10
)

// passOver reads over what lies before the split, and gives back a large
// buffer that isn't needed any more.
func (r *reader) passOver() error {
	if len(r.buf) > keptBytes && r.n-r.at < bufferBytes/2 {
		old := r.buf[r.at:r.n]
		r.pos += int64(r.at)
		r.buf = make([]byte, bufferBytes)
		r.scanned = max(r.scanned-r.at, 0)
		r.at, r.n = 0, copy(r.buf, old)
	}
	for r.skip > 0 {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		n, err := r.src.Read(r.buf[:min(int64(len(r.buf)), r.skip)])
		r.skip -= int64(n)
		switch {
		case err == io.EOF && r.skip > 0:
			return fmt.Errorf("%s: ends before byte %d, where this part of it begins: %w", r.file.Path, r.split.Start, storage.ErrChanged)
		case err != nil && err != io.EOF:
			return err
		}
	}
	return nil
}

// fill reads more behind buf[at:n], which it moves to the front; a line that
// fills the buffer makes it larger.
func (r *reader) fill() {
	if r.at > 0 {
		r.pos += int64(r.at)
		r.scanned = max(r.scanned-r.at, 0)
		r.n = copy(r.buf, r.buf[r.at:r.n])
		r.at = 0
	}
	if r.n == len(r.buf) {
		grown := make([]byte, min(2*int64(len(r.buf)), max(r.longest(), bufferBytes)))
		copy(grown, r.buf)
		r.buf = grown
	}
	r.read()
	r.rows.Reset(r.split.Src, r.buf[:r.n])
}

// read fills buf[n:] as far as the split needs it and sets eof or readErr at
// the end of the input.
func (r *reader) read() {
	free := r.buf[r.n:]
	if r.split.End >= 0 {
		// Behind the split only the rest of its last line is of use.
		want := max(r.split.End-r.pos-int64(r.n), tailBytes)
		free = free[:min(int64(len(free)), want)]
	}
	n, err := io.ReadFull(r.src, free)
	r.n += n
	switch {
	case err == nil:
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		r.eof = true
		if at := r.pos + int64(r.n); seekable(r.file) && at < r.file.Size {
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
