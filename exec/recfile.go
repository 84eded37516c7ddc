package exec

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"sort"

	"corpusmill/storage/object"
)

// A record file is a sequence of bytes in blocks of recBlock, each covered by
// a CRC-32C, that can be read at any place. Keys and losers are kept in such
// files: sorted, so that a range of them is one piece.
//
//	blocks | CRCs, uint32 each | trailer
//
// The trailer is magic, length of the data, two counts of the writer's, and
// the CRC-32C of CRCs and trailer. All integers are little-endian.
const (
	recBlock   = 8 << 10 // what a range of many small pieces reads for each, at least
	recChunk   = 1 << 20 // a multiple of it, of those who read all
	recTrailer = 36
	recMagic   = "CMREC\x00\x00\x02"
)

type recWriter struct {
	w    *bufio.Writer
	crc  uint32
	fill int
	n    int64
	crcs []byte
}

func newRecWriter(w io.Writer) *recWriter {
	return &recWriter{w: writers.get(w)}
}

func (r *recWriter) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		take := min(len(p), recBlock-r.fill)
		if _, err := r.w.Write(p[:take]); err != nil {
			return 0, err
		}
		r.crc = crc32.Update(r.crc, castagnoli, p[:take])
		r.fill += take
		r.n += int64(take)
		p = p[take:]
		if r.fill == recBlock {
			r.endBlock()
		}
	}
	return total, nil
}

func (r *recWriter) endBlock() {
	r.crcs = binary.LittleEndian.AppendUint32(r.crcs, r.crc)
	r.crc, r.fill = 0, 0
}

// finish writes the CRCs and the trailer.
func (r *recWriter) finish(a, b uint64) error {
	if r.fill > 0 {
		r.endBlock()
	}
	t := append(r.crcs, recMagic...)
	t = binary.LittleEndian.AppendUint64(t, uint64(r.n))
	t = binary.LittleEndian.AppendUint64(t, a)
	t = binary.LittleEndian.AppendUint64(t, b)
	t = binary.LittleEndian.AppendUint32(t, crc32.Checksum(t, castagnoli))
	if _, err := r.w.Write(t); err != nil {
		return err
	}
	err := r.w.Flush()
	writers.put(r.w)
	return err
}

type recReader struct {
	f    object.File
	n    int64
	a, b uint64
	crcs []byte
	sum  uint32 // of the CRCs and the trailer, and so of the file
}

func openRec(path string) (*recReader, error) {
	f, err := openShared(path)
	if err != nil {
		return nil, err
	}
	r := &recReader{f: f}
	if err := r.readTrailer(); err != nil {
		f.Close()
		if errors.Is(err, errDamaged) {
			return nil, &damagedFile{path}
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func (r *recReader) readTrailer() error {
	size := r.f.Info().Size
	if size < recTrailer {
		return errDamaged
	}
	var t [recTrailer]byte
	if _, err := r.f.ReadAt(t[:], size-recTrailer); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint64(t[8:])
	blocks := (n + recBlock - 1) / recBlock
	if string(t[:8]) != recMagic || n > uint64(size) || int64(n+4*blocks+recTrailer) != size {
		return errDamaged
	}
	r.n, r.a, r.b = int64(n), binary.LittleEndian.Uint64(t[16:]), binary.LittleEndian.Uint64(t[24:])
	r.crcs = make([]byte, 4*blocks)
	if _, err := r.f.ReadAt(r.crcs, r.n); err != nil {
		return err
	}
	crc := crc32.Checksum(r.crcs, castagnoli)
	r.sum = binary.LittleEndian.Uint32(t[recTrailer-4:])
	if crc32.Update(crc, castagnoli, t[:recTrailer-4]) != r.sum {
		return errDamaged
	}
	return nil
}

var errDamaged = fmt.Errorf("damaged: the checksum or the length is wrong; remove the run folder with --restart and run again")

// damagedFile is errDamaged of a record file.
type damagedFile struct{ path string }

func (d *damagedFile) Error() string { return d.path + ": " + errDamaged.Error() }
func (d *damagedFile) Unwrap() error { return errDamaged }

// read returns the bytes from off to end, checked, in a slice of its own.
func (r *recReader) read(off, end int64) ([]byte, error) { return r.readInto(nil, off, end) }

// readInto returns the bytes from off to end, checked, in place of what buf
// holds.
func (r *recReader) readInto(buf []byte, off, end int64) ([]byte, error) {
	if off < 0 || end > r.n || off > end {
		return nil, r.damaged()
	}
	first := off / recBlock * recBlock
	last := min((end+recBlock-1)/recBlock*recBlock, r.n)
	buf = slices.Grow(buf[:0], int(last-first))[:last-first]
	if _, err := r.f.ReadAt(buf, first); err != nil {
		return nil, err
	}
	for b := first; b < last; b += recBlock {
		block := buf[b-first : min(b+recBlock, last)-first]
		if crc32.Checksum(block, castagnoli) != binary.LittleEndian.Uint32(r.crcs[b/recBlock*4:]) {
			return nil, r.damaged()
		}
	}
	return buf[off-first : end-first], nil
}

// between returns those of n entries, of size bytes each and the first at an
// offset, that are neither below nor above a range, and how many are before
// them. The entries are sorted.
func (r *recReader) between(at int64, n, size int, guess near, below, above func(entry []byte) bool) (raw []byte, before int64, err error) {
	start, end, err := r.search(at, n, size, guess, below, above)
	if err != nil {
		return nil, 0, err
	}
	// What the search looked at has no checksum of its own. The entries that
	// it found and their neighbours are checked: with these in order it was
	// not led astray.
	from, to := max(start-1, 0), min(end+1, n)
	raw, err = r.read(at+int64(from)*int64(size), at+int64(to)*int64(size))
	if err != nil {
		return nil, 0, err
	}
	first, last := (start-from)*size, (end-from)*size
	around := first > 0 && !below(raw) || last < len(raw) && !above(raw[last:])
	within := first < last && (below(raw[first:]) || above(raw[last-size:]))
	if around || within {
		return nil, 0, r.damaged()
	}
	return raw[first:last], int64(start), nil
}

// each calls fn for the entries that between returns, without taking memory
// for all of them.
func (r *recReader) each(at int64, n, size int, guess near, below, above func(entry []byte) bool, fn func(entry []byte) error) error {
	const chunk = 1 << 14
	start, end, err := r.search(at, n, size, guess, below, above)
	if err != nil {
		return err
	}
	for i := max(start-1, 0); i < min(end+1, n); i += chunk {
		to := min(i+chunk, end+1, n)
		raw, err := r.read(at+int64(i)*int64(size), at+int64(to)*int64(size))
		if err != nil {
			return err
		}
		for k := i; k < to; k++ {
			e := raw[(k-i)*size:][:size]
			if within := !below(e) && !above(e); within != (k >= start && k < end) {
				return r.damaged() // the search was led astray
			} else if !within {
				continue
			}
			if err := fn(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// search finds the entries of between, from start to end.
func (r *recReader) search(at int64, n, size int, guess near, below, above func(entry []byte) bool) (start, end int, err error) {
	buf := make([]byte, size)
	probe := func(i int) []byte {
		if _, failed := r.f.ReadAt(buf, at+int64(i)*int64(size)); failed != nil && err == nil {
			err = failed
		}
		return buf
	}
	start = searchNear(n, guess.from, func(i int) bool { return !below(probe(i)) })
	end = start + searchNear(n-start, (guess.to*float64(n)-float64(start))/float64(max(n-start, 1)), func(i int) bool { return above(probe(start + i)) })
	return start, end, err
}

// near is where in a sequence entries are thought to be, from 0 to 1.
type near struct{ from, to float64 }

// anywhere is for those of which nothing is known.
var anywhere = near{0.5, 0.5}

// hashed is for hashes.
func hashed(lo, hi uint64) near { return near{float64(lo) / (1 << 64), float64(hi) / (1 << 64)} }

// searchNear is sort.Search that begins at a guess, a part of n, and looks the
// wider around it the further it is off: what a file is asked for then lies
// close together.
func searchNear(n int, guess float64, is func(int) bool) int {
	const first = 256
	lo, hi := 0, n // is not below lo, and is from hi on
	at := min(max(int(guess*float64(n)), 0), n-1)
	for step := first; lo < hi; step *= 4 {
		if is(at) {
			hi = at
			at -= step
		} else {
			lo = at + 1
			at += step
		}
		if at < lo || at >= hi {
			break
		}
	}
	return lo + sort.Search(hi-lo, func(i int) bool { return is(lo + i) })
}

// checkRec reads a record file to see whether it is whole.
func checkRec(path string) error {
	r, err := openRec(path)
	if err != nil {
		return err
	}
	defer r.close()
	return r.check()
}

// check reads the file to see whether it is whole.
func (r *recReader) check() error {
	for off := int64(0); off < r.n; off += recChunk {
		if _, err := r.read(off, min(off+recChunk, r.n)); err != nil {
			return err
		}
	}
	return nil
}

func (r *recReader) damaged() error { return &damagedFile{r.f.Name()} }

func (r *recReader) close() error { return r.f.Close() }
