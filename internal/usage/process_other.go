//go:build !linux

package usage

import (
	"errors"
	"time"
)

// CPU isn't read on this system: it returns errors.ErrUnsupported.
func CPU() (time.Duration, error) { return 0, errors.ErrUnsupported }

// ThreadCPU isn't read on this system: it is 0.
func ThreadCPU() time.Duration { return 0 }

// Self isn't read on this system: it returns errors.ErrUnsupported.
func Self() (Process, error) { return Process{}, errors.ErrUnsupported }
