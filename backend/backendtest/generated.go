package backendtest

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
)

// generated runs inputs that are too large or too regular to be written down.
func (e Engine) generated(t *testing.T) {
	t.Run("depth", e.depth)
	t.Run("long rows", e.longRows)
	t.Run("duplicates", e.duplicates)
}

// depth runs rows that nest as deep as they may, and one level deeper.
func (e Engine) depth(t *testing.T) {
	nested := func(n int) string {
		return `{"text":"deep enough","deep":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}\n"
	}
	dir := scratch.Dir(t)
	j := job{inputs: []string{filepath.Join(dir, "in.jsonl")}, out: filepath.Join(dir, "out.jsonl")}
	writeFile(t, j.inputs[0], nested(10_000)+nested(10_001)+nested(3))
	j.flags = append(j.flags, flag("whitespace_normalization_mapper", "{}"), flag("document_deduplicator.lowercase", "true"))
	r := j.mustRun(t, e.New()).Rows
	if r.In != 3 || r.Kept != 1 || r.Duplicate != 1 || r.Quarantined != 1 {
		t.Errorf("rows: %+v", r)
	}
	if readFile(t, j.out) != nested(10_000) {
		t.Error("the kept row isn't the deep one, as it was")
	}
}

// longRows runs rows around max_row: of a longer one the quarantine has the
// beginning and the length.
func (e Engine) longRows(t *testing.T) {
	const most = 100_000
	row := func(size int) string {
		return `{"text":"` + strings.Repeat("x", size-len(`{"text":""}`)) + "\"}\n"
	}
	dir := scratch.Dir(t)
	j := job{inputs: []string{filepath.Join(dir, "in.jsonl")}, out: filepath.Join(dir, "out.jsonl"), workers: 2}
	writeFile(t, j.inputs[0], row(50)+row(most)+row(most+1)+row(40*most)+row(60))
	j.flags = append(j.flags, flag("max_row", most), flag("text_length_filter.min_len", 1), flag("segment", 4096))
	r := j.mustRun(t, e.New()).Rows
	if r.In != 5 || r.Kept != 3 || r.Quarantined != 2 {
		t.Errorf("rows: %+v", r)
	}
	if readFile(t, j.out) != row(50)+row(most)+row(60) {
		t.Error("the kept rows aren't those that fit, as they were")
	}
	q := readFile(t, filepath.Join(j.folder(), "quarantine", "stage-00.jsonl"))
	for _, want := range []string{`"line":3`, `"line":4`, `"raw_bytes":100001`, `"raw_bytes":4000000`} {
		if !strings.Contains(q, want) {
			t.Errorf("the quarantine lacks %s", want)
		}
	}
}

// duplicates compares two deduplicators, with steps before, between and after
// them, with what maps find.
func (e Engine) duplicates(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var files [3]strings.Builder
	type row struct {
		raw, text string
		file      int
	}
	var rows []row
	for f := range files {
		for range 150 {
			text := fmt.Sprintf("Row %d of many", rnd.IntN(130))
			if rnd.IntN(3) == 0 {
				text = strings.ToUpper(text)
			}
			if rnd.IntN(5) == 0 {
				text = "short"
			}
			if rnd.IntN(4) == 0 {
				text += "\\t"
			}
			raw := fmt.Sprintf(`{"n":%d, "text":"%s"}`, len(rows), text)
			files[f].WriteString(raw + "\n")
			rows = append(rows, row{raw, text, f})
		}
	}
	var want strings.Builder
	exact, folded := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		text := strings.TrimSuffix(r.text, "\\t")
		if len(text) < 10 || exact[text] {
			continue
		}
		exact[text] = true
		if lower := strings.ToLower(text); folded[lower] {
			continue
		} else {
			folded[lower] = true
		}
		if len(text) > 13 {
			want.WriteString(strings.Replace(r.raw, "\\t", "", 1) + "\n")
		}
	}
	dir := scratch.Dir(t)
	j := job{recipe: filepath.Join(dir, "recipe.yaml"), out: filepath.Join(dir, "out.jsonl")}
	writeFile(t, j.recipe, `
process:
  - text_length_filter:
      min_len: 10
  - document_deduplicator:
  - whitespace_normalization_mapper:
  - document_deduplicator:
      lowercase: true
  - text_length_filter:
      min_len: 14
`)
	for f := range files {
		path := filepath.Join(dir, fmt.Sprintf("in-%d.jsonl", f))
		writeFile(t, path, files[f].String())
		j.inputs = append(j.inputs, path)
	}
	digest := ""
	for _, workers := range []int{1, 4} {
		for _, segment := range []int{300, 3000, 1 << 20} {
			j.workers, j.flags = workers, j.flags[:0]
			j.flags = append(j.flags, flag("segment", segment))
			report := j.mustRun(t, e.New())
			if digest == "" {
				digest = report.Digest
			}
			if got := readFile(t, j.out); got != want.String() || report.Digest != digest {
				t.Fatalf("np=%d, segment=%d: digest %s, want %s; %d bytes of rows, want %d", workers, segment, report.Digest, digest, len(got), want.Len())
			}
		}
	}
}
