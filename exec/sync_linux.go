package exec

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncSystem forces all of the file system that dir is on to the disk, and
// says whether it could.
func syncSystem(dir string) bool {
	d, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer d.Close()
	return unix.Syncfs(int(d.Fd())) == nil
}
