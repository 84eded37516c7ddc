package runs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Registry is a folder that tells where runs are: a file for each, so that
// several processes may write at once, and none loses what another wrote.
type Registry string

// Entry is a run in the registry.
type Entry struct {
	ID     string    `json:"id"`
	Folder string    `json:"folder"`
	Host   string    `json:"host"` // on which it was last started
	At     time.Time `json:"at"`
}

// Home is the registry of a user: runs in corpusmill in XDG_STATE_HOME, or in
// ~/.local/state.
func Home(getenv func(string) string) (Registry, error) {
	state := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home := getenv("HOME")
		if home == "" {
			return "", errors.New("neither XDG_STATE_HOME nor HOME is set: runs are known by the path of their result alone")
		}
		state = filepath.Join(home, ".local", "state")
	}
	return Registry(filepath.Join(state, "corpusmill", "runs")), nil
}

// Put enters a run, or renews its entry.
func (g Registry) Put(r *Run) error {
	if err := os.MkdirAll(string(g), 0o700); err != nil {
		return err
	}
	return writeJSON(g.path(r.Folder), Entry{r.ID, r.Folder, r.Host, r.Started}, true)
}

func (g Registry) path(folder string) string {
	return filepath.Join(string(g), key(folder)+".json")
}

// List lists the runs, the one that was started last first. An entry whose
// folder is gone from the machine that it was on is removed.
func (g Registry) List() ([]Entry, error) {
	files, err := os.ReadDir(string(g))
	if err != nil && !missing(err) {
		return nil, err
	}
	var out []Entry
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		var e Entry
		path := filepath.Join(string(g), f.Name())
		if err := readJSON(path, &e); missing(err) {
			continue // removed meanwhile
		} else if err != nil {
			return nil, err
		}
		if _, err := os.Stat(filepath.Join(e.Folder, runName)); missing(err) && e.Host == here().Host {
			if err := os.Remove(path); err != nil && !missing(err) {
				return nil, err
			}
			continue
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// Find is the run folder that a name stands for: the path of a result or of
// a run folder, or else an ID, or its beginning, of the registry.
func (g Registry) Find(name string) (folder string, err error) {
	for _, path := range []string{name, strings.TrimRight(name, "/") + Suffix} {
		if _, err := os.Stat(filepath.Join(path, runName)); err == nil {
			return filepath.Abs(path)
		} else if !missing(err) {
			return "", err
		}
	}
	var found []Entry
	if g != "" && name != "" && !strings.ContainsAny(name, `/\.`) {
		all, err := g.List()
		if err != nil {
			return "", err
		}
		for _, e := range all {
			if strings.HasPrefix(key(e.Folder), name) {
				found = append(found, e)
			}
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("there is no run %q: give an ID that corpusmill status lists, or the path of the result or of its folder %s", name, Suffix)
	case 1:
		return found[0].Folder, nil
	}
	var b strings.Builder
	for _, e := range found {
		fmt.Fprintf(&b, "\n  %s  %s", key(e.Folder)[:len(name)+4], e.Folder)
	}
	return "", fmt.Errorf("%q stands for more than one run; give more of its ID:%s", name, &b)
}
