package exec

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"corpusmill/storage/object"
)

// What tasks share lies in the run folder or, where the machines share none,
// in an object store. A file is written on this machine first, and is there
// once it is whole.

// tempFile is a file that gets its name when it is whole.
type tempFile struct {
	*os.File
	path string
}

// tempPrefix begins the name of a file that isn't whole.
const tempPrefix = ".tmp-"

// tempOwner and tempCount make the names of temporary files differ, also from
// those of processes on other machines.
var (
	tempOwner = rand.Text()[:10]
	tempCount atomic.Int64
)

func newTemp(path string) (*tempFile, error) {
	if object.In(path) {
		f, err := os.CreateTemp("", "corpusmill-*")
		if err != nil {
			return nil, diskError(os.TempDir(), 0, err)
		}
		return &tempFile{f, path}, nil
	}
	dir, base := filepath.Split(path)
	name := fmt.Sprintf("%s%s%s-%s-%d", dir, tempPrefix, base, tempOwner, tempCount.Add(1))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, diskError(path, 0, err)
		}
		f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return nil, diskError(path, 0, err)
	}
	return &tempFile{f, path}, nil
}

// commit puts the file in its place, with sync on the disk.
func (t *tempFile) commit(sync bool) error {
	if object.In(t.path) {
		defer t.abort()
		return upload(t.File, t.path)
	}
	var err error
	if sync {
		err = t.Sync()
	}
	if err == nil {
		err = t.Close()
	}
	if err == nil {
		err = os.Rename(t.Name(), t.path)
	}
	if err != nil {
		t.abort()
	}
	return diskError(t.path, 0, err)
}

// where is what the file is called as long as it isn't whole, or else its path:
// the one that a full disk is about.
func (t *tempFile) where() string {
	if object.In(t.path) {
		return t.Name()
	}
	return t.path
}

// abort removes the file.
func (t *tempFile) abort() {
	t.Close()
	os.Remove(t.Name())
}

// publish writes a whole file under its final name, on the disk.
func publish(path string, write func(f *os.File) error) error {
	return place(path, true, write)
}

func place(path string, sync bool, write func(f *os.File) error) error {
	t, err := newTemp(path)
	if err != nil {
		return err
	}
	if err := write(t.File); err != nil {
		t.abort()
		return diskError(t.where(), 0, err)
	}
	return t.commit(sync)
}

// publishBytes is publish for what is in memory.
func publishBytes(path string, content []byte) error {
	return publish(path, func(f *os.File) error { _, err := f.Write(content); return err })
}

// upload makes an object of a file.
func upload(f *os.File, path string) error {
	s, size, err := toStore(f, path)
	if err != nil {
		return err
	}
	return s.Put(context.Background(), path, f, size)
}

// stage brings a file to the store of a path, to be published there.
func stage(f *os.File, path string) (token string, err error) {
	s, size, err := toStore(f, path)
	if err != nil {
		return "", err
	}
	return s.Stage(context.Background(), path, f, size)
}

// toStore is the store of a path, and how many bytes a file brings there.
func toStore(f *os.File, path string) (object.Store, int64, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	s, err := object.Of(path)
	return s, info.Size(), err
}

// openShared opens what some task has left.
func openShared(path string) (object.File, error) { return object.Open(context.Background(), path) }

func readShared(path string) ([]byte, error) { return object.ReadFile(context.Background(), path) }

// removeShared removes files; what isn't there doesn't count.
func removeShared(paths ...string) error {
	if len(paths) > 0 && object.In(paths[0]) {
		s, err := object.Of(paths[0])
		if err != nil {
			return err
		}
		return s.Remove(context.Background(), paths)
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// removeTree removes a folder and all in it.
func removeTree(folder string) error {
	if !object.In(folder) {
		return diskError(folder, 0, os.RemoveAll(folder))
	}
	s, err := object.Of(folder)
	if err != nil {
		return err
	}
	return object.RemoveBelow(context.Background(), s, folder)
}

// move renames a file or folder, in place of what was there. A file goes to an
// object store by its bytes.
func move(from, to string) error {
	info, err := os.Stat(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if object.In(to) {
		if err := copyOut(from, to); err != nil {
			return err
		}
		return os.Remove(from)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return diskError(to, 0, err)
	}
	if info.IsDir() {
		if err := os.RemoveAll(to); err != nil {
			return err
		}
	}
	return diskError(to, 0, os.Rename(from, to))
}

// copyOut makes an object of a file of this machine.
func copyOut(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return upload(f, to)
}
