//go:build unix

package exec

import (
	"io/fs"
	"sync"
	"syscall"
)

// umask is the process's file mode mask, read once: reading it means to set it.
var umask = sync.OnceValue(func() fs.FileMode {
	m := syscall.Umask(0o022)
	syscall.Umask(m)
	return fs.FileMode(m)
})
