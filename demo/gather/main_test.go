package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestGather(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	tree := fstest.MapFS{
		"src/b.go":        file("package b // <&>\n"),
		"src/a.go":        file("package a\n"),
		"src/logo.png":    file("no text"),
		"LICENSE":         file("free"),
		"doc/x.md":        file("# X"),
		"pkg/tool/gen.go": file("package built"),
		"bad.txt":         file("\xff"),
		"nul.txt":         file("a\x00b"),
		"large.txt":       file(strings.Repeat("x", 101)),
	}
	var out strings.Builder
	got, err := gather(&out, tree, 100)
	if err != nil {
		t.Fatal(err)
	}
	if want := (tally{rows: 4, bytes: 34, large: 1, invalid: 2}); got != want {
		t.Errorf("tally %+v, want %+v", got, want)
	}
	want := `{"text":"free","meta":{"path":"LICENSE","kind":"license"}}
{"text":"# X","meta":{"path":"doc/x.md","kind":"doc"}}
{"text":"package a\n","meta":{"path":"src/a.go","kind":"go"}}
{"text":"package b // <&>\n","meta":{"path":"src/b.go","kind":"go"}}
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}
