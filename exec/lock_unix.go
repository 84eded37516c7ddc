//go:build unix

package exec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	lockTries = 10
	lockPause = 50 * time.Millisecond
)

// lock takes the run folder for this process. The lock goes with the process,
// however it ends.
func lock(folder string) (unlock func(), err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, diskError(folder, 0, err)
	}
	f, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, diskError(folder, 0, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	// A worker that a killed run was just starting can hold its lock for a moment.
	for try := 0; errors.Is(err, syscall.EWOULDBLOCK) && try < lockTries; try++ {
		time.Sleep(lockPause)
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another run is at work in %s; wait for it, or give another export_path", folder)
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}
