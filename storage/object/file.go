package object

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"corpusmill/storage"
)

// File is a file or object that is open for reading.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Closer
	// Name is the path that it was opened by.
	Name() string
	// Info tells of it as it was when it was opened.
	Info() Info
	// Regular says that it can be read at any place, and again.
	Regular() bool
	// Until says that what lies behind end will hardly be read. It costs
	// nothing to say it, and nothing breaks when it is.
	Until(end int64)
}

// Open opens a file or object. One of a store is what it was then all the
// time: a read of an object that was replaced fails with storage.ErrChanged.
// Reads of it end with the context.
func Open(ctx context.Context, path string) (File, error) {
	return OpenFile(ctx, storage.File{Path: path})
}

// OpenFile opens a file as it was found. An object that has a tag is asked
// for nothing before it is read.
func OpenFile(ctx context.Context, f storage.File) (File, error) {
	if !In(f.Path) {
		return openLocal(f.Path)
	}
	s, err := Of(f.Path)
	if err != nil {
		return nil, err
	}
	if f.Tag != "" {
		return newRemote(ctx, s, Info{Path: f.Path, Size: f.Size, Mod: f.Mod, Tag: f.Tag}, nil), nil
	}
	return openRemote(ctx, s, f.Path)
}

// Stat tells of a file or object.
func Stat(ctx context.Context, path string) (Info, error) {
	if In(path) {
		s, err := Of(path)
		if err != nil {
			return Info{}, err
		}
		return s.Stat(ctx, path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return Info{}, err
	}
	return Info{Path: path, Size: info.Size(), Mod: info.ModTime().UnixNano()}, nil
}

// Is says whether the file is still what it was when a run was planned.
func (i Info) Is(f storage.File) bool {
	return i.Size == f.Size && i.Mod == f.Mod && i.Tag == f.Tag
}

// ReadFile reads a whole file or object.
func ReadFile(ctx context.Context, path string) ([]byte, error) {
	if !In(path) {
		return os.ReadFile(path)
	}
	f, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := make([]byte, f.Info().Size)
	_, err = f.ReadAt(out, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return out, err
}

type local struct {
	*os.File
	info fs.FileInfo
}

func openLocal(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &local{f, info}, nil
}

func (l *local) Info() Info {
	return Info{Path: l.Name(), Size: l.info.Size(), Mod: l.info.ModTime().UnixNano()}
}

func (l *local) Regular() bool { return l.info.Mode().IsRegular() }

func (l *local) Until(int64) {}
