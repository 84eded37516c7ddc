//go:build !linux

package runs

import (
	"os"
	"syscall"
)

// machine tells nothing here.
func machine() (boot, space string) { return "", "" }

// startOf tells only whether some process has the number.
func startOf(pid int) (start string, alive bool) {
	h, err := os.FindProcess(pid)
	if err != nil {
		return "", false
	}
	defer h.Release()
	return "", h.Signal(syscall.Signal(0)) == nil
}
