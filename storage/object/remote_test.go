package object

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"corpusmill/storage"
)

// memory is a store of one object, whose reads are counted. Only what reading
// needs works.
type memory struct {
	mu    sync.Mutex
	b     []byte
	tag   string
	short int // bytes that reads lack, as they would of a store that lies
	fails error
	reads []span
	hold  chan struct{} // when it isn't nil, a read waits for it
}

type span struct{ at, end int64 }

func (m *memory) ReadAt(ctx context.Context, path, tag string, p []byte, off int64) (int, Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	size := int64(len(m.b))
	if off < 0 {
		off = max(size+off, 0)
	}
	m.reads = append(m.reads, span{off, off + int64(len(p))})
	if m.hold != nil {
		m.mu.Unlock()
		select {
		case <-m.hold:
		case <-ctx.Done():
		}
		m.mu.Lock()
	}
	if ctx.Err() != nil {
		return 0, Info{}, ctx.Err()
	}
	if m.fails != nil {
		return 0, Info{}, m.fails
	}
	if tag != "" && tag != m.tag {
		return 0, Info{}, fmt.Errorf("%s: %w", path, storage.ErrChanged)
	}
	n := copy(p, m.b[min(off, size):])
	info := Info{Path: path, Size: size, Tag: m.tag}
	if n -= m.short; n < len(p) {
		return max(n, 0), info, io.EOF
	}
	return n, info, nil
}

func (m *memory) asked() []span {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]span(nil), m.reads...)
}

var errUnused = errors.New("the test doesn't use this")

func (m *memory) Stat(context.Context, string) (Info, error) { return Info{}, errUnused }
func (m *memory) List(context.Context, string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) { yield(Info{}, errUnused) }
}
func (m *memory) Put(context.Context, string, io.ReaderAt, int64) error { return errUnused }
func (m *memory) Create(context.Context, string, []byte) error          { return errUnused }
func (m *memory) Stage(context.Context, string, io.ReaderAt, int64) (string, error) {
	return "", errUnused
}
func (m *memory) Publish(context.Context, string, string) error { return errUnused }
func (m *memory) Discard(context.Context, string, func(string) bool) error {
	return errUnused
}
func (m *memory) Remove(context.Context, []string) error { return errUnused }

func pattern(size int) []byte {
	b := make([]byte, size)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func openMemory(t *testing.T, size int) (*memory, *remote) {
	t.Helper()
	m := &memory{b: pattern(size), tag: "a"}
	r, err := openRemote(t.Context(), m, "mem://x")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return m, r
}

func TestRemoteReader(t *testing.T) {
	for _, size := range []int{0, 1, tailBytes - 1, tailBytes, tailBytes + 1, blockBytes + tailBytes, 700_000, 9_000_001} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			m, r := openMemory(t, size)
			if r.Info() != (Info{Path: "mem://x", Size: int64(size), Tag: "a"}) || r.Name() != "mem://x" {
				t.Errorf("%+v", r.Info())
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, m.b) {
				t.Fatalf("%d bytes in a row: %v", len(got), err)
			}
			if n := len(m.asked()); n > 5+size/pieceBytes {
				t.Errorf("%d requests: %v", n, m.asked())
			}
			if size > 1_000_000 {
				return
			}
			if _, err := r.Seek(0, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			if err := iotest.TestReader(r, m.b); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRemotePlaces(t *testing.T) {
	m, r := openMemory(t, 3<<20)
	size := len(m.b)
	for _, c := range []struct{ off, n int }{
		{0, 10}, {5, 1}, {size - 1, 1}, {size - 5, 10}, {size, 1}, {size + 9, 1}, {1 << 20, 2 << 20}, {1 << 20, 1 << 20},
		{0, size}, {0, size + 1}, {size - tailBytes - 1, 2}, {size - tailBytes - blockBytes, blockBytes + 10}, {7, 0}, {size, 0},
	} {
		p := make([]byte, c.n)
		n, err := r.ReadAt(p, int64(c.off))
		want := m.b[min(c.off, size):min(c.off+c.n, size)]
		if !bytes.Equal(p[:n], want) || (n < c.n) != (err == io.EOF) || err != nil && err != io.EOF {
			t.Errorf("%d bytes at %d: %d, %v", c.n, c.off, n, err)
		}
	}
	if _, err := r.ReadAt(make([]byte, 1), -1); err == nil || err == io.EOF {
		t.Error(err)
	}
	if _, err := r.Seek(-1, io.SeekStart); err == nil {
		t.Error("a place before the beginning")
	}
	if n, err := r.Seek(-1, io.SeekEnd); err != nil || n != int64(size-1) {
		t.Error(n, err)
	}
	if n, err := r.Seek(1<<40, io.SeekCurrent); err != nil || n != int64(size-1)+(1<<40) {
		t.Error(n, err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Error(n, err)
	}
}

// TestRemoteUntil reads up to a place, and a little behind it.
func TestRemoteUntil(t *testing.T) {
	const until = 5<<20 + 17
	m, r := openMemory(t, 30<<20)
	r.Until(until)
	p := make([]byte, until+100)
	if _, err := io.ReadFull(r, p); err != nil || !bytes.Equal(p, m.b[:len(p)]) {
		t.Fatal(err)
	}
	r.Close()
	behind := int64(0)
	for _, s := range m.asked()[1:] {
		behind += max(0, s.end-max(s.at, until))
	}
	if behind > blockBytes {
		t.Errorf("%d bytes behind the end were asked for: %v", behind, m.asked())
	}
	if n := len(m.asked()); n > 7 {
		t.Errorf("%d requests: %v", n, m.asked())
	}
}

// TestRemoteStreams reads on from several places in turn, as Parquet's columns
// are read: what is asked for is little more than what is read.
func TestRemoteStreams(t *testing.T) {
	const columns, each = 8, 3 << 20
	m, r := openMemory(t, columns*each)
	p := make([]byte, 10_000)
	for off := 0; off < each; off += len(p) {
		for c := range columns {
			n := min(len(p), each-off)
			if _, err := r.ReadAt(p[:n], int64(c*each+off)); err != nil || !bytes.Equal(p[:n], m.b[c*each+off:c*each+off+n]) {
				t.Fatal(c, off, err)
			}
		}
	}
	r.Close()
	asked := int64(0)
	for _, s := range m.asked() {
		asked += s.end - s.at
	}
	if n := len(m.asked()); n > columns*8 || asked > int64(len(m.b))*3/2 {
		t.Errorf("%d requests for %d bytes of %d", n, asked, len(m.b))
	}
}

func TestRemoteTogether(t *testing.T) {
	m, r := openMemory(t, 6<<20)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			x := uint32(worker + 1)
			for range 300 {
				x = x*1664525 + 1013904223
				off, n := int(x>>9)%len(m.b), 1+int(x>>3)%200_000
				p := make([]byte, n)
				n, err := r.ReadAt(p, int64(off))
				if !bytes.Equal(p[:n], m.b[off:min(off+len(p), len(m.b))]) || err != nil && err != io.EOF {
					t.Errorf("%d bytes at %d: %d, %v", len(p), off, n, err)
				}
				if x%97 == 0 {
					r.Until(int64(off))
				}
			}
		})
	}
	wg.Go(func() {
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, m.b) {
			t.Errorf("%d bytes in a row: %v", len(got), err)
		}
	})
	wg.Wait()
}

func TestRemoteErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, n := range []int{10, blockBytes} { // by a piece, and to where the reader wants it
		m, r := openMemory(t, 3<<20)
		m.fails = broken
		if _, err := r.ReadAt(make([]byte, n), 0); !errors.Is(err, broken) {
			t.Error(err)
		}
		m.fails, m.short = nil, 1
		if _, err := r.ReadAt(make([]byte, n), 0); !errors.Is(err, storage.ErrChanged) {
			t.Errorf("an object that is shorter than it said: %v", err)
		}
		m.short = len(m.b)
		if read, err := r.ReadAt(make([]byte, n), 100); !errors.Is(err, storage.ErrChanged) {
			t.Errorf("an object without the bytes that it said: %d, %v", read, err)
		}
		m.short, m.tag = 0, "b"
		if _, err := r.ReadAt(make([]byte, n), 0); !errors.Is(err, storage.ErrChanged) {
			t.Error(err)
		}
		m.tag = "a"
		p := make([]byte, n)
		if _, err := r.ReadAt(p, 0); err != nil || !bytes.Equal(p, m.b[:n]) {
			t.Errorf("after the errors: %v", err)
		}
		r.Close()
		r.Close()
		if _, err := r.ReadAt(p, 0); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	}
	known := newRemote(t.Context(), &memory{b: pattern(10), tag: "b"}, Info{Path: "mem://x", Size: 10, Tag: "a"}, nil)
	defer known.Close()
	if _, err := known.ReadAt(make([]byte, 1), 0); !errors.Is(err, storage.ErrChanged) {
		t.Error(err)
	}
}

// TestRemoteEnds has readers wait for an answer that doesn't come when the
// context ends, or the object is closed.
func TestRemoteEnds(t *testing.T) {
	for _, n := range []int{10, blockBytes} {
		for _, how := range []string{"context", "close"} {
			m := &memory{b: pattern(3 << 20), tag: "a"}
			ctx, cancel := context.WithCancel(t.Context())
			r, err := openRemote(ctx, m, "mem://x")
			if err != nil {
				t.Fatal(err)
			}
			m.hold = make(chan struct{})
			done := make(chan error, 1)
			go func() {
				_, err := r.ReadAt(make([]byte, n), 0)
				done <- err
			}()
			for len(m.asked()) < 2 {
				time.Sleep(time.Millisecond)
			}
			if how == "close" {
				r.Close()
			} else {
				cancel()
			}
			select {
			case err := <-done:
				if !errors.Is(err, context.Canceled) {
					t.Error(how, err)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: the read of %d bytes goes on", how, n)
			}
			cancel()
			r.Close()
		}
	}
}

func TestUnavailable(t *testing.T) {
	why := errors.New("s3://b/k: no answer")
	err := fmt.Errorf("reading: %w", Unavailable(why))
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, why) || err.Error() != "reading: s3://b/k: no answer" {
		t.Error(err)
	}
}
