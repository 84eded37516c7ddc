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
