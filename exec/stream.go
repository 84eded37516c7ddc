package exec

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"corpusmill/storage/object"

	"github.com/zeebo/xxh3"
)

// stream is an append-only file whose length is part of the journal. What
// lies behind the last journalled length is cut off on resume.
type stream struct {
	path   string
	f      *os.File
	len    int64
	synced int64
	sum    *xxh3.Hasher // of the whole file
	direct *directFile  // nil for writes through the page cache
}

// streamState is a stream at a commit: its length and the XXH3 hash of what it
// holds, by which a resume can tell whether a power failure has hurt it.
type streamState struct {
	Len int64  `json:"len"`
	Sum uint64 `json:"sum"`
}

// openStream opens or creates the file and cuts it to at.Len.
func openStream(path string, at streamState) (*stream, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, diskError(path, 0, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, diskError(path, 0, err)
	}
	s := &stream{path: path, f: f, len: at.Len, sum: xxh3.New()}
	err = f.Truncate(at.Len)
	if err == nil {
		_, err = io.Copy(s.sum, f) // and leaves the offset at the end
	}
	if err != nil {
		f.Close()
		return nil, diskError(path, 0, err)
	}
	return s, nil
}

func (s *stream) append(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if s.direct != nil {
		s.sum.Write(b)
		s.len += int64(len(b))
		return diskError(s.path, int64(len(b)), s.direct.append(b))
	}
	n, err := s.f.Write(b)
	s.sum.Write(b[:n])
	s.len += int64(n)
	return diskError(s.path, int64(len(b)-n), err)
}

// pastCache makes large writes go past the page cache where that can be done.
func (s *stream) pastCache() { s.direct = openDirect(s.f, s.len) }

// flush hands all that was appended to the system.
func (s *stream) flush() error {
	if s.direct == nil {
		return nil
	}
	return diskError(s.path, 0, s.direct.flush())
}

func (s *stream) sync() error {
	if s.synced == s.len {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.f.Sync(); err != nil {
		return diskError(s.path, 0, err)
	}
	s.synced = s.len
	return nil
}

func (s *stream) state() streamState { return streamState{Len: s.len, Sum: s.sum.Sum64()} }

// close closes the file; what wasn't flushed is lost.
func (s *stream) close() error {
	var err error
	if s.direct != nil {
		err = s.direct.close()
		s.direct = nil
	}
	if e := s.f.Close(); err == nil {
		err = e
	}
	return err
}

// intact says whether the file still has what it had at that commit.
func intact(path string, at streamState) bool {
	if at.Len == 0 {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	h := xxh3.New()
	n, err := io.CopyN(h, f, at.Len)
	return err == nil && n == at.Len && h.Sum64() == at.Sum
}

// DiskError is a failed write to the run's own files.
type DiskError struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"` // that were still to be written by the failed call
	Err   error  `json:"-"`
}

func (e *DiskError) Error() string {
	if e.Full() {
		s := "no space left on the disk that holds " + e.Path
		if e.Bytes > 0 {
			s += fmt.Sprintf(": the write that failed needs %d more bytes", e.Bytes)
		}
		return s
	}
	return e.Err.Error()
}

func (e *DiskError) Unwrap() error { return e.Err }

// Full says that the disk or the user's quota is full.
func (e *DiskError) Full() bool {
	return errors.Is(e.Err, syscall.ENOSPC) || errors.Is(e.Err, syscall.EDQUOT)
}

func diskError(path string, bytes int64, err error) error {
	if err == nil {
		return nil
	}
	return &DiskError{Path: path, Bytes: bytes, Err: err}
}

// syncFiles forces whole files and their folders to the disk.
func syncFiles(paths []string) error {
	if len(paths) == 0 || object.In(paths[0]) {
		return nil
	}
	if len(paths) > manyFiles && syncSystem(filepath.Dir(paths[0])) {
		return nil
	}
	dirs := map[string]bool{}
	for _, p := range paths {
		if err := syncFile(p); err != nil {
			return err
		}
		dirs[filepath.Dir(p)] = true
	}
	for d := range dirs {
		if err := syncDir(d); err != nil {
			return err
		}
	}
	return nil
}

// manyFiles is the number from which one sync of the file system costs less
// than one of each file.
const manyFiles = 64

// syncFile forces a whole file to the disk.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return diskError(path, 0, f.Sync())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return diskError(dir, 0, err)
	}
	defer d.Close()
	return diskError(dir, 0, d.Sync())
}
