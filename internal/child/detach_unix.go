//go:build unix

package child

import (
	osexec "os/exec"
	"syscall"
)

// Detach makes the child the head of a session of its own, which has no
// terminal: it stays when this process ends or its terminal goes.
func Detach(c *osexec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
