// Package object reads and writes whole files in object stores, and reads
// those on this machine, by one kind of path: one that begins with a scheme
// that a store has registered, as s3://bucket/key, is an object, any other is
// a file of this machine.
//
// An object appears at once and whole, or not at all, and what replaces it has
// another tag. Folders don't exist: a prefix that ends in "/" stands for one.
package object

import (
	"context"
	"errors"
	"io"
	"iter"
	"path"
	"path/filepath"
	"strings"
)

// ErrUnavailable is in the errors of a store that has failed, or not been
// reached, for as long as it was tried. Later, or from another machine, it may
// be well.
var ErrUnavailable = errors.New("the store isn't available")

// Unavailable adds ErrUnavailable to what an error is, and nothing to what it
// says.
func Unavailable(err error) error { return unavailable{err} }

type unavailable struct{ error }

func (u unavailable) Unwrap() []error { return []error{u.error, ErrUnavailable} }

// Info is what a store tells of an object.
type Info struct {
	Path string
	Size int64
	Mod  int64  // Unix nanoseconds, as exact as the store knows it
	Tag  string // that no other content at this path has
}

// Store is what a URL scheme stands for. Its methods may be called from
// several goroutines. Each tries again what a store fails at now and then, with
// pauses, for about a minute; its errors name the object, and wrap
// fs.ErrNotExist for one that isn't there.
type Store interface {
	// Stat tells of an object.
	Stat(ctx context.Context, path string) (Info, error)
	// ReadAt reads len(p) bytes from an offset, or fewer at the end, then with
	// io.EOF. It tells of the object, too. Of one whose tag isn't the given
	// one it returns an error that wraps storage.ErrChanged; the tag "" fits
	// any. A negative offset counts from the end: -n stands for the last n
	// bytes, or all when there are fewer.
	ReadAt(ctx context.Context, path, tag string, p []byte, off int64) (int, Info, error)
	// List tells of the objects whose paths begin with prefix, in the order of
	// their paths' bytes. An error ends it.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Put makes an object of size bytes, in place of one that was there.
	Put(ctx context.Context, path string, r io.ReaderAt, size int64) error
	// Create makes an object that wasn't there, or returns an error that wraps
	// fs.ErrExist.
	Create(ctx context.Context, path string, content []byte) error
	// Stage brings the bytes of an object to the store without making it. The
	// token that it returns says what to make of them, for Publish in any process.
	Stage(ctx context.Context, path string, r io.ReaderAt, size int64) (token string, err error)
	// Publish makes a staged object. It may be called again with the same
	// token, and returns an error when what is there then is something else.
	Publish(ctx context.Context, path, token string) error
	// Discard drops what is staged for paths that begin with prefix and that ours
	// says yes to; it may be nil, for all of them.
	Discard(ctx context.Context, prefix string, ours func(path string) bool) error
	// Remove removes objects. It is no error when one isn't there.
	Remove(ctx context.Context, paths []string) error
}

// RemoveBelow removes all objects of a store below a path.
func RemoveBelow(ctx context.Context, s Store, path string) error {
	var paths []string
	for info, err := range s.List(ctx, path+"/") {
		if err != nil {
			return err
		}
		paths = append(paths, info.Path)
	}
	return s.Remove(ctx, paths)
}

// Join is filepath.Join for paths of both kinds.
func Join(base string, parts ...string) string {
	if !In(base) {
		return filepath.Join(append([]string{base}, parts...)...)
	}
	name, rest, _ := strings.Cut(base, "://")
	return name + "://" + path.Join(append([]string{rest}, parts...)...)
}

// Dir is filepath.Dir for paths of both kinds.
func Dir(p string) string {
	if !In(p) {
		return filepath.Dir(p)
	}
	name, rest, _ := strings.Cut(p, "://")
	return name + "://" + path.Dir(rest)
}
