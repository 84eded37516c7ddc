// Package models finds model files on this machine. Nothing is fetched.
package models

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/zeebo/xxh3"
)

// Folders lists where model files are looked for, in order: the given folders,
// the user's cache (corpusmill/models in it), and then where Data-Juicer keeps
// its models. getenv looks environment variables up.
func Folders(given []string, getenv func(string) string) []string {
	out := append([]string(nil), given...)
	add := func(dir string, below ...string) {
		if dir != "" {
			out = append(out, filepath.Join(append([]string{dir}, below...)...))
		}
	}
	if cache, err := os.UserCacheDir(); err == nil {
		add(cache, "corpusmill", "models")
	}
	for _, dir := range filepath.SplitList(getenv("DATA_JUICER_EXTERNAL_MODELS_HOME")) {
		add(strings.TrimSpace(dir))
	}
	if dir := getenv("DATA_JUICER_MODELS_CACHE"); dir != "" {
		add(dir)
	} else if dir := getenv("DATA_JUICER_CACHE_HOME"); dir != "" {
		add(inHome(dir), "models")
	} else if dir := getenv("CACHE_HOME"); dir != "" {
		add(inHome(dir), "data_juicer", "models")
	} else {
		add(inHome("~"), ".cache", "data_juicer", "models")
	}
	return out
}

// inHome resolves a path that begins with ~/; "" when there is no home.
func inHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, rest)
}

// NotFound is a model that is in none of the folders.
type NotFound struct {
	Name   string
	Looked []string
}

func (e *NotFound) Error() string {
	if len(e.Looked) == 0 {
		return fmt.Sprintf("the model %s is needed; name its folder with --models", e.Name)
	}
	return fmt.Sprintf("the model %s isn't in %s; put it into one of these, or name its folder with --models", e.Name, strings.Join(e.Looked, ", "))
}

// Find returns the absolute path of the first file of that name in folders.
// The error is a *NotFound when there is none.
func Find(name string, folders []string) (string, error) {
	for _, dir := range folders {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			if os.IsNotExist(err) {
				continue
			}
			return "", fmt.Errorf("the model %s can't be looked for: %w", name, err)
		}
		if info.Mode().IsRegular() {
			return filepath.Abs(path)
		}
	}
	return "", &NotFound{name, folders}
}

// Hash is the XXH3-128 of a file's bytes, in hexadecimal.
func Hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := xxh3.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{f}, make([]byte, 1<<20)); err != nil {
		return "", err
	}
	sum := h.Sum128().Bytes()
	return hex.EncodeToString(sum[:]), nil
}
