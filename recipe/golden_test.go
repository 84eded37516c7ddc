package recipe_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"corpusmill/recipe"
	"corpusmill/storage/object"
)

// The recipes know the store of the command line; nothing is opened.
func init() {
	object.Register("s3", func() (object.Store, error) { return nil, errors.ErrUnsupported })
}

var update = flag.Bool("update", false, "rewrite the want of testdata/*.txtar")

// TestGolden runs testdata/*.txtar: recipe.yaml (optional), args (a flag or
// value a line), env (NAME=value a line), and want: the error, or the notes
// and the recipe as JSON, without positions and what the case doesn't set.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := golden(t, a)
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if *update {
				if i >= 0 {
					a.Files = a.Files[:i]
				}
				a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if i < 0 || got != string(a.Files[i].Data) {
				t.Errorf("differs from want; go test ./recipe -run TestGolden -update rewrites it. Got:\n%s", got)
			}
		})
	}
}

func golden(t *testing.T, a *txtar.Archive) string {
	path, dir, env := "", t.TempDir(), map[string]string{}
	var args []string
	for _, f := range a.Files {
		text := strings.TrimSuffix(string(f.Data), "\n")
		switch {
		case strings.HasPrefix(f.Name, "recipe."):
			path = f.Name
			if err := os.WriteFile(filepath.Join(dir, path), f.Data, 0o666); err != nil {
				t.Fatal(err)
			}
		case f.Name == "args":
			args = strings.Split(text, "\n")
		case f.Name == "env":
			for line := range strings.Lines(text) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				env[name] = value
			}
		}
	}
	defer chdir(t, dir)()
	over, rest, err := recipe.ParseArgs(args)
	if err != nil {
		return err.Error() + "\n"
	}
	if len(rest) > 0 {
		return "rest: " + strings.Join(rest, " ") + "\n"
	}
	exists := func(path string) bool { return !strings.Contains(path, "missing") }
	r, err := recipe.Load(path, over, func(name string) string { return env[name] }, recipe.Defaults{NP: 2, Memory: 2e9, Exists: exists})
	if err != nil {
		return err.Error() + "\n"
	}
	return show(t, r)
}

// show writes what of a recipe differs from one without settings.
func show(t *testing.T, r *recipe.Recipe) string {
	var b strings.Builder
	for _, n := range r.Notes {
		b.WriteString("note: " + n.String() + "\n")
	}
	plain := members(t, recipe.Recipe{Export: recipe.Export{Format: "jsonl"}, TextKey: "text", TextKeys: []string{"text"}, SkipOpError: true, OpenMonitor: true,
		Backend: "local", NP: 2, Memory: 2e9, MaxRow: 16 << 20, Segment: 32 << 20, Steps: []recipe.Step{}, Inputs: []recipe.Input{}})
	got := members(t, r)
	for k, v := range plain {
		if string(got[k]) == string(v) {
			delete(got, k)
		}
	}
	delete(got, "notes")
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(withoutPos(t, got)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func members(t *testing.T, v any) map[string]json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func withoutPos(t *testing.T, v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var x any
	if err := json.Unmarshal(b, &x); err != nil {
		t.Fatal(err)
	}
	var drop func(any)
	drop = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "pos")
			for _, e := range v {
				drop(e)
			}
		case []any:
			for _, e := range v {
				drop(e)
			}
		}
	}
	drop(x)
	return x
}

func chdir(t *testing.T, dir string) (back func()) {
	was, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chdir(dir); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Chdir(was); err != nil {
			t.Fatal(err)
		}
	}
}
