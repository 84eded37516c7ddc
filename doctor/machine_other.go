//go:build !linux

package doctor

import "os"

// Of other systems only what Go itself tells is known.

func diskOf(path string) Disk {
	d := Disk{Path: path, Inodes: -1}
	if _, err := os.Stat(path); err != nil {
		d.Err = err.Error()
	}
	return d
}

func memory() (total, available int64) { return 0, 0 }

func gpus() int { return 0 }

func openFiles() uint64 { return 0 }
