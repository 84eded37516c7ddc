// Package filelock keeps two processes from doing the same thing at once.
package filelock

import (
	"errors"
	"os"
)

// ErrHeld says that another process, or another holder in this one, has the
// lock.
var ErrHeld = errors.New("the lock is held")

// Take takes the lock whose file is at path, and makes the file. The error is
// ErrHeld when somebody has it. release removes the file. The lock goes with
// the process, however it ends; the file stays then, and is no lock.
func Take(path string) (release func(), err error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := take(f); err != nil {
			f.Close()
			return nil, err
		}
		// The holder before may have removed the file since it was opened.
		here, err := f.Stat()
		there, gone := os.Stat(path)
		if err == nil && gone == nil && os.SameFile(here, there) {
			return func() { drop(f) }, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
		if gone != nil && !os.IsNotExist(gone) {
			return nil, gone
		}
	}
}
