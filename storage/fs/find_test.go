package fs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/storage"
)

type format struct {
	storage.Format
	name string
	ext  []string
}

func (f format) Name() string         { return f.name }
func (f format) Extensions() []string { return f.ext }

var formats = []storage.Format{
	format{name: "jsonl", ext: []string{".jsonl", ".json"}},
	format{name: "parquet", ext: []string{".parquet"}},
}

// tree makes files, and links where the content begins with "->", below a new
// working directory.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, link := strings.CutPrefix(data, "->"); link {
			err = os.Symlink(to, name)
		} else {
			err = os.WriteFile(name, []byte(data), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFind(t *testing.T) {
	const gz, zst = "\x1f\x8b\x08", "\x28\xb5\x2f\xfd"
	tree(t, map[string]string{
		"d/b.jsonl":        "{}\n",
		"d/a/x.json.gz":    gz,
		"d/a.jsonl":        "",
		"d/A.JSONL.ZST":    zst,
		"d/p.parquet":      "PAR1",
		"d/notes.txt":      "hello",
		"d/_SUCCESS":       "",
		"d/_tmp/x.jsonl":   "",
		"d/.git/x.jsonl":   "",
		"d/loop":           "->../d",
		"d/linked.jsonl":   "->../other/blob",
		"other/blob":       "{}",
		"other/part-00000": "PAR1....",
		"other/part-00001": zst,
		"odd[1].jsonl":     "{}",
		"lies.jsonl":       gz,
		"plain.jsonl.gz":   " \n{\"a\":1}",
		"empty.jsonl.gz":   "",
		"data.json":        "{}",
		"deep/1/2/x.jsonl": "",
		"deep/1/x.jsonl":   "",
		"deep/1/.x.jsonl":  "",
		"deep/1/README":    "",
		"texts/only.txt":   "",
		"texts/more.txt":   "",
		"texts/notes.md":   "",
		"texts/more.md":    "",
	})
	for _, c := range []struct {
		paths, suffixes string
		want, skipped   string // path:format:codec
		err             string
	}{
		{paths: "d", want: "d/A.JSONL.ZST:jsonl:zstd d/a.jsonl:jsonl: d/a/x.json.gz:jsonl:gzip d/b.jsonl:jsonl: d/linked.jsonl:jsonl: d/p.parquet:parquet:", skipped: "d/notes.txt"},
		{paths: "d", suffixes: "jsonl", want: "d/A.JSONL.ZST:jsonl:zstd d/a.jsonl:jsonl: d/b.jsonl:jsonl: d/linked.jsonl:jsonl:"},
		{paths: "d", suffixes: ".json.gz parquet", want: "d/a/x.json.gz:jsonl:gzip d/p.parquet:parquet:"},
		{paths: "d", suffixes: "txt", err: "d: no file in this folder ends in .jsonl .json .parquet, alone or with .gz or .zst (suffixes: .txt); other files there: d/notes.txt"},
		{paths: "texts", err: "other files there: texts/more.md, texts/more.txt, texts/notes.md and 1 more"},
		{paths: "d/b.jsonl d/a.jsonl -", want: "d/b.jsonl:jsonl: d/a.jsonl:jsonl: -:jsonl:"},
		{paths: "other/part-00000 other/part-00001 other/blob", want: "other/part-00000:parquet: other/part-00001:jsonl:zstd other/blob:jsonl:"},
		{paths: "odd[1].jsonl", want: "odd[1].jsonl:jsonl:"},
		{paths: "lies.jsonl plain.jsonl.gz empty.jsonl.gz", want: "lies.jsonl:jsonl:gzip plain.jsonl.gz:jsonl: empty.jsonl.gz:jsonl:gzip"},
		{paths: "deep/**/*.jsonl", want: "deep/1/2/x.jsonl:jsonl: deep/1/x.jsonl:jsonl:"},
		{paths: "other/part-0000[01]", want: "other/part-00000:parquet: other/part-00001:jsonl:zstd"},
		{paths: "*/*.csv", err: "*/*.csv: no file matches this pattern"},
		{paths: "d[", err: "d[: bad pattern"},
		{paths: "data.jsonl", err: "data.jsonl: there is no such file or folder; did you mean data.json"},
		{paths: "data", err: "did you mean data.json"},
		{paths: "dats.JSON", err: "did you mean data.json"},
		{paths: "nowhere/x.jsonl", err: "nowhere/x.jsonl: there is no such file or folder, nor a folder nowhere"},
		{paths: "zzzzzzzzz", err: "zzzzzzzzz: there is no such file or folder"},
		{paths: "- -", err: "standard input (-) is named twice"},
		{paths: "d d/b.jsonl", err: `d/b.jsonl is an input twice: by "d" and by "d/b.jsonl"`},
		{paths: "other/blob d", err: `d/linked.jsonl is an input twice: by "other/blob" and by "d"`},
	} {
		found, err := Find(t.Context(), strings.Fields(c.paths), strings.Fields(c.suffixes), formats)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %s", c.paths, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.paths, err)
			continue
		}
		var got []string
		for _, f := range found.Files {
			got = append(got, f.Path+":"+f.Format+":"+string(f.Codec))
			if info, err := os.Stat(f.Path); f.Path != "-" && (err != nil || info.Size() != f.Size || info.ModTime().UnixNano() != f.Mod) {
				t.Errorf("%+v: %v", f, err)
			}
		}
		if strings.Join(got, " ") != c.want || !slices.Equal(found.Skipped, strings.Fields(c.skipped)) {
			t.Errorf("%s: %q, skipped %q", c.paths, got, found.Skipped)
		}
	}
	if _, err := Find(t.Context(), []string{""}, nil, formats); err == nil {
		t.Error("an empty path is accepted")
	}
}
