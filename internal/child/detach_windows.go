package child

import (
	osexec "os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// Detach starts the child without a console and in a process group of its
// own: it stays when this process ends or its console goes.
func Detach(c *osexec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}
