//go:build !linux

package local

import osexec "os/exec"

// dieWithParent does nothing here: the child ends when its standard input
// does.
func dieWithParent(*osexec.Cmd) {}
