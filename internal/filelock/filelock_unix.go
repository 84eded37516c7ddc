//go:build unix

package filelock

import (
	"errors"
	"os"
	"syscall"
)

func take(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}

// drop removes the file while it is locked, so that whoever opened it before
// finds another in its place.
func drop(f *os.File) {
	os.Remove(f.Name())
	f.Close()
}
