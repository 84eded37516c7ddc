package csv

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"corpusmill/storage"
	"corpusmill/storage/object"
)

// Splits cuts a plain file of known size into one split a segment, which
// begins where a row does; any other is one split. Only who knows all quotes
// before a place can tell what is a row's end, so a file of several segments is
// read once, as fast as it can be; what was found serves until the file
// changes.
func (f Format) Splits(file storage.File, src uint32, segment int64) ([]storage.Split, error) {
	if segment <= 0 {
		return nil, fmt.Errorf("%s: segment size %d must be above 0", file.Path, segment)
	}
	if file.Size < 0 || file.Path == "-" {
		return []storage.Split{{Src: src, End: -1}}, nil // of a pipe nothing is read twice
	}
	h, err := headerOf(file, f.delim)
	if err != nil {
		return nil, err
	}
	switch {
	case !seekable(file):
		return []storage.Split{{Src: src, End: -1}}, nil
	case file.Size <= segment:
		return []storage.Split{{Src: src, End: file.Size}}, nil
	}
	splits, err := f.cuts.get(memoKey{file, segment}, func() ([]storage.Split, error) { return rowStarts(file, f.delim, segment, h.size) })
	if err != nil {
		return nil, err
	}
	out := slices.Clone(splits)
	for i := range out {
		out[i].Src = src
	}
	return out, nil
}

// chunk is what one segment of a file is for each way to come to it.
type chunk [ways]passage

type passage struct {
	leaves way
	first  int64 // where the first row begins in the segment; -1 for nowhere
}

// way is what the byte before a chunk means.
type way int

const (
	outside way = iota // it is outside of quotes
	inside             // it is inside of quotes
	behind             // it closes quotes, unless the next one is another
	ways    = 3
)

// rowStarts cuts a file at the first row of each segment that begins behind
// its head, the bytes up to the first row. Segments are read
// in parallel, each for all ways to come to it; then the ways are followed
// from the start.
func rowStarts(file storage.File, delim byte, segment, head int64) ([]storage.Split, error) {
	src, err := object.OpenFile(context.Background(), file)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	chunks := make([]chunk, (file.Size+segment-1)/segment)
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, min(runtime.GOMAXPROCS(0), len(chunks)))
	for w := range errs {
		wg.Go(func() {
			buf := make([]byte, min(segment, 256<<10)+1)
			for errs[w] == nil {
				i := next.Add(1) - 1
				if i >= int64(len(chunks)) {
					return
				}
				chunks[i], errs[w] = readChunk(src, file, delim, i*segment, min((i+1)*segment, file.Size), buf)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	splits := []storage.Split{{}}
	at := chunks[0][outside].leaves
	for i, c := range chunks[1:] {
		if first := c[at].first; first >= head {
			splits[len(splits)-1].End = first
			splits = append(splits, storage.Split{Seg: i + 1, Start: first})
		}
		at = c[at].leaves
	}
	splits[len(splits)-1].End = file.Size
	return splits, nil
}

// readChunk reads the bytes from start to end of a file.
func readChunk(src io.ReaderAt, file storage.File, delim byte, start, end int64, buf []byte) (chunk, error) {
	var c chunk
	var scans [ways]scanner
	for w := range c {
		c[w].first = -1
	}
	from := max(start-1, 0) // the byte before says whether a row begins
	for at := from; at < end; {
		n, err := src.ReadAt(buf[:min(int64(len(buf)), end-at)], at)
		if err == io.EOF && n > 0 {
			err = nil
		}
		if err == io.EOF {
			return c, fmt.Errorf("%s: ends at byte %d, but had %d: %w", file.Path, at, file.Size, storage.ErrChanged)
		}
		if err != nil {
			return c, err
		}
		b := buf[:n]
		if at == from {
			last := byte('\n')
			switch {
			case start > 0:
				last, b = b[0], b[1:]
			case n >= len(mark) && string(b[:len(mark)]) == string(mark):
				b = b[len(mark):]
			}
			scans[outside] = scanner{delim: delim, last: last}
			scans[inside] = scanner{delim: delim, quoted: true}
			scans[behind] = scanner{delim: delim, closed: true}
			if last == '\n' && start > 0 {
				c[outside].first = start
			}
		}
		at += int64(n)
		for w := range scans {
			if start == 0 && way(w) != outside {
				break // there is one way to come to the start
			}
			c[w].scan(&scans[w], b, at-int64(len(b)), end)
		}
	}
	for w, s := range scans {
		switch {
		case s.quoted:
			c[w].leaves = inside
		case s.closed:
			c[w].leaves = behind
		}
	}
	return c, nil
}

// scan reads b, which lies at that offset, of a segment with that end.
func (p *passage) scan(s *scanner, b []byte, at, end int64) {
	if p.first < 0 {
		k, ended := s.row(b)
		if ended && at+int64(k) < end {
			p.first = at + int64(k)
		}
		b = b[k:]
	}
	s.skip(b)
}

// memo remembers how files are cut: a run asks for it in each stage.
type memo struct {
	mu   sync.Mutex
	cuts map[memoKey][]storage.Split
}

type memoKey struct {
	file    storage.File
	segment int64
}

// memoFiles is how many files a memo remembers.
const memoFiles = 10_000

func (m *memo) get(k memoKey, find func() ([]storage.Split, error)) ([]storage.Split, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.cuts[k]; ok {
		return s, nil
	}
	s, err := find()
	if err != nil {
		return nil, err
	}
	if m.cuts == nil || len(m.cuts) >= memoFiles {
		m.cuts = map[memoKey][]storage.Split{}
	}
	m.cuts[k] = s
	return s, nil
}
