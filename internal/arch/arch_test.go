package arch

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTree(t *testing.T) {
	found, err := Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// TestRules shows each rule a breach and the nearest thing that is allowed.
func TestRules(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  []string // in order: "position: what"
	}{
		{"downward imports", map[string]string{
			"record/r.go":        "package record\nimport _ \"m/text\"",
			"op/filter/f.go":     "package filter\nimport _ \"m/op\"\nimport _ \"m/text/minhash\"",
			"op/all/all.go":      "package all\nimport _ \"m/op/filter\"",
			"cmd/m/main.go":      "package main\nimport _ \"m/backend/local\"",
			"storage/jsonl/j.go": "package jsonl\nimport _ \"m/storage/fs\"",
		}, nil},
		{"upward import", map[string]string{
			"text/a.go": "package text\n\nimport \"m/record\"",
		}, []string{"text/a.go:3:8: text imports record"}},
		{"operator knows the engine", map[string]string{
			"op/filter/f.go": "package filter\nimport _ \"m/exec\"",
		}, []string{"op/filter/f.go:2:8: op/filter imports exec"}},
		{"contract knows an operator", map[string]string{
			"op/register.go": "package op\nimport _ \"m/op/filter\"",
		}, []string{"op/register.go:2:8: op imports op/filter"}},
		{"layers of one level", map[string]string{
			"op/op.go": "package op\nimport _ \"m/storage\"",
		}, []string{"op/op.go:2:8: op imports storage"}},
		{"a layer reached through another package", map[string]string{
			"record/r.go":          "package record\nimport _ \"m/internal/golden\"",
			"internal/golden/g.go": "package golden\nimport _ \"m/internal/deep\"",
			"internal/deep/d.go":   "package deep\nimport _ \"m/exec\"",
		}, []string{"record/r.go:2:8: record imports exec through internal/golden"}},
		{"product imports a benchmark", map[string]string{
			"exec/e.go":  "package exec\nimport _ \"m/bench/synth\"",
			"bench/b.go": "package main\nimport _ \"m/bench/synth\"",
		}, []string{"exec/e.go:2:8: exec imports bench/synth"}},
		{"drawer", map[string]string{
			"internal/x/a.go": "package util",
		}, []string{"internal/x/a.go:1:9: package util"}},
		{"panic", map[string]string{
			"exec/a.go":      "package exec\nfunc f() { panic(1) }",
			"exec/b.go":      "package exec\nfunc MustF() { panic(1) }",
			"op/register.go": "package op\nfunc f() { panic(1) }",
			"exec/c_test.go": "package exec\nfunc f() { panic(1) }",
		}, []string{"exec/a.go:2:12: panic"}},
		{"clock", map[string]string{
			"exec/a.go":     "package exec\nimport \"time\"\nvar now = time.Now\nvar d time.Duration",
			"exec/b.go":     "package exec\nimport t \"time\"\nvar x = t.Since",
			"cmd/m/main.go": "package main\nimport \"time\"\nvar now = time.Now",
		}, []string{"exec/a.go:3:11: time.Now", "exec/b.go:3:9: time.Since"}},
		{"random", map[string]string{
			"op/select/a.go": "package sel\nimport \"math/rand/v2\"\nvar x = rand.IntN(3)",
			"op/select/b.go": "package sel\nimport \"math/rand\"\nvar x = rand.New(rand.NewSource(1)).Intn(3)",
			"op/select/c.go": "package sel\nimport \"crypto/rand\"\nvar x = rand.Int",
		}, []string{"op/select/a.go:3:9: rand.IntN"}},
		{"what is not looked at", map[string]string{
			"text/testdata/a.go": "package util",
			"_old/a.go":          "package util",
			"python/go.mod":      "module other",
			"python/a.go":        "package util",
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := fstest.MapFS{"go.mod": {Data: []byte("// a comment\nmodule m\n")}}
			for name, src := range test.files {
				tree[name] = &fstest.MapFile{Data: []byte(src)}
			}
			found, err := Check(tree)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range found {
				if v.Why == "" {
					t.Errorf("no reason given for %s", v)
				}
				got = append(got, v.Pos.String()+": "+v.What)
			}
			want := strings.Join(test.want, "\n")
			if got := strings.Join(got, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestUnreadableTree(t *testing.T) {
	for name, tree := range map[string]fstest.MapFS{
		"no go.mod":      {"a.go": {Data: []byte("package a")}},
		"no module line": {"go.mod": {Data: []byte("go 1.26\n")}},
		"syntax error":   {"go.mod": {Data: []byte("module m\n")}, "a.go": {Data: []byte("package")}},
	} {
		if _, err := Check(tree); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestLayersAreWhole holds the table itself: every layer has a reason and is
// the layer of its own directory.
func TestLayersAreWhole(t *testing.T) {
	for _, l := range layers {
		dir := strings.Replace(l.pattern, "*", "x", 1)
		if got, ok := layerOf(dir); !ok || got.pattern != l.pattern {
			t.Errorf("layer of %s is %q, want %q", dir, got.pattern, l.pattern)
		}
		if l.why == "" {
			t.Errorf("layer %s: no reason", l.pattern)
		}
	}
	if l, ok := layerOf("textual"); ok {
		t.Errorf("textual is in layer %s", l.pattern)
	}
}
