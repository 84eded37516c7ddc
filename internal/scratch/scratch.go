// Package scratch gives tests a folder that doesn't wait for a disk.
package scratch

import (
	"os"
	"testing"
)

// Dir is a folder for one test, removed at its end. It lies in memory where
// the system has such: a test of many tiny runs would else mostly wait for
// their data to reach the disk.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "corpusmill-test-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
