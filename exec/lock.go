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
		return nil, fmt.Errorf("another run is at work in %s; wait for it, or give another export_path", folder)
	}
	return unlock, diskError(path, 0, err)
}
