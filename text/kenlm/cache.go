package kenlm

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/zeebo/xxh3"
)

// smallARPA is the size below which an ARPA file is quickly read, and not
// worth a file in the cache.
const smallARPA = 16 << 20

// largeARPA is the size above which an ARPA file isn't read into memory.
const largeARPA = 2 << 30

// A file of the cache is a binary file and a trailer, which other readers of
// binary files pass over: a mark, the hash of the ARPA file, the size of the
// whole and a checksum of the head and of the trailer itself. It is published
// by a rename when all of it is on the disk; the trailer tells a file that was
// changed or cut since, or that another program made under that name.
const (
	trailerMark = "corpusmill ARPA1"
	trailerSize = len(trailerMark) + 16 + 8 + 8
)

type hash [16]byte

func openARPA(f *os.File, cache string) (*Model, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var cached error
	if cache != "" && info.Size() >= smallARPA {
		var m *Model
		if m, cached = openCached(f, info.Size(), cache); cached == nil {
			return m, nil
		}
		var damaged arpaError
		if errors.As(cached, &damaged) {
			return nil, cached
		}
	}
	if info.Size() > largeARPA {
		if cached == nil {
			cached = errors.New("there is no folder for that")
		}
		return nil, fmt.Errorf("an ARPA file of more than %d GiB has to be made a binary file: %w", largeARPA>>30, cached)
	}
	return readARPA(f, info.Size())
}

// readARPA reads an ARPA file into memory.
func readARPA(r io.ReadSeeker, size int64) (*Model, error) {
	data, err := convert(r, size, 0, func(size int) ([]byte, error) { return make([]byte, size), nil })
	if err != nil {
		return nil, err
	}
	return parseBinary(data)
}

// openCached opens the binary file of an ARPA file in the folder cache, and
// makes it if it isn't there or is damaged. Several processes may do so at
// once: each makes a file of its own, and the last one stays.
func openCached(f *os.File, size int64, cache string) (*Model, error) {
	h, err := hashOf(f)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(cache, hex.EncodeToString(h[:])+".bin")
	if m, err := openTrailed(path, h); err == nil {
		return m, nil
	}
	if err := os.MkdirAll(cache, 0o777); err != nil {
		return nil, err
	}
	if err := publish(f, size, path, h); err != nil {
		return nil, err
	}
	return openTrailed(path, h)
}

func hashOf(f *os.File) (hash, error) {
	h := xxh3.New()
	_, err := io.CopyBuffer(struct{ io.Writer }{h}, io.NewSectionReader(f, 0, 1<<62), make([]byte, 1<<20))
	return h.Sum128().Bytes(), err
}

// openTrailed opens a file of the cache.
func openTrailed(path string, source hash) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	end := info.Size() - int64(trailerSize)
	var trailer [trailerSize]byte
	if end < 0 {
		return nil, fmt.Errorf("%s is cut short", path)
	}
	if _, err := f.ReadAt(trailer[:], end); err != nil {
		return nil, err
	}
	m, err := openBinary(f)
	if err != nil {
		return nil, err
	}
	want, err := trailerOf(f, end, source)
	if err != nil || !bytes.Equal(trailer[:], want) {
		return nil, errors.Join(fmt.Errorf("%s is damaged", path), err, m.Close())
	}
	return m, nil
}

// trailerOf is the trailer of a binary file of that size.
func trailerOf(binaryFile io.ReaderAt, size int64, source hash) ([]byte, error) {
	t := append([]byte(trailerMark), source[:]...)
	t = binary.LittleEndian.AppendUint64(t, uint64(size)+uint64(trailerSize))
	checked := make([]byte, min(int64(headSize(MaxOrder)), size), headSize(MaxOrder)+len(t))
	if _, err := binaryFile.ReadAt(checked, 0); err != nil {
		return nil, err
	}
	return binary.LittleEndian.AppendUint64(t, xxh3.Hash(append(checked, t...))), nil
}

// Convert makes a binary file at path, which appears there when it is whole,
// of an ARPA file.
func Convert(arpa, path string) error {
	f, err := os.Open(arpa)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h, err := hashOf(f)
	if err != nil {
		return err
	}
	if err := publish(f, info.Size(), path, h); err != nil {
		return fmt.Errorf("%s can't be made of %s: %w", path, arpa, err)
	}
	return nil
}

func publish(arpa *os.File, size int64, path string, source hash) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".*.part")
	if err != nil {
		return err
	}
	defer func() {
		if f.Close(); err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := write(f, arpa, size, source); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func write(f, arpa *os.File, size int64, source hash) error {
	finish := func() error { return nil }
	allocate := func(size int) ([]byte, error) {
		if err := errors.Join(finish(), f.Truncate(0)); err != nil {
			return nil, err
		}
		data, done, err := createMapped(f, size)
		if err != nil {
			return nil, err
		}
		finish = done
		return data, nil
	}
	data, err := convert(arpa, size, trailerSize, allocate)
	if err != nil {
		return errors.Join(err, finish())
	}
	end := len(data) - trailerSize
	trailer, err := trailerOf(bytes.NewReader(data), int64(end), source)
	copy(data[end:], trailer)
	return errors.Join(err, finish())
}
