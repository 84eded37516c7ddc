package recipe_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"corpusmill/recipe"
)

func load(t testing.TB, content string) (*recipe.Recipe, error) {
	path := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return recipe.Load(path, nil, nil, recipe.Defaults{})
}

func TestUnreadable(t *testing.T) {
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none.yaml")} {
		_, err := recipe.Load(path, nil, nil, recipe.Defaults{})
		if err == nil || !strings.HasPrefix(err.Error(), path+": can't read the recipe: ") || strings.Count(err.Error(), path) != 1 {
			t.Errorf("got %v", err)
		}
	}
	if _, err := load(t, strings.Repeat("a: b # a dataset\n", 1<<16)); err == nil || !strings.Contains(err.Error(), "is it the dataset?") {
		t.Errorf("long: got %v", err)
	}
}

func TestEncodings(t *testing.T) {
	if _, err := load(t, "\ufeffdataset_path: a.jsonl\r\nproject_name: \u00e9\r\n"); err != nil {
		t.Error("BOM and CRLF:", err)
	}
	_, err := load(t, "dataset_path: a\n# \u00e9\xff\n")
	if err == nil || !strings.HasSuffix(err.Error(), "r.yaml:2:4: not UTF-8 text (byte 0xff); save it as UTF-8") {
		t.Errorf("got %v", err)
	}
	_, err = load(t, "dataset_path: a\nnp: \x01\n")
	if err == nil || !strings.Contains(err.Error(), "r.yaml:2:5: a control character (0x01); ") {
		t.Errorf("got %v", err)
	}
}

func distinct(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// Hostile recipes end in an error, in bounded time and with bounded output.
func TestHostile(t *testing.T) {
	for name, content := range map[string]string{
		"deep":       strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"deep maps":  strings.Repeat("{a: ", 2000) + strings.Repeat("}", 2000),
		"wide":       "process: [" + strings.Repeat("x, ", 300_000) + "]",
		"many keys":  "a" + strings.Repeat(": 1\nb", 100_000) + ": 2",
		"more keys":  distinct(40_000, "unknown_name_%d: 1\n"),
		"operators":  "process:\n" + distinct(900, "- unknown_%d_filter:\n"),
		"parameters": "process:\n- sample_length_filter:\n" + distinct(30_000, "    min_lengths_%d: 1\n"),
		"steps":      "process:\n" + strings.Repeat("- sample_length_filter:\n", 40_000),
		"long key":   strings.Repeat("k", 1<<19) + ": 1",
		"long value": "np: " + strings.Repeat("9", 1<<19),
		"merges":     "a: &a {x: 1}\nb: &b {<<: [" + strings.Repeat("*a, ", 50_000) + "]}\n",
		"bomb": "a: &a {b: 1, c: 2}\nb: &b {<<: [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]}\n" +
			"process: &p [" + strings.Repeat("*a, *b, ", 40_000) + "]\nq: [" + strings.Repeat("*p, ", 1000) + "]",
		"self": "a: &a [*a]",
		"NUL":  "a: \"\\0\"\nb: \x00\n",
	} {
		begin := time.Now()
		_, err := load(t, content)
		took := time.Since(begin)
		switch {
		case err == nil:
			t.Errorf("%s: no error", name)
		case len(err.Error()) > 40_000:
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		case took > time.Minute:
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestProblemsAsJSON(t *testing.T) {
	_, err := load(t, "dataset_pth: a\n")
	problems, ok := errors.AsType[recipe.Problems](err)
	if !ok || len(problems) == 0 {
		t.Fatalf("got %T", err)
	}
	b, err := json.Marshal(problems[0])
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(string(b), problems[0].Pos.File, "FILE")
	want := `{"pos":{"file":"FILE","line":1,"column":1},"severity":"error","msg":"unknown key \"dataset_pth\"","hint":"did you mean \"dataset_path\"?"}`
	if got != want {
		t.Errorf("got %s", got)
	}
}

// TestKeys holds that every key is accepted with its own default.
func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range recipe.Keys() {
		if seen[k.Name] || k.Doc == "" {
			t.Errorf("%s: listed twice, or without doc", k.Name)
		}
		seen[k.Name] = true
		if k.Default == "" || k.Name == "dataset_path" {
			continue
		}
		r, err := load(t, "dataset_path: a.jsonl\nexport_path: b.jsonl\n"+
			map[bool]string{true: k.Name + ": '" + k.Default + "'\n", false: k.Name + ": " + k.Default + "\n"}[k.Type == recipe.String && k.Name != "export_path"])
		if k.Name == "export_path" {
			continue // given twice
		}
		if err != nil {
			t.Errorf("%s: %v", k.Name, err)
		} else if len(r.Notes) != 1 {
			t.Errorf("%s: its default gives notes: %v", k.Name, r.Notes)
		}
	}
}

func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		_, body, _ := strings.Cut(string(b), "-- recipe.yaml --\n")
		body, _, _ = strings.Cut(body, "-- ")
		f.Add(body, "--np 1")
	}
	f.Add("process: [{sample_length_filter: }]", "--sample_length_filter.min_len 0x1F --dataset_path 'a b'")
	path := filepath.Join(f.TempDir(), "r.yaml") // one file a worker: each runs one case at a time
	f.Fuzz(func(t *testing.T, content, args string) {
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		over, _, _ := recipe.ParseArgs(strings.Fields(args))
		r, err := recipe.Load(path, over, nil, recipe.Defaults{NP: 1, Memory: 1 << 30})
		if err != nil {
			if problems, ok := errors.AsType[recipe.Problems](err); !ok || len(problems) == 0 {
				t.Errorf("error of type %T: %v", err, err)
			}
			return
		}
		for _, s := range r.Steps {
			if !json.Valid(s.Params) {
				t.Errorf("parameters are no JSON: %s", s.Params)
			}
		}
		if !utf8.ValidString(r.TextKey) || len(r.Inputs) == 0 {
			t.Errorf("accepted: %+v", r)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	path := filepath.Join(b.TempDir(), "r.yaml")
	content := "dataset_path: a.jsonl\nexport_path: b.jsonl\nprocess:\n" + strings.Repeat("  - sample_length_filter: {min_len: 3, max_len: 1e6}\n", 20)
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := recipe.Load(path, nil, nil, recipe.Defaults{}); err != nil {
			b.Fatal(err)
		}
	}
}
