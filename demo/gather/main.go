// Gather makes a corpus of real text from what every machine that builds this
// program has: the Go distribution. Its sources, documents, licences and test
// data go out as JSON Lines, one row a file in the order of the paths:
//
//	{"text":"…","meta":{"path":"src/bufio/bufio.go","kind":"go"}}
//
// A Go file is followed by a row of the kind comment that has its comments, if
// it has many: English prose. Copies of vendored packages and licences are real
// duplicates.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

type row struct {
	Text string `json:"text"`
	Meta meta   `json:"meta"`
}

type meta struct {
	Path string `json:"path"`
	Kind string `json:"kind"`
}

// tally is what gather found.
type tally struct {
	files   int
	rows    int
	bytes   int64 // of the rows' texts
	large   int   // files left out for their size
	invalid int   // files left out because they are no UTF-8
}

func main() {
	root := flag.String("root", "", "`folder` to gather from (default: the Go distribution)")
	largest := flag.Int64("largest", 96<<10, "leave out files of more than this many bytes: generated tables")
	out := flag.String("o", "out/demo/input.jsonl", "`file` to write")
	flag.Parse()
	if err := run(*root, *out, *largest); err != nil {
		fmt.Fprintln(os.Stderr, "gather:", err)
		os.Exit(1)
	}
}

func run(root, out string, largest int64) error {
	if root == "" {
		goroot, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			return fmt.Errorf("go env GOROOT: %w", err)
		}
		root = strings.TrimSpace(string(goroot))
	}
	// A distribution's package may have links where the folders are.
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	f, err := os.Create(out + ".part")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails after the rename, as it should
	defer f.Close()
	w := bufio.NewWriter(f)
	t, err := gather(w, os.DirFS(root), largest)
	if err := errors.Join(err, w.Flush(), f.Close()); err != nil {
		return err
	}
	if t.rows == 0 {
		return fmt.Errorf("%s: no text files there", root)
	}
	fmt.Printf("%s: %d rows, %.1f MB, of %d files from %s (left out: %d large, %d that are no UTF-8)\n",
		out, t.rows, float64(t.bytes)/1e6, t.files, root, t.large, t.invalid)
	return os.Rename(f.Name(), out)
}

func gather(w io.Writer, tree fs.FS, largest int64) (t tally, err error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name == "pkg" || name == "bin" { // what was built, not what was written
			return fs.SkipDir
		}
		kind := kindOf(name)
		if kind == "" || !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Size() > largest {
			t.large++
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
			t.invalid++
			return nil
		}
		t.files++
		t.rows++
		t.bytes += int64(len(text))
		err = enc.Encode(row{Text: string(text), Meta: meta{Path: name, Kind: kind}})
		if err != nil || kind != "go" {
			return err
		}
		prose := comments(text)
		if len(prose) < leastComment {
			return nil
		}
		t.rows++
		t.bytes += int64(len(prose))
		return enc.Encode(row{Text: prose, Meta: meta{Path: name, Kind: "comment"}})
	})
	return t, err
}

// leastComment is the size from which on a file's comments are a row.
const leastComment = 200

// comments are those of a Go file, but the first, which is the licence; none
// of one that isn't Go's.
func comments(source []byte) string {
	f, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || len(f.Comments) == 0 {
		return ""
	}
	var groups []string
	for _, g := range f.Comments[1:] {
		if text := strings.TrimSpace(g.Text()); text != "" {
			groups = append(groups, text)
		}
	}
	return strings.Join(groups, "\n\n")
}

// kindOf tells by its name what a file holds; "" for files to leave out.
func kindOf(name string) string {
	base := path.Base(name)
	switch {
	case strings.HasPrefix(base, "LICENSE"), strings.HasPrefix(base, "PATENTS"):
		return "license"
	case strings.HasPrefix(base, "README"):
		return "readme"
	}
	switch path.Ext(base) {
	case ".go":
		return "go"
	case ".md", ".html":
		return "doc"
	case ".txt":
		return "text"
	case ".golden", ".out", ".input":
		return "testdata"
	}
	return ""
}
