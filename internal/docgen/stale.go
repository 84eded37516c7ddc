package docgen

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Root finds the repository's root, at or above the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod here or above: run it within the repository")
		}
		dir = up
	}
}

// Stale lists, in order, the files under root that differ from files, and
// those in Folders that aren't in it.
func Stale(root string, files map[string][]byte) ([]string, error) {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(files)) {
		have, err := os.ReadFile(filepath.Join(root, path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(have, files[path]) {
			out = append(out, path)
		}
	}
	for _, folder := range Folders {
		entries, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			path := folder + "/" + e.Name()
			if _, wanted := files[path]; !wanted {
				out = append(out, path)
			}
		}
	}
	return out, nil
}
