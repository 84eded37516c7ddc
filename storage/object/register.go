package object

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
)

// scheme opens its store when it is used first.
type scheme struct {
	open  func() (Store, error)
	vars  []string
	mu    sync.Mutex
	store Store
	err   error
}

var schemes = map[string]*scheme{}

// Register has open serve the paths that begin with name://. variables are
// those of the environment that the store reads and that mean the same on any
// machine. A package calls it from init; two stores of one name panic.
func Register(name string, open func() (Store, error), variables ...string) {
	if _, dup := schemes[name]; dup {
		panic("object: the scheme " + name + " is registered twice")
	}
	schemes[name] = &scheme{open: open, vars: variables}
}

// Schemes lists the registered ones.
func Schemes() []string { return slices.Sorted(maps.Keys(schemes)) }

// Reopen has the next use of a scheme open its store again, as is needed when
// the environment that configures it has changed. A scheme that isn't
// registered is left at that.
func Reopen(name string) {
	s := schemes[name]
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store, s.err = nil, nil
}

// Environment is what of the environment a process on another machine needs to
// reach the stores that this one does. It may hold secrets.
func Environment() map[string]string {
	env := map[string]string{}
	for _, s := range schemes {
		for _, name := range s.vars {
			if v, set := os.LookupEnv(name); set {
				env[name] = v
			}
		}
	}
	return env
}

// In says whether a path is one of a store.
func In(path string) bool {
	name, _, ok := strings.Cut(path, "://")
	return ok && schemes[name] != nil
}

// Of returns the store of a path. An error says what it lacks, such as
// credentials.
func Of(path string) (Store, error) {
	name, _, _ := strings.Cut(path, "://")
	s := schemes[name]
	if s == nil {
		return nil, fmt.Errorf("%s: no object store has this scheme; there are: %s", path, strings.Join(Schemes(), ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store == nil && s.err == nil {
		s.store, s.err = s.open()
	}
	if s.err != nil {
		return nil, fmt.Errorf("%s: %w", path, s.err)
	}
	return s.store, nil
}
