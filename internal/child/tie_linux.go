package child

import (
	osexec "os/exec"
	"syscall"
)

// Tie ends the child when this process ends, however it does, and makes it the
// head of a process group, so that a terminal's Ctrl-C doesn't reach it: the
// parent decides. The kernel ties it to the thread that starts the child: the
// caller locks its goroutine to that thread until the child has ended.
func Tie(c *osexec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// KillGroup kills a child that was tied, and what it has started in its group.
func KillGroup(c *osexec.Cmd) error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
