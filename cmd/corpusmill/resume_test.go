package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/internal/scratch"
)

const resumeRecipe = `
process:
  - clean_email_mapper:
      repl: X
  - words_num_filter:
      min_num: 2
  - text_length_filter:
      min_len: 20
  - document_deduplicator:
`

// TestUnsafeResume changes what an interrupted run was about: each change is
// refused by its name, and the run goes on when all is as it was.
func TestUnsafeResume(t *testing.T) {
	dir := scratch.Dir(t)
	data := string(rows(12<<20, 0.2))
	half := len(data) / 2
	half += strings.IndexByte(data[half:], '\n') + 1
	in1 := write(t, filepath.Join(dir, "in-1.jsonl"), data[:half])
	in2 := write(t, filepath.Join(dir, "in-2.jsonl"), data[half:])
	out, path := filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "recipe.yaml")
	args := func(inputs string, more ...string) []string {
		return append([]string{"process", "--config", path, "--dataset_path", inputs, "--export_path", out,
			"--np", "1", "--segment", "64KiB", "--json", "--quiet"}, more...)
	}
	both := in1 + " " + in2
	write(t, path, resumeRecipe)
	c, wait := begin(t, args(both))
	untilJournal(t, out)
	c.Process.Kill()
	if o := wait(); o.code != -1 {
		t.Fatalf("the run ended before it was killed: exit %d", o.code)
	}
	info, err := os.Stat(in1)
	if err != nil {
		t.Fatal(err)
	}
	restore := func() {
		write(t, path, resumeRecipe)
		write(t, in1, data[:half])
		if err := os.Chtimes(in1, time.Time{}, info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	recipe := func(old, new string) func() {
		return func() { write(t, path, strings.Replace(resumeRecipe, old, new, 1)) }
	}
	keep := func() {}
	for _, x := range []struct {
		name   string
		change func()
		args   []string
		want   string
	}{
		{"parameter of text", recipe("repl: X", "repl: Y"), args(both), `step 1, clean_email_mapper: repl was "X" and is "Y"`},
		{"parameter of number", recipe("min_num: 2", "min_num: 3"), args(both), "step 2, words_num_filter: min_num was 2 and is 3"},
		{"parameter left out", recipe("      min_num: 2\n", ""), args(both), "step 2, words_num_filter: min_num was 2 and is 10"},
		{"parameter by flag", keep, args(both, "--document_deduplicator.lowercase", "true"), "step 4, document_deduplicator: lowercase was false and is true"},
		{"step added", recipe("  - document_d", "  - whitespace_normalization_mapper:\n  - document_d"), args(both), "step 4 was document_deduplicator and is whitespace_normalization_mapper"},
		{"step gone", recipe("  - document_deduplicator:\n", ""), args(both), "step 4, document_deduplicator, is gone"},
		{"steps in another order", recipe("  - words_num_filter:\n      min_num: 2\n  - text_length_filter:\n      min_len: 20\n", "  - text_length_filter:\n      min_len: 20\n  - words_num_filter:\n      min_num: 2\n"), args(both), "step 2 was words_num_filter and is text_length_filter"},
		{"text key", keep, args(both, "--text_keys", "body"), `text_keys: was "text", is "body"`},
		{"stats in rows", keep, args(both, "--keep_stats_in_res_ds", "true"), "keep_stats_in_res_ds: was false, is true"},
		{"shards", keep, args(both, "--export_shard_size", "1MB"), "output: was " + out},
		{"longest row", keep, args(both, "--max_row", "1MiB"), "max_row: was 16777216, is 1048576"},
		{"input grown", func() { write(t, in1, data[:half]+"{}\n") }, args(both), "input " + in1 + " has changed: it had"},
		{"input modified", func() { write(t, in1, strings.Replace(data[:half], "so", "os", 1)) }, args(both), "input " + in1 + " has changed: it was modified at"},
		{"input removed", keep, args(in1), "input " + in2 + " is gone"},
		{"input added", keep, args(both + " " + write(t, filepath.Join(dir, "in-3.jsonl"), "{}\n")), "in-3.jsonl has been added"},
		{"inputs in another order", keep, args(in2 + " " + in1), "the order of the inputs has changed: input 1 was " + in1},
	} {
		t.Run(x.name, func(t *testing.T) {
			x.change()
			defer restore()
			corpusmill(t, x.args...).want(t, exitResume, x.want, "--restart", "can't be continued")
			if exists(out) {
				t.Error("the refused run left a result")
			}
		})
	}
	o := corpusmill(t, args(both)...)
	o.want(t, 0)
	went := report(t, o)
	if !went.Resumed {
		t.Error("the run as it was began anew")
	}
	o = corpusmill(t, args(both)...)
	o.want(t, 0)
	if anew := report(t, o); anew.Resumed || anew.Digest != went.Digest {
		t.Errorf("the run after it: resumed %t, digest %s, want %s", anew.Resumed, anew.Digest, went.Digest)
	}
}

// TestRestart starts anew what can't be continued.
func TestRestart(t *testing.T) {
	dir := scratch.Dir(t)
	input := write(t, filepath.Join(dir, "in.jsonl"), string(rows(8<<20, 0.2)))
	x := trials[0]
	c, wait := begin(t, x.in(t, dir, input))
	untilJournal(t, x.path(dir))
	c.Process.Kill()
	wait()
	other := append(x.in(t, dir, input), "--text_length_filter.min_len", "30")
	corpusmill(t, other...).want(t, exitResume)
	o := corpusmill(t, append(other, "--restart")...)
	o.want(t, 0)
	if report(t, o).Resumed {
		t.Error("--restart went on with the old run")
	}
}
