package recipe

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"corpusmill/storage/object"
)

// What Pos.File begins with where a setting doesn't come from the recipe.
const (
	flagPlace     = "command line: "
	variablePlace = "environment: "
)

// setting is the value of a key after all sources are merged.
type setting struct {
	pos   Pos // of the key
	value *node
}

// loader builds one Recipe.
type loader struct {
	out        Recipe
	defaults   Defaults
	problems   Problems
	settings   map[string]setting
	order      []string // keys of settings as found
	params     []Override
	exportType string          // as written
	bad        map[string]bool // keys whose value has a mistake
}

// Load reads the recipe at path and merges the command line over it, and the
// environment and defaults under it. path "" stands for an empty recipe: all
// then comes from over and env, and the operators that over names become the
// steps. env looks a variable up: CORPUSMILL_<KEY>, then DJ_PROCESS_<KEY>; it
// may be nil. The error is a Problems that holds all mistakes.
func Load(path string, over []Override, env func(string) string, defaults Defaults) (*Recipe, error) {
	l := &loader{defaults: defaults, settings: map[string]setting{}, bad: map[string]bool{}, out: Recipe{
		File:        path,
		Export:      Export{Path: defaultExport, Pos: Pos{File: path}},
		TextKey:     "text",
		TextKeys:    []string{"text"},
		SkipOpError: true,
		OpenMonitor: true,
		Backend:     "local",
		NP:          max(1, defaults.NP),
		Memory:      defaults.Memory,
		MaxRow:      16 << 20,
		Segment:     32 << 20,
		Inputs:      []Input{},
		Steps:       []Step{},
	}}
	if path != "" {
		src, err := readRecipe(path)
		if err != nil {
			return nil, Problems{{Pos{File: path}, SeverityError, err.Error(), ""}}
		}
		root, problems := parse(path, src, true)
		if root == nil && len(problems) > 0 {
			return nil, Problems(problems)
		}
		l.problems = problems
		if root != nil && root.kind != kindMap && root.kind != kindNull {
			return nil, Problems{{root.pos, SeverityError, "a recipe is a mapping of keys, not " + root.describe(), "begin with `dataset_path: …`"}}
		}
		l.fromRecipe(root)
	}
	l.fromFlags(over)
	l.fromEnvironment(env)
	l.check()
	if len(l.problems) > 0 {
		return nil, capped(sorted(oncePerFlag(l.problems)))
	}
	l.out.Notes = sorted(l.out.Notes)
	return &l.out, nil
}

// oncePerFlag keeps the first problem of each flag and variable: what follows
// comes of it.
func oncePerFlag(p Problems) Problems {
	seen := map[Pos]bool{}
	return slices.DeleteFunc(p, func(x Problem) bool {
		if !strings.HasPrefix(x.Pos.File, flagPlace) && !strings.HasPrefix(x.Pos.File, variablePlace) {
			return false
		}
		again := seen[x.Pos]
		seen[x.Pos] = true
		return again
	})
}

// capped cuts what a recipe has to say about itself to maxProblems.
func capped(p Problems) Problems {
	if more := len(p) - maxProblems; more > 0 {
		p = append(p[:maxProblems:maxProblems], Problem{Pos{File: p[0].Pos.File}, SeverityError, fmt.Sprintf("%d more mistakes", more), "mend these first"})
	}
	return p
}

func readRecipe(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var src []byte
		if src, err = io.ReadAll(io.LimitReader(f, maxRecipeBytes+1)); err == nil {
			if len(src) > maxRecipeBytes {
				return nil, fmt.Errorf("longer than %s, so that it can't be a recipe; is it the dataset?", FormatSize(maxRecipeBytes))
			}
			return src, nil
		}
	}
	if cause := new(fs.PathError); errors.As(err, &cause) {
		err = cause.Err
	}
	return nil, fmt.Errorf("can't read the recipe: %w", err)
}

func (l *loader) fromRecipe(root *node) {
	if root == nil {
		return
	}
	for _, f := range root.fields {
		l.set(f.key, setting{f.pos, f.value})
	}
}

func (l *loader) set(key string, s setting) {
	if _, known := l.settings[key]; !known {
		l.order = append(l.order, key)
	}
	l.settings[key] = s
}

func (l *loader) fromFlags(over []Override) {
	for _, o := range over {
		if l.steers(o.Key) {
			l.params = append(l.params, o)
			continue
		}
		l.set(o.Key, setting{o.pos(), &node{pos: o.pos(), kind: kindRaw, text: o.Value}})
	}
}

func (l *loader) fromEnvironment(env func(string) string) {
	if env == nil {
		return
	}
	for _, k := range builtKeys {
		if l.has(k.Name) || k.Name == "dataset_path" && l.has("dataset") {
			continue
		}
		for _, prefix := range []string{"CORPUSMILL_", "DJ_PROCESS_"} {
			name := prefix + strings.ToUpper(k.Name)
			if v := env(name); v != "" {
				pos := Pos{File: variablePlace + name}
				l.set(k.Name, setting{pos, &node{pos: pos, kind: kindRaw, text: v}})
				break
			}
		}
	}
}

func (l *loader) has(key string) bool {
	_, given := l.settings[key]
	return given
}

// check fills l.out and finds the mistakes.
func (l *loader) check() {
	for _, key := range l.order {
		s := l.settings[key]
		if key == processKey.Name || findBuilt(key) != nil {
			continue
		}
		if k := findForeign(key); k != nil {
			l.foreign(k, key, s.value, s.pos)
			continue
		}
		l.unknownKey(key, s)
	}
	for _, k := range builtKeys {
		if s, given := l.settings[k.Name]; given && s.value.kind != kindNull && !l.rawNull(k.Key, s.value) {
			before := len(l.problems)
			k.set(l, s.value)
			l.bad[k.Name] = len(l.problems) > before
		}
	}
	if l.out.WholeFiles && (l.has("split_size") || l.has("split_count")) {
		l.note(l.settings["split"].pos, "split_size and split_count have no effect: split is off")
	}
	l.steps()
	l.checkAddress("dask", "dask_address", l.out.DaskAddress)
	l.checkAddress("spark", "spark_address", l.out.SparkAddress)
	l.checkInputs()
	l.checkExport()
	if l.out.Memory > 0 && l.out.MaxRow > l.out.Memory {
		s, ok := l.settings["max_row"]
		if !ok {
			s = l.settings["memory"]
		}
		l.fail(s.pos, "", "max_row (%s) is more than memory (%s)", FormatSize(l.out.MaxRow), FormatSize(l.out.Memory))
	}
}

// checkAddress refuses an engine that nobody can find.
func (l *loader) checkAddress(backend, key, address string) {
	if l.out.Backend == backend && address == "" && !l.bad[key] {
		l.fail(l.settings["backend"].pos, "set "+key, "backend is %s, and there is no %s", backend, key)
	}
}

// rawNull says that a flag gives null, which only means nothing where text
// isn't wanted.
func (l *loader) rawNull(k Key, n *node) bool {
	if n.kind != kindRaw || k.Type == String || k.Type == Strings {
		return false
	}
	return plain(n.text).kind == kindNull
}

func (l *loader) unknownKey(key string, s setting) {
	if isOperator(key) {
		l.fail(s.pos, "put it into the list under process", "operator %s stands beside the keys of the recipe", key)
		return
	}
	hint := l.hint(key, keyNames())
	if name, _, dotted := strings.Cut(key, "."); dotted && isOperator(name) {
		hint = "parameters stand under their operator, in process"
	}
	l.fail(s.pos, hint, "unknown key %q", clip(key))
}

func (l *loader) checkInputs() {
	if len(l.out.Inputs) == 0 {
		pos := Pos{File: l.out.File}
		for _, key := range []string{"dataset_path", "dataset"} {
			if s, given := l.settings[key]; given {
				pos = s.pos
			}
		}
		if !l.bad["dataset_path"] && !l.bad["dataset"] {
			l.fail(pos, "set dataset_path, or give --dataset_path", "the recipe names no input")
		}
		return
	}
	stdin := false
	for _, in := range l.out.Inputs {
		scheme, place, remote := strings.Cut(in.Path, "://")
		switch {
		case in.Path == "-" && stdin:
			l.fail(in.Pos, "", "standard input is named twice")
		case in.Path == "-":
			stdin = true
		case remote && !object.In(in.Path):
			l.fail(in.Pos, "fetch the data and give its local path", "reading from %s:// isn't built yet", clip(scheme))
		case remote && place == "":
			l.fail(in.Pos, "", "%s names no bucket", in.Path)
		case remote:
		case l.defaults.Exists != nil && !l.defaults.Exists(in.Path):
			l.fail(in.Pos, "mend the path, which counts from the folder that the command is given in", "input not found: %s", in.Path)
		}
	}
}
