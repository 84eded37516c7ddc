package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

const wrongRecipe = `
dataset_path: nowhere.jsonl
export_path: out.xyz
np: many
proces: []
process:
  - text_lenght_filter:
      min_len: 3
  - words_num_filter:
      min_num: two
      max_number: 3
`

// TestCheck prints all mistakes at once, each with its place.
func TestCheck(t *testing.T) {
	path := write(t, filepath.Join(scratch.Dir(t), "recipe.yaml"), wrongRecipe)
	o := corpusmill(t, "check", path)
	o.want(t, exitUsage,
		path+":2:15: input not found: nowhere.jsonl",
		path+`:3:14: export_path has the unknown extension ".xyz"`,
		path+":4:5: np takes a whole number",
		path+`:5:1: unknown key "proces"`, "process",
		path+":7:5: ", "text_length_filter",
		path+":10:16: ", path+":11:7: ", "max_num")
	var got checkResult
	o = corpusmill(t, "check", path, "--json")
	o.want(t, exitUsage)
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil || got.OK || len(got.Problems) < 7 {
		t.Errorf("%v in %s", err, o.stdout)
	}
	for _, p := range got.Problems {
		if p.Pos.Line == 0 || p.Pos.Column == 0 || p.Msg == "" {
			t.Errorf("a problem lacks its place or its text: %+v", p)
		}
	}
	right := write(t, filepath.Join(scratch.Dir(t), "right.yaml"), "dataset_path: "+path+"\nexport_path: out.jsonl\nuse_cache: false\nprocess: [text_length_filter: {}]\n")
	o = corpusmill(t, "check", right)
	o.want(t, 0, "note: ", "use_cache")
	o.wantOut(t, "right.yaml is right: 1 step")
	corpusmill(t, "check", right, "--json").wantOut(t, `"ok": true`)
}

// BenchmarkCheck is the start of the program and its first answer, which
// users wait for: below 50 ms.
func BenchmarkCheck(b *testing.B) {
	path := write(b, filepath.Join(b.TempDir(), "recipe.yaml"), wrongRecipe)
	for b.Loop() {
		if err := program(b.Context(), "check", path).Run(); err == nil {
			b.Fatal("the mistakes weren't found")
		}
	}
}

func TestUsage(t *testing.T) {
	dir := scratch.Dir(t)
	in := write(t, filepath.Join(dir, "in.jsonl"), "{}\n")
	for _, x := range []struct {
		args []string
		want string
	}{
		{[]string{"proces"}, `there is no command "proces"`},
		{[]string{"process"}, "which recipe?"},
		{[]string{"process", "--config"}, "--config needs a value"},
		{[]string{"process", "--dataset_path", in, "--no_such_key", "1"}, "no_such_key"},
		{[]string{"process", "a.yaml", "b.yaml"}, "too many arguments"},
		{[]string{"process", filepath.Join(dir, "missing.yaml")}, "missing.yaml: can't read the recipe"},
		{[]string{"process", "--dataset_path", in, "--text_length_filter.min", "1"}, "text_length_filter"},
		{[]string{"process", "--dataset_path", in, "--quiet=perhaps"}, "--quiet takes no value"},
		{[]string{"process", "--dataset_path", in, "--backend", "cloud"}, "cloud"},
		{[]string{"explain"}, "--row FILE:LINE"},
		{[]string{"explain", "out.jsonl", "--row", "7"}, "write it as FILE:LINE"},
		{[]string{"explain", "out.jsonl", "--row", "in.jsonl:0"}, "write it as FILE:LINE"},
		{[]string{"drops"}, "drops needs the output of a run"},
		{[]string{"verify", "a", "b"}, "verify needs the output of a run"},
		{[]string{"ops", "no_such_filter"}, `there is no operator "no_such_filter"`},
		{[]string{"worker"}, "worker needs the run folder"},
	} {
		o := corpusmill(t, x.args...)
		o.want(t, exitUsage, x.want)
	}
	o := corpusmill(t)
	if o.code != exitUsage || !strings.Contains(o.stdout+o.stderr, "usage: corpusmill COMMAND") {
		t.Errorf("without a command: exit %d, %s%s", o.code, o.stdout, o.stderr)
	}
	for _, c := range commands() {
		corpusmill(t, c.name, "--help").wantOut(t, "usage: corpusmill "+c.name)
	}
}

func TestVersionAndOps(t *testing.T) {
	corpusmill(t, "version").wantOut(t, "corpusmill ", "(go1.")
	corpusmill(t, "--version").wantOut(t, "corpusmill ")
	corpusmill(t, "version", "--json").wantOut(t, `"version":`, `"go":"go1.`)
	corpusmill(t, "ops").wantOut(t, "text_length_filter", "document_deduplicator")
	corpusmill(t, "ops", "words_num_filter").wantOut(t, "min_num", "default 10")
	o := corpusmill(t, "ops", "--json")
	var specs []struct{ Name string }
	if err := json.Unmarshal([]byte(o.stdout), &specs); err != nil || len(specs) < 7 {
		t.Errorf("%v, %d operators", err, len(specs))
	}
}

func TestPlan(t *testing.T) {
	dir := scratch.Dir(t)
	in := write(t, filepath.Join(dir, "in.jsonl"), "{}\n")
	recipe := write(t, filepath.Join(dir, "r.yaml"), "dataset_path: "+in+"\nexport_path: "+filepath.Join(dir, "out.parquet")+"\n"+mapDedup)
	o := corpusmill(t, "plan", recipe)
	o.want(t, 0)
	o.wantOut(t, in, "stage 1 read the input", "words_num_filter {min_num: 2}", " held in the run folder", "stage 2 compare the keys of document_deduplicator",
		"stage 3 read the ", "drop duplicates", "stage 4 ", "parquet")
	o = corpusmill(t, "plan", recipe, "--json")
	var p struct{ Stages, Steps []any }
	if err := json.Unmarshal([]byte(o.stdout), &p); err != nil || len(p.Stages) != 4 || len(p.Steps) != 4 {
		t.Errorf("%v: %d stages of %d steps", err, len(p.Stages), len(p.Steps))
	}
	if exists(filepath.Join(dir, "out.parquet.run")) {
		t.Error("plan made a run folder")
	}
}

const storyRows = `{"text":"  the\tfirst row of all","id":1}
{"text":"short","id":2}

{broken
{"text":"the first row of all","id":3}
{"text":"another row altogether","id":4}
{"text":7}
`

// story is a finished run with a row of every fate.
func story(t *testing.T) (in, out string, o outcome) {
	t.Helper()
	dir := scratch.Dir(t)
	in, out = write(t, filepath.Join(dir, "in.jsonl"), storyRows), filepath.Join(dir, "out.jsonl")
	recipe := write(t, filepath.Join(dir, "recipe.yaml"), `
process:
  - whitespace_normalization_mapper:
  - text_length_filter:
      min_len: 10
  - document_deduplicator:
`)
	o = corpusmill(t, "process", "--config", recipe, "--dataset_path", in, "--export_path", out, "--max_quarantined", "1", "--np", "1")
	o.want(t, 0)
	return in, out, o
}

func TestReport(t *testing.T) {
	_, out, o := story(t)
	o.wantOut(t, "6 rows in = 2 kept + 2 filtered + 1 duplicate + 1 quarantined; 1 blank line", "1 below min_len", "1 text is not a string",
		"output      "+out+" (2 rows, ", "digest      ", "quarantine  "+filepath.Join(out+".run", "quarantine"))
	var r exec.Report
	if err := json.Unmarshal([]byte(read(t, filepath.Join(out+".run", "report.json"))), &r); err != nil || r.Rows.In != 6 || r.Blank != 1 {
		t.Errorf("report.json: %v, %+v", err, r)
	}
	if got, want := read(t, out), "{\"text\":\"the first row of all\",\"id\":1}\n{\"text\":\"another row altogether\",\"id\":4}\n"; got != want {
		t.Errorf("rows:\n%s", got)
	}
}

func TestExplain(t *testing.T) {
	in, out, _ := story(t)
	for line, want := range map[string][]string{
		"1": {"kept", "whitespace_normalization_mapper", "edited", "text_length_filter", "text_len = 20"},
		"2": {"filtered by text_length_filter: below min_len", "text_len = 5", "dropped"},
		"4": {"quarantined by source: byte 1: want a key", `{broken`},
		"5": {"duplicate by document_deduplicator", "of " + in + ":1"},
		"6": {"kept", "text_len = 22"},
		"7": {"filtered by source: text is not a string"},
	} {
		o := corpusmill(t, "explain", out, "--row", in+":"+line)
		o.want(t, 0)
		o.wantOut(t, append(want, in+":"+line+" (offset ")...)
		o = corpusmill(t, "explain", out, "--json", "--row", in+":"+line)
		var x exec.Explanation
		if err := json.Unmarshal([]byte(o.stdout), &x); err != nil || !strings.HasPrefix(want[0], x.Outcome) {
			t.Errorf("line %s: %v, %+v", line, err, x)
		}
	}
	corpusmill(t, "explain", out, "--row", "in.jsonl:1").wantOut(t, "kept") // the name alone will do
	corpusmill(t, "explain", out, "--row", in+":3").want(t, exitFailure, "it is blank, or behind the end")
	corpusmill(t, "explain", out, "--row", in+":99").want(t, exitFailure, "behind the end")
	corpusmill(t, "explain", out, "--row", "other.jsonl:1").want(t, exitFailure, "was no input of this run", in)
	corpusmill(t, "explain", filepath.Dir(out), "--row", in+":1").want(t, exitFailure, "no finished run")
	write(t, in, storyRows+"{}\n")
	corpusmill(t, "explain", out, "--row", in+":1").want(t, exitFailure, "has changed since the run")
}

func TestDrops(t *testing.T) {
	in, out, _ := story(t)
	o := corpusmill(t, "drops", out)
	o.want(t, 0)
	var got []dropLine
	for line := range strings.Lines(o.stdout) {
		var d dropLine
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		got = append(got, d)
	}
	if len(got) != 3 {
		t.Fatalf("%d drops, want 3:\n%s", len(got), o.stdout)
	}
	if d := got[0]; d.File != in || d.Step != "text_length_filter" || d.Reason != "below min_len" || d.Offset != uint64(strings.Index(storyRows, `{"text":"short"`)) {
		t.Errorf("the first: %+v", d)
	}
	if d := got[2]; d.Reason != "duplicate" || d.WinnerFile != in || d.WinnerOffset == nil || *d.WinnerOffset != 0 {
		t.Errorf("the duplicate: %+v", d)
	}
	if o := corpusmill(t, "drops", "--json", out); o.code != 0 || strings.Count(o.stdout, "\n") != 3 {
		t.Errorf("with --json: exit %d: %s", o.code, o.stdout)
	}
}

func TestVerify(t *testing.T) {
	_, out, _ := story(t)
	corpusmill(t, "verify", out).wantOut(t, "1 files are as the run wrote them; digest ")
	corpusmill(t, "verify", out+".run").wantOut(t, "digest ")
	corpusmill(t, "verify", "--json", out).wantOut(t, `"ok":true`)
	rows := read(t, out)
	write(t, out, strings.Replace(rows, "another", "Another", 1))
	corpusmill(t, "verify", out).want(t, exitAccount, out+" isn't what the run wrote")
	write(t, out, rows[:len(rows)/2])
	corpusmill(t, "verify", out).want(t, exitAccount)
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	corpusmill(t, "verify", out).want(t, exitFailure, out)
}

// TestMaxQuarantined publishes the result and tells by the exit code that too
// many rows are missing from it.
func TestMaxQuarantined(t *testing.T) {
	dir := scratch.Dir(t)
	in := write(t, filepath.Join(dir, "in.jsonl"), "{\"text\":\"a\"}\n{\n[]\n{\"text\":\"b\"}\n")
	for limit, code := range map[string]int{"0": exitQuarantine, "1": exitQuarantine, "2": 0, "49%": exitQuarantine, "50%": 0} {
		out := filepath.Join(dir, "out-"+limit+".jsonl")
		o := corpusmill(t, "process", "--dataset_path", in, "--export_path", out, "--max_quarantined", limit, "--quiet")
		o.want(t, code)
		if code != 0 {
			o.want(t, code, "2 of 4 rows were quarantined", "max_quarantined allows "+limit, "The result is published")
		}
		if got := read(t, out); got != "{\"text\":\"a\"}\n{\"text\":\"b\"}\n" {
			t.Errorf("max_quarantined %s: rows %q", limit, got)
		}
	}
}

// TestChangedInMidRun changes a file that the run has to read a second time.
func TestChangedInMidRun(t *testing.T) {
	dir := scratch.Dir(t)
	data := string(rows(8<<20, 0.3))
	for _, backend := range []string{"local", "processes"} {
		in := write(t, filepath.Join(dir, "in.jsonl"), data)
		x := trial{"", "process: [document_deduplicator: {}]\n", "out.jsonl", []string{"--backend", backend, "--restart"}}
		c, wait := begin(t, x.in(t, dir, in))
		untilJournal(t, x.path(dir))
		write(t, in, data[:len(data)/2])
		o := wait()
		if o.code != exitAccount || !strings.Contains(o.stderr, in) || !strings.Contains(o.stderr, "changed") {
			t.Errorf("%v: exit %d: %s", c.Args, o.code, o.stderr)
		}
		if exists(x.path(dir)) {
			t.Error("the run published a result")
		}
		os.RemoveAll(x.path(dir) + ".run")
	}
}
