package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/internal/scratch"
)

const minhashRecipe = `process: [words_num_filter: {min_num: 3}, document_minhash_deduplicator: {num_permutations: 16, num_bands: 4, num_rows_per_band: 4, hash: xxh3%s}]
`

// indexFixture is a folder with a recipe, one that is against an index, and
// three inputs.
type indexFixture struct {
	dir, recipe, against, index, out string
	in                               [3]string
}

func newIndexFixture(t *testing.T, size int) *indexFixture {
	t.Helper()
	dir := scratch.Dir(t)
	x := &indexFixture{dir: dir, index: filepath.Join(dir, "index"), out: filepath.Join(dir, "out.jsonl")}
	x.recipe = write(t, filepath.Join(dir, "recipe.yaml"), fmt.Sprintf(minhashRecipe, ""))
	x.against = write(t, filepath.Join(dir, "against.yaml"), fmt.Sprintf(minhashRecipe, ", against: "+x.index))
	all := string(rows(size, 0.3))
	for i := range x.in {
		n := len(all) / (len(x.in) - i)
		if i+1 < len(x.in) {
			n += strings.IndexByte(all[n:], '\n') + 1
		}
		x.in[i] = write(t, filepath.Join(dir, fmt.Sprintf("in-%d.jsonl", i)), all[:n])
		all = all[n:]
	}
	return x
}

func (x *indexFixture) make(verb, input string, more ...string) []string {
	return append([]string{"dedup", "index", verb, x.index, "--config", x.recipe, "--dataset_path", input, "--np", "2",
		"--segment", "64KiB", "--task_memory", "100KB", "--json", "--quiet"}, more...)
}

func (x *indexFixture) process(recipe string, inputs ...string) []string {
	return []string{"process", "--config", recipe, "--dataset_path", strings.Join(inputs, " "), "--export_path", x.out, "--json", "--quiet"}
}

// TestDedupIndex builds an index, adds to it, and runs against it.
func TestDedupIndex(t *testing.T) {
	x := newIndexFixture(t, 600<<10)
	corpusmill(t, x.process(x.against, x.in[2])...).want(t, exitFailure, x.index+" holds no index")
	corpusmill(t, x.make("add", x.in[0])...).want(t, exitFailure, "holds no index")
	o := corpusmill(t, x.make("build", x.in[0])...)
	o.want(t, 0)
	built := report(t, o)
	if built.Index == nil || built.Index.AddedRows == 0 || built.Index.AddedKeys == 0 || len(built.Output) != 0 || len(built.Clusters) != 1 {
		t.Errorf("the report of the build: %+v", built)
	}
	corpusmill(t, "verify", x.index).want(t, 0)
	corpusmill(t, x.make("build", x.in[1])...).want(t, exitFailure, "holds an index already", "dedup index add")
	corpusmill(t, x.make("add", x.in[0])...).want(t, exitFailure, "in-0.jsonl is in the index", "already")
	o = corpusmill(t, x.make("add", x.in[1])...)
	o.want(t, 0)
	if added := report(t, o); added.Index.Rows != built.Index.AddedRows || added.Index.AddedRows == 0 {
		t.Errorf("the report of the addition: %+v", added.Index)
	}
	o = corpusmill(t, "dedup", "index", "info", x.index, "--json")
	o.want(t, 0)
	var info indexSummary
	if err := json.Unmarshal([]byte(o.stdout), &info); err != nil || len(info.Generations) != 2 || info.Rows <= built.Index.AddedRows || info.Bytes == 0 || len(info.Steps) != 2 {
		t.Errorf("info: %v, %s", err, o.stdout)
	}
	corpusmill(t, "dedup", "index", "info", x.index).want(t, 0)
	if o = corpusmill(t, "plan", x.against, "--dataset_path", x.in[2]); o.code != 0 || !strings.Contains(o.stdout, "of 2 files that aren't read") {
		t.Errorf("plan: %s%s", o.stdout, o.stderr)
	}

	corpusmill(t, x.process(x.recipe, x.in[:]...)...).want(t, 0)
	var want []string
	whole := read(t, x.out)
	for line := range strings.Lines(read(t, x.in[2])) {
		if strings.Contains(whole, line) {
			want = append(want, line)
		}
	}
	for _, old := range x.in[:2] { // it isn't read, and needn't be there
		if err := os.Remove(old); err != nil {
			t.Fatal(err)
		}
	}
	o = corpusmill(t, x.process(x.against, x.in[2])...)
	o.want(t, 0)
	r := report(t, o)
	if got := read(t, x.out); got != strings.Join(want, "") {
		t.Errorf("%d rows are kept, want %d", strings.Count(got, "\n"), len(want))
	}
	if r.Index == nil || r.Index.Rows != info.Rows || r.Index.Keys != info.Keys || len(r.Files) != 1 || r.Rows.In != int64(strings.Count(read(t, x.in[2]), "\n")) {
		t.Errorf("the report: %+v", r)
	}
	o = corpusmill(t, "drops", x.out)
	o.want(t, 0)
	byIndex := 0
	var d dropLine
	for line := range strings.Lines(o.stdout) {
		var l dropLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.WinnerFile == x.in[0] && l.WinnerOffset != nil {
			byIndex++
			d = l
		}
	}
	if byIndex == 0 {
		t.Fatal("no duplicate of a row of the index is among the drops")
	}
	line := 1 + strings.Count(read(t, x.in[2])[:d.Offset], "\n")
	o = corpusmill(t, "explain", x.out, "--row", fmt.Sprintf("%s:%d", x.in[2], line))
	o.want(t, 0)
	if want := fmt.Sprintf("duplicate of %s, offset %d (a row of the index; the file isn't there any more)", x.in[0], *d.WinnerOffset); !strings.Contains(o.stdout, want) {
		t.Errorf("explain doesn't say %q: %s", want, o.stdout)
	}
	corpusmill(t, "explain", x.out, "--row", x.in[0]+":1").want(t, exitFailure, "no input of this run")
}

// TestDedupIndexRefused gives recipes that an index can't serve.
func TestDedupIndexRefused(t *testing.T) {
	x := newIndexFixture(t, 100<<10)
	corpusmill(t, x.make("build", x.in[0])...).want(t, 0)
	recipe := func(process string) string {
		process = strings.ReplaceAll(process, "MINHASH", "num_permutations: 16, num_bands: 4, num_rows_per_band: 4, hash: xxh3")
		return write(t, filepath.Join(x.dir, "other.yaml"), "process: ["+strings.ReplaceAll(process, "AGAINST", "against: "+x.index)+"]\n")
	}
	for _, c := range []struct {
		name, process, want string
		args                []string
	}{
		{"parameter", "words_num_filter: {min_num: 4}, document_minhash_deduplicator: {MINHASH, AGAINST}", "step 1, words_num_filter: min_num was 3 and is 4", nil},
		{"own parameter", "words_num_filter: {min_num: 3}, document_minhash_deduplicator: {MINHASH, window_size: 2, AGAINST}", "step 2, document_minhash_deduplicator: window_size was 5 and is 2", nil},
		{"step added", "words_num_filter: {min_num: 3}, clean_email_mapper: {}, document_minhash_deduplicator: {MINHASH, AGAINST}", "step 2 was document_minhash_deduplicator and is clean_email_mapper", nil},
		{"verified", "words_num_filter: {min_num: 3}, document_minhash_deduplicator: {MINHASH, verify: true, AGAINST}", "verify can't be used with against", nil},
		{"two", "document_minhash_deduplicator: {AGAINST}, document_minhash_deduplicator: {window_size: 2, AGAINST}", "one deduplicator with an index, not two", nil},
		{"deduplicator before", "document_deduplicator: {}, document_minhash_deduplicator: {MINHASH, AGAINST}", "document_deduplicator is before document_minhash_deduplicator", nil},
		{"text read behind", "words_num_filter: {min_num: 3}, document_minhash_deduplicator: {MINHASH, AGAINST}, text_length_filter: {text_key: title}", "fields that are read as text: were text, are text, title", nil},
		{"text key", "words_num_filter: {min_num: 3}, document_minhash_deduplicator: {MINHASH, AGAINST}", `text_keys: was "text", is "body"`, []string{"--text_keys", "body"}},
		{"longest row", "words_num_filter: {min_num: 3}, document_minhash_deduplicator: {MINHASH, AGAINST}", "max_row: was 16777216, is 1048576", []string{"--max_row", "1MiB"}},
		{"same input", "words_num_filter: {min_num: 3}, document_minhash_deduplicator: {MINHASH, AGAINST}", "in-0.jsonl is in the index", []string{"--dataset_path", x.in[0]}},
	} {
		t.Run(c.name, func(t *testing.T) {
			corpusmill(t, append(x.process(recipe(c.process), x.in[2]), c.args...)...).want(t, exitFailure, c.want)
			if exists(x.out) {
				t.Error("the refused run left a result")
			}
		})
	}
	x.recipe = recipe("words_num_filter: {min_num: 3}, document_deduplicator: {}")
	x.index = filepath.Join(x.dir, "none")
	corpusmill(t, x.make("build", x.in[0])...).want(t, exitFailure, "the recipe has none")
	x.recipe = recipe("document_minhash_deduplicator: {}, document_minhash_deduplicator: {window_size: 2}")
	corpusmill(t, x.make("build", x.in[0])...).want(t, exitFailure, "one deduplicator with an index, not two")
	x.recipe = recipe("document_minhash_deduplicator: {}")
	x.index = filepath.Dir(x.in[0])
	corpusmill(t, x.make("build", x.in[0])...).want(t, exitFailure, "which is no part of an index")
	for _, args := range [][]string{{"dedup"}, {"dedup", "index", "build"}, {"dedup", "index", "drop", "x"}, {"dedup", "index", "info", "x", "y"}} {
		corpusmill(t, args...).want(t, exitUsage)
	}
}

// TestDedupIndexVerified builds from a recipe whose deduplicator verifies and
// is against an index: neither is of consequence.
func TestDedupIndexVerified(t *testing.T) {
	x := newIndexFixture(t, 100<<10)
	x.recipe = write(t, x.recipe, fmt.Sprintf(minhashRecipe, ", verify: true, against: "+x.index))
	corpusmill(t, x.make("build", x.in[0])...).want(t, 0)
	corpusmill(t, x.make("add", x.in[1])...).want(t, 0)
	corpusmill(t, x.process(x.against, x.in[2])...).want(t, 0)
}

// TestDedupIndexChanged interrupts a run and adds to its index: the run can't
// go on.
func TestDedupIndexChanged(t *testing.T) {
	x := newIndexFixture(t, 20<<20)
	corpusmill(t, x.make("build", x.in[0])...).want(t, 0)
	args := append(x.process(x.against, x.in[2]), "--np", "1", "--segment", "64KiB")
	c, wait := begin(t, args)
	untilJournal(t, x.out)
	c.Process.Kill()
	if o := wait(); o.code != -1 {
		t.Fatalf("the run ended before it was killed: exit %d", o.code)
	}
	corpusmill(t, x.make("add", x.in[1])...).want(t, 0)
	corpusmill(t, args...).want(t, exitResume, "the index "+x.index+" has changed", "--restart")
	corpusmill(t, append(args, "--restart")...).want(t, 0)
}

// TestDedupIndexDamaged damages each file of an index in turn. A run ends with
// a message that names the file, or has seen nothing of the damage.
func TestDedupIndexDamaged(t *testing.T) {
	x := newIndexFixture(t, 300<<10)
	corpusmill(t, x.make("build", x.in[0])...).want(t, 0)
	corpusmill(t, x.make("add", x.in[1])...).want(t, 0)
	corpusmill(t, x.process(x.against, x.in[2])...).want(t, 0)
	calm := read(t, x.out)
	files := folder(t, x.index)
	rnd := rand.New(rand.NewPCG(31, 32))
	refused := 0
	run := func(name string, content []byte, always bool) {
		t.Helper()
		path := filepath.Join(x.index, name)
		write(t, path, string(content))
		defer write(t, path, files[name])
		o := corpusmill(t, append(x.process(x.against, x.in[2]), "--restart")...)
		if o.code == 0 && !always {
			if read(t, x.out) != calm {
				t.Errorf("damage to %s changes the result", name)
			}
			return
		}
		refused++
		o.want(t, exitFailure, path, "damaged", "anew")
		corpusmill(t, "verify", x.index).want(t, exitAccount, path)
	}
	for name, whole := range files {
		run(name, []byte(whole[:rnd.IntN(len(whole))]), true)
		flipped := bytes.Clone([]byte(whole))
		flipped[rnd.IntN(len(flipped))] ^= 1 << rnd.IntN(8)
		run(name, flipped, name == "index.json")
	}
	if len(files) > 20 || refused < len(files) {
		t.Errorf("%d files, %d damages were seen", len(files), refused)
	}
	run("gen-1/keys-0", []byte(files["gen-0/keys-0"]), true)
	if err := os.Remove(filepath.Join(x.index, "gen-0/losers-0")); err != nil {
		t.Fatal(err)
	}
	corpusmill(t, x.process(x.against, x.in[2])...).want(t, exitFailure, "gen-0/losers-0", "isn't whole", "anew")
}

// folder is what the files in a folder hold, by their paths in it.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = read(t, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestKillIndex kills builds and additions at random times: in between the
// index is the old one, or the new one. In the end it has the files of a calm
// run.
func TestKillIndex(t *testing.T) {
	size, kills := 9<<20, 8
	if full() {
		size, kills = 300<<20, 50
	}
	x := newIndexFixture(t, size)
	old := map[string]string{}
	for i, verb := range []string{"build", "add"} {
		args := x.make(verb, x.in[i])
		if verb == "add" {
			args = append(args, "--backend", "processes")
		}
		began := time.Now()
		corpusmill(t, args...).want(t, 0)
		took := time.Since(began)
		calm := folder(t, x.index)
		reset := func() {
			for _, dir := range []string{x.index, x.index + ".run"} {
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			}
			for name, content := range old {
				path := filepath.Join(x.index, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
					t.Fatal(err)
				}
				write(t, path, content)
			}
		}
		reset()
		rnd := rand.New(rand.NewPCG(uint64(i), 60))
		for n := 0; n < kills; {
			c, wait := begin(t, args)
			kill := time.AfterFunc(time.Duration(rnd.Int64N(int64(took))), func() { c.Process.Kill() })
			o := wait()
			kill.Stop()
			if o.code != -1 {
				o.want(t, 0)
				reset()
				continue
			}
			n++
			now, _ := os.ReadFile(filepath.Join(x.index, "index.json"))
			switch string(now) {
			case old["index.json"]:
			case calm["index.json"]:
				if !maps.Equal(folder(t, x.index), calm) {
					t.Error("the index isn't whole")
				}
				if !exists(filepath.Join(x.index+".run", "work", "plan.json")) {
					// It was killed when all was done: nothing is left to go on with.
					corpusmill(t, args...).want(t, exitFailure, "already")
					reset()
				}
			default:
				t.Error("the index is neither the old one nor the new one")
			}
		}
		corpusmill(t, args...).want(t, 0)
		if !maps.Equal(folder(t, x.index), calm) {
			t.Errorf("%s: the index isn't that of a calm run", verb)
		}
		old = calm
	}
}

// TestIndexConcluded stops an addition when all that is left to do is to say
// that it is done: the same command says so, and adds nothing again.
func TestIndexConcluded(t *testing.T) {
	x := newIndexFixture(t, 100<<10)
	for i, verb := range []string{"build", "add"} {
		obstacle := filepath.Join(x.index+".run", "report.json")
		if err := os.RemoveAll(obstacle); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(obstacle, "in the way"), 0o777); err != nil {
			t.Fatal(err)
		}
		corpusmill(t, x.make(verb, x.in[i])...).want(t, exitFailure, "report.json")
		published := folder(t, x.index)
		if len(published) == 0 {
			t.Fatal("the index isn't there: the run has failed too early")
		}
		if err := os.RemoveAll(obstacle); err != nil {
			t.Fatal(err)
		}
		o := corpusmill(t, x.make(verb, x.in[i])...)
		o.want(t, 0)
		if r := report(t, o); r.Index == nil || r.Index.AddedRows == 0 {
			t.Errorf("%s: the report: %+v", verb, r.Index)
		}
		if !maps.Equal(folder(t, x.index), published) {
			t.Errorf("%s: the index has changed", verb)
		}
		if exists(filepath.Join(x.index+".run", "work")) {
			t.Errorf("%s: the run isn't finished", verb)
		}
	}
}
