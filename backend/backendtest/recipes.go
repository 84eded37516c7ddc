package backendtest

import (
	"bytes"
	"encoding/json"
	stdflag "flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"corpusmill/backend/local"
	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

var update = stdflag.Bool("update", false, "rewrite the want files of testdata/recipes")

// archive is one of testdata/recipes/*.txtar; the README there tells what is
// in it.
type archive struct {
	path   string
	txtar  *txtar.Archive
	recipe string
	inputs []string
	models string // folder
}

// result is what a run left, in the words of the archives: by the names of
// the want files.
type result map[string]string

// clusters is the report on clusters, which no archive has.
const clusters = "clusters"

var wanted = []string{"want.jsonl", "want.stats", "want.drops", "want.quarantine", "want.error"}

// telling are recipes that have tasks of all kinds, and the one of the demo.
var telling = []string{"minhash_verify.txtar", "two_deduplicators_mapper_between.txtar", "twelve_filters.txtar"}

func (e Engine) recipes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository(t), "testdata", "recipes", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recipes to run: %v", err)
	}
	for _, file := range files {
		if (e.Slowest || e.Few) && !slices.Contains(telling, filepath.Base(file)) {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { e.golden(t, file) })
	}
}

// golden runs an archive's recipe cut in every way: all have to give the same.
func (e Engine) golden(t *testing.T, file string) {
	a := unpack(t, file)
	if e.Slow || e.Slowest {
		want, digest := Engine{New: func() exec.Backend { return &local.Goroutines{} }}.result(t, a, 1, 32<<20)
		if got, sum := e.result(t, a, 2, 64); !maps.Equal(got, want) || sum != digest {
			t.Fatalf("the engine gives\n%s\nand digest %s; this machine gives\n%s\nand %s", got, sum, want, digest)
		}
		return
	}
	want, digest := e.result(t, a, 1, 32<<20)
	if *update {
		a.rewrite(t, want)
	}
	for _, workers := range []int{1, 2, 7} {
		for _, segment := range []int64{32 << 20, 1 << 10, 64} {
			name := fmt.Sprintf("np=%d,segment=%d", workers, segment)
			got, sum := e.result(t, a, workers, segment)
			for _, w := range wanted {
				if want := a.want(w); got[w] != want {
					t.Fatalf("%s: %s differs; go test ./backend/local -run TestGoroutines/recipes -update rewrites it. Got:\n%s\nwant:\n%s", name, w, got[w], want)
				}
			}
			if got[clusters] != want[clusters] {
				t.Fatalf("%s: the report says of clusters:\n%s\nand said:\n%s", name, got[clusters], want[clusters])
			}
			if sum != digest {
				t.Fatalf("%s: the digest is %s, was %s", name, sum, digest)
			}
		}
	}
	if digest != "" {
		e.layouts(t, a, digest)
	}
}

func unpack(t *testing.T, file string) *archive {
	a := &archive{path: file, models: filepath.Join(repository(t), "testdata", "models")}
	var err error
	if a.txtar, err = txtar.ParseFile(file); err != nil {
		t.Fatal(err)
	}
	dir := scratch.Dir(t)
	for _, f := range a.txtar.Files {
		path := filepath.Join(dir, f.Name)
		switch {
		case f.Name == "recipe.yaml":
			a.recipe = path
			writeFile(t, path, string(f.Data))
		case strings.HasPrefix(f.Name, "in"):
			a.inputs = append(a.inputs, path)
			writeFile(t, path, unescape(string(f.Data)))
		}
	}
	if a.recipe == "" || len(a.inputs) == 0 {
		t.Fatalf("%s lacks a recipe.yaml or an input", file)
	}
	return a
}

var escaped = regexp.MustCompile(`\\x[0-9a-f]{2}|\\\n`)

// unescape puts bytes in place of \x00 to \xff, which JSON doesn't know, and
// takes a backslash at the end of a line away with the newline.
func unescape(s string) string {
	return escaped.ReplaceAllStringFunc(s, func(e string) string {
		if e == "\\\n" {
			return ""
		}
		n, _ := strconv.ParseUint(e[2:], 16, 8) // the pattern has two digits
		return string([]byte{byte(n)})
	})
}

func (a *archive) want(name string) string {
	for _, f := range a.txtar.Files {
		if f.Name == name {
			return unescape(string(f.Data))
		}
	}
	return ""
}

func (a *archive) rewrite(t *testing.T, got result) {
	var files []txtar.File
	for _, f := range a.txtar.Files {
		if !strings.HasPrefix(f.Name, "want.") {
			files = append(files, f)
		}
	}
	for _, w := range wanted {
		if got[w] == "" {
			continue
		}
		files = append(files, txtar.File{Name: w, Data: []byte(escape(got[w]))})
	}
	a.txtar.Files = files
	writeFile(t, a.path, string(txtar.Format(a.txtar)))
}

// escape writes what isn't a newline and can't be seen as \x00.
func escape(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == '\n' || unicode.IsPrint(r) && r != utf8.RuneError {
			b.WriteString(s[:n])
		} else {
			for _, c := range []byte(s[:n]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
		s = s[n:]
	}
	return b.String()
}

// result runs the archive's recipe and tells what came of it, with the digest.
func (e Engine) result(t *testing.T, a *archive, workers int, segment int64) (result, string) {
	t.Helper()
	dir := scratch.Dir(t)
	j := job{recipe: a.recipe, inputs: a.inputs, models: a.models, out: filepath.Join(dir, "out.jsonl"), workers: workers}
	j.flags = append(j.flags, flag("segment", segment))
	switch workers { // segments are put together in tasks of several, or of a whole file
	case 2:
		j.options.Splits = exec.Splitting{Size: 5 * segment / 2, Count: 1}
	case 7:
		j.options.Splits = exec.Splitting{Whole: true}
	}
	if segment <= 1<<10 {
		j.flags = append(j.flags, flag("task_memory", 16*segment)) // so that keys are compared in many tasks
	}
	report, err := j.run(t.Context(), e.New())
	if err != nil {
		if _, e := os.Stat(j.out); e == nil {
			t.Error("a failed run left a result")
		}
		return result{"want.error": strings.ReplaceAll(err.Error(), filepath.Dir(a.recipe)+"/", "") + "\n"}, ""
	}
	j.checkFinished(t, report)
	f, err := exec.OpenFinished(j.folder())
	if err != nil {
		t.Fatal(err)
	}
	got := result{
		"want.jsonl":      readFile(t, j.out),
		"want.drops":      dropped(t, f),
		"want.quarantine": setAside(t, f),
	}
	raw, err := json.MarshalIndent(report.Clusters, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got[clusters] = string(raw)
	if len(f.Plan.Stats) > 0 {
		got["want.stats"] = readFile(t, filepath.Join(dir, "out_stats.jsonl"))
	}
	count := func(name string) int64 { return int64(strings.Count(got[name], "\n")) }
	if r := report.Rows; count("want.jsonl") != r.Kept || count("want.drops") != r.Filtered+r.Duplicate || count("want.quarantine") != r.Quarantined {
		t.Errorf("the report counts %+v", r)
	}
	return got, report.Digest
}

// dropped lists the drops: the row, the step, the reason, and the row that a
// duplicate duplicates.
func dropped(t *testing.T, f *exec.Finished) string {
	t.Helper()
	var out strings.Builder
	err := f.Drops(func(d exec.Drop) bool {
		place, err := f.Place(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s %s: %s", filepath.Base(place), f.Label(d.Step), f.Reason(d))
		if d.Duplicate {
			if place, err = f.Place(t.Context(), d.Winner); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, " of %s", filepath.Base(place))
		}
		out.WriteByte('\n')
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// setAside lists the quarantine and checks that it has the rows as they were
// read.
func setAside(t *testing.T, f *exec.Finished) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(f.Folder, "quarantine", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, name := range files {
		for line := range strings.Lines(readFile(t, name)) {
			var q exec.QuarantineRow
			if err := json.Unmarshal([]byte(line), &q); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			fmt.Fprintf(&out, "%s:%d %s: %s\n", filepath.Base(q.File), q.Line, q.Operator, q.Reason)
			if q.RawIs == "" {
				checkRaw(t, q)
			}
		}
	}
	return out.String()
}

// checkRaw compares a quarantined row with the input.
func checkRaw(t *testing.T, q exec.QuarantineRow) {
	t.Helper()
	input := []byte(readFile(t, q.File))
	row, _, _ := bytes.Cut(input[q.Offset:], []byte("\n"))
	if q.Raw != nil && filepath.Ext(q.File) != ".jsonl" && strings.Contains(*q.Raw, "\n") {
		row = input[q.Offset:][:len(*q.Raw)] // newlines in quotes
	}
	row = bytes.TrimSuffix(row, []byte("\r"))
	if q.Offset == 0 {
		row = bytes.TrimPrefix(row, []byte("\xef\xbb\xbf"))
	}
	if line := int64(bytes.Count(input[:q.Offset], []byte("\n"))) + 1; line != q.Line {
		t.Errorf("%s: the row at offset %d is on line %d, not %d", q.File, q.Offset, line, q.Line)
	}
	got := []byte(q.RawBase64)
	if q.Raw != nil {
		got = []byte(*q.Raw)
	} else if err := json.Unmarshal([]byte(strconv.Quote(q.RawBase64)), &got); err != nil {
		t.Error(err)
	}
	if q.RawBytes > 0 {
		if q.RawBytes != int64(len(row)) {
			t.Errorf("line %d has %d bytes, not %d", q.Line, len(row), q.RawBytes)
		}
		row = row[:min(len(got), len(row))]
	}
	if !bytes.Equal(got, row) {
		t.Errorf("line %d is in the quarantine as %q, was %q", q.Line, got, row)
	}
}
