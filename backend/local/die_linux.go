package local

import (
	osexec "os/exec"
	"syscall"
)

// dieWithParent ends the child when this process ends, however it does, and
// keeps a terminal's Ctrl-C from it: the parent decides.
func dieWithParent(c *osexec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
