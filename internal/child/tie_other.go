//go:build !linux

package child

import osexec "os/exec"

// Tie does nothing here: the child ends when its standard input does.
func Tie(*osexec.Cmd) {}

// KillGroup kills the child.
func KillGroup(c *osexec.Cmd) error { return c.Process.Kill() }
