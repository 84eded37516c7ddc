// Package models knows the model files that recipes name, and finds them on
// this machine. It opens no connection; models/fetch does.
package models

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Folders lists where model files are looked for, in order: the given folders,
// the user's cache (corpusmill/models in it), where Data-Juicer keeps its
// models, and the cache of Hugging Face. getenv looks environment variables up.
func Folders(given []string, getenv func(string) string) []string {
	out := append([]string(nil), given...)
	add := func(dir string, below ...string) {
		if dir != "" {
			out = append(out, filepath.Join(append([]string{dir}, below...)...))
		}
	}
	if own, err := OwnFolder(); err == nil {
		add(own)
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
	add(hubFolder(getenv))
	return out
}

// OwnFolder is the folder in the user's cache that holds models, which need
// not be there yet. The error says that the user has no cache.
func OwnFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "corpusmill", "models"), nil
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
	remedy := "put it into one of these, or name its folder with --models"
	if _, ok := Lookup(e.Name); ok {
		remedy = "corpusmill models pull " + e.Name + " fetches it; if another folder has it, name that with --models"
	}
	if len(e.Looked) == 0 {
		return fmt.Sprintf("the model %s is needed, and there is no folder to look for it: name one with --models", e.Name)
	}
	return fmt.Sprintf("the model %s isn't in %s; %s", e.Name, strings.Join(e.Looked, ", "), remedy)
}

// Find returns the absolute path of the first file of that name in folders. A
// name may be OWNER/REPOSITORY/FILE, which is also found in a folder that is
// laid out as the cache of Hugging Face. The error is a *NotFound when there is
// none.
func Find(name string, folders []string) (string, error) {
	for _, dir := range folders {
		path, err := findIn(dir, name)
		if err != nil {
			return "", fmt.Errorf("the model %s can't be looked for: %w", name, err)
		}
		if path != "" {
			return filepath.Abs(path)
		}
	}
	return "", &NotFound{name, folders}
}

// findIn returns the path of a model in one folder, "" if it isn't there.
func findIn(dir, name string) (string, error) {
	inHub, err := inHub(dir, name)
	if err != nil {
		return "", err
	}
	for _, path := range []string{filepath.Join(dir, filepath.FromSlash(name)), inHub} {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err == nil && info.Mode().IsRegular() {
			return path, nil
		}
		if err != nil && !os.IsNotExist(err) {
			return "", err
		}
	}
	return "", nil
}
