//go:build !unix

package kenlm

import (
	"io"
	"os"
)

// mapFile reads a file into memory.
func mapFile(f *os.File) (data []byte, unmap func() error, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, nil, err
	}
	data, err = io.ReadAll(f)
	return data, func() error { return nil }, err
}

// createMapped returns size bytes, all 0, which are in the file when finish has
// returned without an error.
func createMapped(f *os.File, size int) (data []byte, finish func() error, err error) {
	data = make([]byte, size)
	return data, func() error {
		_, err := f.WriteAt(data, 0)
		return err
	}, nil
}
