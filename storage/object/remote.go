package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"

	"corpusmill/storage"
)

const (
	// tailBytes are read of an object's end when it is opened by its path alone:
	// that tells its size, and formats keep there what they are read by.
	tailBytes = 64 << 10
	// blockBytes is the least that is asked for at any other place. Where reads
	// follow one another, pieces grow from onwardBytes to pieceBytes, and one is
	// asked for ahead.
	blockBytes  = 128 << 10
	onwardBytes = 1 << 20
	pieceBytes  = 4 << 20
	// aheadBytes is about what all pieces of an object may take, and maxStreams
	// how many places it is read on from at once, such as Parquet's columns.
	aheadBytes = 16 << 20
	maxStreams = 64
)

// remote is an object. It keeps its end, and the pieces that it has read last.
type remote struct {
	store Store
	info  Info
	ctx   context.Context
	stop  context.CancelFunc

	mu      sync.Mutex
	off     int64 // of Read
	until   int64
	tail    *piece
	streams []*stream // the one that was used last is the last
	closed  bool
}

// stream is a place from which an object is read on.
type stream struct {
	last int64  // where its last read ended
	size int64  // of its next piece
	cur  *piece // nil before the first
	next *piece // on its way; nil when none is
}

// piece is a part of an object, known when done is closed.
type piece struct {
	at   int64
	buf  []byte
	err  error
	done chan struct{}
}

func openRemote(ctx context.Context, s Store, path string) (*remote, error) {
	tail := make([]byte, tailBytes)
	n, info, err := s.ReadAt(ctx, path, "", tail, -tailBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return newRemote(ctx, s, info, tail[:n]), nil
}

// newRemote is an object that is known, and perhaps its tail.
func newRemote(ctx context.Context, s Store, info Info, tail []byte) *remote {
	ctx, stop := context.WithCancel(ctx)
	return &remote{store: s, info: info, ctx: ctx, stop: stop, until: math.MaxInt64,
		tail: &piece{at: info.Size - int64(len(tail)), buf: tail}}
}

func (r *remote) Name() string  { return r.info.Path }
func (r *remote) Info() Info    { return r.info }
func (r *remote) Regular() bool { return true }

func (r *remote) Until(end int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until = end
}

func (r *remote) Close() error {
	r.stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.streams = true, nil
	return nil
}

// Read implements io.Reader.
func (r *remote) Read(p []byte) (int, error) {
	r.mu.Lock()
	off := r.off
	r.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	n, err := r.readSome(p, off)
	r.mu.Lock()
	r.off = off + int64(n)
	r.mu.Unlock()
	return n, err
}

// Seek implements io.Seeker.
func (r *remote) Seek(offset int64, whence int) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += r.off
	case io.SeekEnd:
		offset += r.info.Size
	}
	if offset < 0 {
		return 0, fmt.Errorf("%s: seek to %d", r.info.Path, offset)
	}
	r.off = offset
	return offset, nil
}

// ReadAt implements io.ReaderAt.
func (r *remote) ReadAt(p []byte, off int64) (int, error) {
	read := 0
	for read < len(p) {
		n, err := r.readSome(p[read:], off+int64(read))
		read += n
		if err != nil {
			return read, err
		}
	}
	return read, nil
}

// readSome reads some of p from an offset.
func (r *remote) readSome(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%s: read at %d", r.info.Path, off)
	}
	if off >= r.info.Size {
		return 0, io.EOF
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return 0, os.ErrClosed
	}
	if n := r.tail.copy(p, off); n > 0 {
		r.mu.Unlock()
		return n, nil
	}
	s := r.stream(off)
	if n := s.cur.copy(p, off); n > 0 {
		s.last = off + int64(n)
		r.mu.Unlock()
		return n, nil
	}
	onward := s.last == off
	if !s.next.has(off) {
		if !onward && len(p) >= blockBytes {
			s.last = off + int64(len(p))
			r.mu.Unlock()
			return r.direct(p, off)
		}
		s.next = r.fetch(s, off, onward)
	}
	c := s.next
	r.mu.Unlock()

	select {
	case <-c.done:
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, os.ErrClosed
	}
	if s.next == c {
		s.next = nil
		if c.err == nil {
			s.cur = c
			if end := c.at + int64(len(c.buf)); onward && end < min(r.until, r.tail.at) {
				s.next = r.fetch(s, end, true)
			}
		}
	}
	if c.err != nil {
		return 0, c.err
	}
	n := c.copy(p, off)
	s.last = off + int64(n)
	return n, nil
}

// stream is the one that has, or goes on at, an offset; if there is none, a
// new one in place of that which was used longest ago.
func (r *remote) stream(off int64) *stream {
	i := slices.IndexFunc(r.streams, func(s *stream) bool { return s.last == off || s.cur.has(off) || s.next.has(off) })
	s := &stream{last: -1, size: onwardBytes}
	switch {
	case i >= 0:
		s = r.streams[i]
		r.streams = slices.Delete(r.streams, i, i+1)
	case len(r.streams) == maxStreams:
		r.streams = slices.Delete(r.streams, 0, 1)
	}
	r.streams = append(r.streams, s)
	return s
}

// direct reads to where the reader wants it.
func (r *remote) direct(p []byte, off int64) (int, error) {
	p = p[:min(int64(len(p)), r.info.Size-off)]
	return r.fill(p, off)
}

// fetch begins to read a piece, which ends where the object's tail begins. Of
// what will hardly be read it is a block.
func (r *remote) fetch(s *stream, at int64, onward bool) *piece {
	size := int64(blockBytes)
	if onward {
		size = max(min(s.size, aheadBytes/2/int64(len(r.streams))), blockBytes)
		s.size = min(2*size, pieceBytes)
	}
	end := min(at+size, r.tail.at, max(r.until, at+blockBytes))
	c := &piece{at: at, buf: make([]byte, end-at), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		_, c.err = r.fill(c.buf, at)
	}()
	return c
}

// fill reads all of p, which the object has.
func (r *remote) fill(p []byte, off int64) (int, error) {
	n, _, err := r.store.ReadAt(r.ctx, r.info.Path, r.info.Tag, p, off)
	if err == nil || errors.Is(err, io.EOF) {
		err = nil
		if n < len(p) {
			err = fmt.Errorf("%s: ends at byte %d of %d: %w", r.info.Path, off+int64(n), r.info.Size, storage.ErrChanged)
		}
	}
	return n, err
}

func (c *piece) has(off int64) bool {
	return c != nil && off >= c.at && off < c.at+int64(len(c.buf))
}

func (c *piece) copy(p []byte, off int64) int {
	if !c.has(off) {
		return 0
	}
	return copy(p, c.buf[off-c.at:])
}
