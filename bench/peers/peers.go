// Package peers makes the Python environments of the programs that corpusmill
// is compared with, from the lists of packages in its folder.
package peers

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Environment returns the folder of an environment's programs, relative to the
// root of the tree, where it has to be called. An environment that isn't there,
// or was made from another list of requirements, is made, which takes minutes.
func Environment(name string) (bin string, err error) {
	dir := filepath.Join("bench", "venv", name)
	list := filepath.Join("bench", "peers", name+".txt")
	want, err := os.ReadFile(list)
	if err != nil {
		return "", err
	}
	stamp := filepath.Join(dir, "made-from.txt")
	bin = filepath.Join(dir, "bin")
	if have, err := os.ReadFile(stamp); err == nil && bytes.Equal(have, want) {
		return bin, nil
	}
	fmt.Printf("making %s: this takes minutes\n", dir)
	for _, argv := range [][]string{
		{"python3", "-m", "venv", "--clear", dir},
		{filepath.Join(bin, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r", list},
	} {
		cmd := exec.Command(argv[0], argv[1:]...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s", cmd, err, out[max(0, len(out)-2000):])
		}
	}
	return bin, os.WriteFile(stamp, want, 0o644)
}
