//go:build unix

package kenlm

import (
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps a file read-only and shared.
func mapFile(f *os.File) (data []byte, unmap func() error, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() > math.MaxInt || info.Size() == 0 {
		return nil, nil, fmt.Errorf("%d bytes can't be mapped", info.Size())
	}
	data, err = unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("it can't be mapped: %w", err)
	}
	return data, func() error { return unix.Munmap(data) }, nil
}

// createMapped gives f that size and returns its bytes, all 0, which are in
// the file when finish has returned without an error.
func createMapped(f *os.File, size int) (data []byte, finish func() error, err error) {
	// A page that can't be written to the disk would end the process: all of
	// them get their place on it here, where a full disk is an error.
	zero := make([]byte, 1<<20)
	for at := 0; at < size; at += len(zero) {
		if _, err := f.WriteAt(zero[:min(len(zero), size-at)], int64(at)); err != nil {
			return nil, nil, err
		}
	}
	data, err = unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("it can't be mapped: %w", err)
	}
	return data, func() error { return unix.Munmap(data) }, nil
}
