// Package usage reads what this process takes of its machine, and how busy the
// GPUs are that it sees.
package usage

import "time"

// Process is what a process has taken up to now.
type Process struct {
	CPU time.Duration // of all its threads, in user and kernel mode
	// RSS is the memory, in bytes, that is resident now, mapped files
	// included, and Peak the most that ever was.
	RSS, Peak int64
}
