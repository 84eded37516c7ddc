package storage

import (
	"maps"
	"slices"
)

var formats = map[string]Format{}

// Register adds a format; its package calls it from init. Two formats of one
// name are a programming mistake and panic.
func Register(f Format) {
	if _, dup := formats[f.Name()]; dup {
		panic("storage: format " + f.Name() + " is registered twice")
	}
	formats[f.Name()] = f
}

// Lookup returns the format of that name.
func Lookup(name string) (Format, bool) {
	f, ok := formats[name]
	return f, ok
}

// Formats lists the registered formats in the order of their names.
func Formats() []Format {
	var out []Format
	for _, n := range slices.Sorted(maps.Keys(formats)) {
		out = append(out, formats[n])
	}
	return out
}
