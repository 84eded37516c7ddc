package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
	"corpusmill/storage"
)

// TestNear has rows that only wait to be written copied by the command itself,
// whatever its workers are, and leaves to them what is more than that. The
// result is the same.
func TestNear(t *testing.T) {
	dir := scratch.Dir(t)
	in, zipped := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "in.jsonl.gz")
	var rows strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&rows, `{"text":"row %d of some that are alike","n":%d}`+"\n", i%1000, i)
	}
	write(t, in, rows.String())
	write(t, zipped, string(packed(t, storage.Gzip, []byte(rows.String()))))
	for _, c := range []struct {
		name, process, input, out string
		near                      bool
	}{
		{"copied", "[document_deduplicator: {}]", in, "out.jsonl", true},
		{"edited before", "[whitespace_normalization_mapper: {}, document_deduplicator: {}]", in, "out.jsonl.gz", true},
		{"a step behind", "[document_deduplicator: {}, text_length_filter: {min_len: 2}]", in, "out.jsonl", false},
		{"no deduplicator", "[text_length_filter: {min_len: 2}]", in, "out.jsonl", false},
		{"little left", "[text_length_filter: {min_len: 31}, document_deduplicator: {}]", in, "out.jsonl", false},
		{"compressed", "[document_deduplicator: {}]", zipped, "out.jsonl", false},
		{"columns", "[document_deduplicator: {}]", in, "out.parquet", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "recipe.yaml")
			write(t, config, "process: "+c.process)
			var runs []exec.Report
			for _, backend := range []string{"local", "processes"} {
				out := filepath.Join(scratch.Dir(t), c.out)
				o := corpusmill(t, "process", "--config", config, "--dataset_path", c.input, "--export_path", out, "--backend", backend, "--np", "2", "--json")
				o.want(t, 0)
				runs = append(runs, report(t, o))
			}
			if runs[0].Digest != runs[1].Digest || runs[0].Output[0].Sum != runs[1].Output[0].Sum {
				t.Errorf("the processes have made %+v, want %+v", runs[1].Output, runs[0].Output)
			}
			r := runs[1].Resources
			own := slices.ContainsFunc(r.Workers, func(p exec.ProcessReport) bool { return p.PID == r.Driver.PID && p.Tasks > 0 })
			if own != c.near {
				t.Errorf("that the command has done tasks is %v, want %v; %d processes, of %+v rows", own, c.near, len(r.Workers), runs[1].Rows)
			}
		})
	}
}
