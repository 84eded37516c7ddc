package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestGather(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	prose := strings.Repeat("all ", 50) + "of it"
	tree := fstest.MapFS{
		"src/b.go":        file("package b // <&>\n"),
		"src/a.go":        file("// Licence\n\npackage a\n\n// " + prose + "\n\n// more\n"),
		"src/c.go":        file("package c // no Go {"),
		"src/logo.png":    file("no text"),
		"LICENSE":         file("free"),
		"doc/x.md":        file("# X"),
		"pkg/tool/gen.go": file("package built"),
		"bad.txt":         file("\xff"),
		"nul.txt":         file("a\x00b"),
		"large.txt":       file(strings.Repeat("x", 301)),
	}
	var out strings.Builder
	got, err := gather(&out, tree, 300)
	if err != nil {
		t.Fatal(err)
	}
	if want := (tally{files: 5, rows: 6, bytes: 496, large: 1, invalid: 2}); got != want {
		t.Errorf("tally %+v, want %+v", got, want)
	}
	want := `{"text":"free","meta":{"path":"LICENSE","kind":"license"}}
{"text":"# X","meta":{"path":"doc/x.md","kind":"doc"}}
{"text":"// Licence\n\npackage a\n\n// ` + prose + `\n\n// more\n","meta":{"path":"src/a.go","kind":"go"}}
{"text":"` + prose + `\n\nmore","meta":{"path":"src/a.go","kind":"comment"}}
{"text":"package b // <&>\n","meta":{"path":"src/b.go","kind":"go"}}
{"text":"package c // no Go {","meta":{"path":"src/c.go","kind":"go"}}
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}
