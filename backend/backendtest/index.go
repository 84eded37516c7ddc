package backendtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
	"corpusmill/plan"
)

// indexRecipes are those of the trials; {params} are the deduplicator's.
var indexRecipes = []string{
	`process: [document_minhash_deduplicator: {{params}}]`,
	`process: [words_num_filter: {min_num: 3}, clean_email_mapper: {}, document_minhash_deduplicator: {{params}}, text_length_filter: {min_len: 22}]`,
	`process: [whitespace_normalization_mapper: {}, document_minhash_deduplicator: {{params}}, document_deduplicator: {lowercase: true}]`,
}

// indexBands are of two numbers, so that rows that share some of their words
// meet by chance: clusters grow, and later rows join them.
const indexBands = `window_size: 1, num_permutations: 16, num_bands: 4, num_rows_per_band: 2`

// index holds runs against an index to what one run over all rows gives.
func (e Engine) index(t *testing.T) {
	rnd := rand.New(rand.NewPCG(17, 18))
	superseded, rounds := 0, 8
	if e.Apart {
		rounds = 3
	}
	for round := range rounds {
		x := &indexTrial{Engine: e, rnd: rnd, dir: scratch.Dir(t), recipe: indexRecipes[round%2], kept: map[string]bool{}}
		for part := range 2 + rnd.IntN(3) {
			x.files = append(x.files, x.corpus(t, part))
			x.rows, x.seen = x.outcomes(t, x.job(t, "whole", "", x.files...))
			if part > 0 {
				superseded += x.against(t, part)
			}
			x.add(t, part)
		}
	}
	if superseded == 0 {
		t.Error("no row has joined two clusters: the trials are of no use")
	}
	t.Run("recipe behind", e.indexBehind)
}

// indexTrial is an index that grows, with the rows that a run over all of its
// files keeps.
type indexTrial struct {
	Engine
	rnd    *rand.Rand
	dir    string
	recipe string
	files  []string // one for each part
	// rows and seen are the outcomes of a run over all files.
	rows []string
	seen map[string]string
	kept map[string]bool // rows of the index, by file and offset
}

// toIndex makes a job that of an index, or of an addition to one.
func toIndex(folder string, add bool) func(*plan.Job) {
	return func(p *plan.Job) {
		p.Output = plan.Output{Path: folder, Format: "jsonl", Layout: plan.IndexFolder}
		p.AddToIndex = add
	}
}

// corpus writes a file of rows that share words.
func (x *indexTrial) corpus(t *testing.T, part int) string {
	var b strings.Builder
	for row := range 40 + x.rnd.IntN(60) {
		first := x.rnd.IntN(40)
		text := make([]string, 1+x.rnd.IntN(7))
		for i := range text {
			text[i] = fmt.Sprintf("w%d", (first+i)*37%101)
		}
		if x.rnd.IntN(4) == 0 {
			text = append(text, "someone@example.com")
		}
		fmt.Fprintf(&b, `{"id":"%d-%d","text":"%s"}`+"\n", part, row, strings.Join(text, " "))
		switch x.rnd.IntN(30) {
		case 0:
			b.WriteString("\n")
		case 1:
			b.WriteString("not JSON\n")
		case 2:
			b.WriteString(`{"text":null}` + "\n")
		}
	}
	path := filepath.Join(x.dir, fmt.Sprintf("part-%d.jsonl", part))
	writeFile(t, path, b.String())
	return path
}

// job is a run with random settings that don't show in its result.
func (x *indexTrial) job(t *testing.T, name, params string, inputs ...string) job {
	t.Helper()
	j := job{recipe: filepath.Join(x.dir, name+".yaml"), inputs: inputs, out: filepath.Join(x.dir, name+".jsonl")}
	writeFile(t, j.recipe, strings.Replace(x.recipe, "{params}", indexBands+params, 1))
	j.workers = []int{1, 2, 7}[x.rnd.IntN(3)]
	j.flags = append(j.flags, flag("segment", []int{100, 1500, 1 << 20}[x.rnd.IntN(3)]))
	j.flags = append(j.flags, flag("task_memory", []int{1200, 20_000, 1 << 20}[x.rnd.IntN(3)]))
	return j
}

func (x *indexTrial) folder() string { return filepath.Join(x.dir, "index") }

// add puts a part into the index.
func (x *indexTrial) add(t *testing.T, part int) {
	t.Helper()
	j := x.job(t, "index", "", x.files[part])
	j.out = x.folder()
	j.edit = toIndex(j.out, part > 0)
	report := j.mustRun(t, x.New())
	now := map[string]bool{}
	for at, winner := range x.seen {
		now[at] = winner == ""
	}
	x.compareSuperseded(t, j, now, report)
	x.kept = now
	known, _, err := plan.ReadIndex(j.out)
	if err != nil {
		t.Fatal(err)
	}
	if len(known.Generations) != part+1 || known.Rows() != report.Index.Rows+report.Index.AddedRows {
		t.Errorf("the index has %d generations and %d rows", len(known.Generations), known.Rows())
	}
	stays := int64(0)
	for _, kept := range now {
		if kept {
			stays++
		}
	}
	lost := int64(0)
	for _, g := range known.Generations {
		lost += g.Duplicates
	}
	if s := report.Index.Superseded; known.Rows()-lost < stays || part == 0 && (s != 0 || known.Rows()-lost != stays) {
		t.Errorf("of %d rows of the index %d are duplicates, %d of them since later; a run over all keeps %d", known.Rows(), lost, s, stays)
	}
}

// against runs a part against the index of those before it.
func (x *indexTrial) against(t *testing.T, part int) (superseded int) {
	t.Helper()
	j := x.job(t, "new", fmt.Sprintf(", against: %q", x.folder()), x.files[part])
	rows, drops := x.outcomes(t, j)
	full := maps.Clone(x.seen)
	prefix := fmt.Sprintf(`{"id":"%d-`, part)
	all := slices.DeleteFunc(slices.Clone(x.rows), func(row string) bool { return !strings.HasPrefix(row, prefix) })
	if !slices.Equal(rows, all) {
		t.Fatalf("part %d: %d of its rows are kept against the index, %d in a run over all:\n%s\nwant:\n%s", part, len(rows), len(all), strings.Join(rows, "\n"), strings.Join(all, "\n"))
	}
	own := filepath.Base(x.files[part]) + ":"
	now := map[string]bool{}
	for at, winner := range full {
		if !strings.HasPrefix(at, own) {
			now[at] = winner == ""
			delete(full, at)
		}
	}
	if !maps.Equal(drops, full) {
		for at, winner := range full {
			if got, ok := drops[at]; got != winner || !ok {
				t.Errorf("part %d: %s loses to %q against the index, to %q in a run over all", part, at, got, winner)
			}
		}
		t.Fatalf("%d rows reach the deduplicator against the index, %d in a run over all", len(drops), len(full))
	}
	f, err := exec.OpenFinished(j.folder())
	if err != nil {
		t.Fatal(err)
	}
	report := &exec.Report{}
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(f.Folder, "report.json"))), report); err != nil {
		t.Fatal(err)
	}
	return x.compareSuperseded(t, j, now, report)
}

// outcomes runs a job and returns the rows that it keeps, and what the
// deduplicator makes of each row that reaches it: the row that it loses to, or
// "" when it stays. Rows are told by file and offset.
func (x *indexTrial) outcomes(t *testing.T, j job) (rows []string, seen map[string]string) {
	t.Helper()
	j.mustRun(t, x.New())
	rows = slices.Collect(strings.Lines(readFile(t, j.out)))
	f, err := exec.OpenFinished(j.folder())
	if err != nil {
		t.Fatal(err)
	}
	at := func(src uint32, pos uint64) string {
		return fmt.Sprintf("%s:%d", filepath.Base(f.Plan.Inputs[src].Path), pos)
	}
	seen = map[string]string{}
	for src, in := range f.Plan.Inputs {
		if in.Indexed {
			continue
		}
		pos := uint64(0)
		for line := range strings.Lines(readFile(t, in.Path)) {
			if strings.HasPrefix(line, `{"id"`) {
				seen[at(uint32(src), pos)] = ""
			}
			pos += uint64(len(line))
		}
	}
	dedup := slices.IndexFunc(f.Plan.Steps, func(s plan.Step) bool { return s.Kind == "deduplicator" }) + 1
	err = f.Drops(func(d exec.Drop) bool {
		if d.Step < dedup {
			delete(seen, at(d.ID.Src, d.ID.Pos))
		} else if d.Step == dedup {
			seen[at(d.ID.Src, d.ID.Pos)] = at(d.Winner.Src, d.Winner.Pos)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, seen
}

// compareSuperseded compares the rows that a run says to have superseded with
// those that stayed in the index and don't in a run over all.
func (x *indexTrial) compareSuperseded(t *testing.T, j job, now map[string]bool, report *exec.Report) int {
	t.Helper()
	var want []string
	for at, kept := range x.kept {
		if kept && !now[at] {
			want = append(want, at)
		}
	}
	if len(x.kept) == 0 {
		return 0
	}
	var got []string
	for line := range strings.Lines(readFile(t, filepath.Join(j.folder(), "superseded.jsonl"))) {
		var row exec.SupersededRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s:%d", filepath.Base(row.File), row.Offset))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) || report.Index.Superseded != int64(len(want)) {
		t.Fatalf("superseded are %v (the report has %d), want %v", got, report.Index.Superseded, want)
	}
	return len(want)
}

// indexBehind runs a recipe with another deduplicator behind that with the
// index: it compares the rows of the run alone. Rows come from standard output
// of a run and as Parquet as well.
func (e Engine) indexBehind(t *testing.T) {
	x := &indexTrial{Engine: e, rnd: rand.New(rand.NewPCG(19, 20)), dir: scratch.Dir(t), recipe: indexRecipes[2]}
	for part := range 2 {
		x.files = append(x.files, x.corpus(t, part))
	}
	j := x.job(t, "index", "", x.files[0])
	j.out = x.folder()
	j.edit = toIndex(j.out, false)
	j.mustRun(t, e.New())
	digest := ""
	for _, out := range []string{"new.jsonl", "new.parquet", "new.jsonl.zst"} {
		j := x.job(t, "new", fmt.Sprintf(", against: %q", x.folder()), x.files[1])
		j.out = filepath.Join(x.dir, out)
		report := j.mustRun(t, e.New())
		if len(report.Files) != 1 || report.Rows.Kept == 0 || report.Rows.Kept == report.Rows.In {
			t.Errorf("%s: %d files, rows %+v", out, len(report.Files), report.Rows)
		}
		if digest == "" {
			digest = report.Digest
		}
		if report.Digest != digest {
			t.Errorf("%s: the digest is %s, was %s", out, report.Digest, digest)
		}
	}
}
