package models

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// hubFolder is the cache of Hugging Face's library.
func hubFolder(getenv func(string) string) string {
	for _, v := range []struct{ name, below string }{
		{"HF_HUB_CACHE", ""}, {"HUGGINGFACE_HUB_CACHE", ""}, {"HF_HOME", "hub"}, {"XDG_CACHE_HOME", "huggingface/hub"},
	} {
		if dir := inHome(getenv(v.name)); dir != "" {
			return filepath.Join(dir, filepath.FromSlash(v.below))
		}
	}
	if home := inHome("~"); home != "" {
		return filepath.Join(home, ".cache", "huggingface", "hub")
	}
	return ""
}

// inHub returns where a folder that is laid out as the cache of Hugging Face
// has the file OWNER/REPOSITORY/FILE: of the snapshot that refs/main names, or
// else of the only one. It is "" when the name is not of that form, or the
// repository isn't there.
func inHub(dir, name string) (path string, err error) {
	parts := strings.SplitN(name, "/", 3)
	if len(parts) < 3 {
		return "", nil
	}
	repository := filepath.Join(dir, "models--"+parts[0]+"--"+parts[1])
	snapshots := filepath.Join(repository, "snapshots")
	revision, err := os.ReadFile(filepath.Join(repository, "refs", "main"))
	if err == nil {
		if r := strings.TrimSpace(string(revision)); filepath.IsLocal(r) {
			return filepath.Join(snapshots, r, filepath.FromSlash(parts[2])), nil
		}
		return "", fmt.Errorf("%s names no snapshot", filepath.Join(repository, "refs", "main"))
	}
	if !os.IsNotExist(err) {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(escape(snapshots), "*", escape(filepath.FromSlash(parts[2]))))
	switch {
	case err != nil || len(found) == 0:
		return "", err
	case len(found) > 1:
		return "", fmt.Errorf("%s has %d snapshots of it and no refs/main that says which to take", repository, len(found))
	}
	return found[0], nil
}

// escape makes a path that Glob takes by the letter.
func escape(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}
