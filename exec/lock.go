package exec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"corpusmill/internal/filelock"
)

const (
	lockTries = 10
	lockPause = 50 * time.Millisecond
)

var errAtWork = errors.New("another run is at work")

// lock takes the run folder for this process. The lock goes with the process,
// however it ends.
func lock(folder string) (unlock func(), err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, diskError(folder, 0, err)
	}
	path := filepath.Join(folder, "lock")
	unlock, err = filelock.Take(path)
	// A worker that a killed run was just starting can hold its lock for a moment.
	for try := 0; errors.Is(err, filelock.ErrHeld) && try < lockTries; try++ {
		time.Sleep(lockPause)
		unlock, err = filelock.Take(path)
	}
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("%w in %s; wait for it, or give another export_path", errAtWork, folder)
	}
	return unlock, diskError(path, 0, err)
}

// AtWork says whether a run is at work in the folder, as its lock tells.
func AtWork(folder string) (bool, error) {
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	unlock, err := lock(folder)
	if errors.Is(err, errAtWork) {
		return true, nil
	}
	if err == nil {
		unlock()
	}
	return false, err
}
