package main

import (
	"fmt"
	"os"
	"strings"

	"corpusmill/recipe"
)

// flags are a command's own flags, taken out of its arguments; what is left
// belongs to the recipe.
type flags struct {
	values map[string]string
	set    map[string]bool
	rest   []string
}

// takeFlags splits off the flags that are named: those of alone have no
// value, those of valued have one.
func takeFlags(args []string, alone, valued []string) (*flags, error) {
	f := &flags{values: map[string]string{}, set: map[string]bool{}}
	for i := 0; i < len(args); i++ {
		name, value, given := strings.Cut(args[i], "=")
		name = strings.ReplaceAll(strings.TrimLeft(name, "-"), "-", "_")
		dashed := strings.HasPrefix(args[i], "-") && args[i] != "-"
		switch {
		case dashed && has(alone, name):
			if given && value != "true" && value != "false" {
				return nil, usageError{fmt.Sprintf("--%s takes no value", name)}
			}
			f.set[name] = value != "false"
		case dashed && has(valued, name):
			if !given {
				if i+1 == len(args) {
					return nil, usageError{fmt.Sprintf("--%s needs a value", name)}
				}
				i++
				value = args[i]
			}
			f.values[name] = value
		default:
			f.rest = append(f.rest, args[i])
		}
	}
	return f, nil
}

func has(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

// load reads the recipe that the arguments name, by --config or as the one
// argument that is no flag, with the overrides beside it.
func (e *env) load(f *flags) (*recipe.Recipe, error) {
	over, rest, err := recipe.ParseArgs(f.rest)
	if err != nil {
		return nil, err
	}
	path := f.values["config"]
	switch {
	case len(rest) > 1 || len(rest) == 1 && path != "":
		return nil, usageError{fmt.Sprintf("too many arguments: %s; flags begin with --", strings.Join(rest, " "))}
	case len(rest) == 1:
		path = rest[0]
	case path == "" && len(over) == 0:
		return nil, usageError{"which recipe? Give --config RECIPE, or --dataset_path and --export_path"}
	}
	r, err := recipe.Load(path, over, e.getenv, defaults())
	if err != nil {
		return nil, err
	}
	for name, value := range r.Credentials {
		// Stores, and the processes that this one starts, look there.
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	e.withoutRay(r)
	e.findSlots(f, r)
	if refused := r.Refused(caps(r)); len(refused) > 0 {
		return r, refused
	}
	return r, nil
}
