package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/storage"
)

// parts are the contents of a folder's files in the order of their names.
func parts(t *testing.T, dir string) (out []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		out = append(out, read(t, filepath.Join(dir, f.Name())))
	}
	return out
}

// TestResplit writes files of every kind anew: the rows keep their bytes and
// their order, and the files their size.
func TestResplit(t *testing.T) {
	dir := scratch.Dir(t)
	data := rows(3<<20, 0)
	folder := filepath.Join(dir, "many")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	half := strings.IndexByte(string(data[len(data)/2:]), '\n') + len(data)/2 + 1
	write(t, filepath.Join(folder, "a.jsonl"), string(data[:half]))
	write(t, filepath.Join(folder, "b.jsonl"), string(data[half:]))
	inputs := map[string]string{
		"plain":   write(t, filepath.Join(dir, "in.jsonl"), string(data)),
		"gzip":    write(t, filepath.Join(dir, "in.jsonl.gz"), string(packed(t, storage.Gzip, data))),
		"zstd":    write(t, filepath.Join(dir, "in.jsonl.zst"), string(packed(t, storage.Zstd, data))),
		"folder":  folder,
		"pattern": filepath.Join(folder, "*.jsonl"),
	}
	for name, in := range inputs {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(dir, "out."+name)
			corpusmill(t, "resplit", in, "-o", out, "--split_size", "200kB", "--np", "2", "-q").want(t, 0)
			files := parts(t, out)
			if strings.Join(files, "") != string(data) {
				t.Error("the rows aren't those of the input")
			}
			for i, f := range files {
				if i+1 < len(files) && (len(f) < 200_000 || len(f) > 204_000) {
					t.Errorf("file %d has %d bytes", i, len(f))
				}
			}
		})
	}
	in := inputs["plain"]
	for _, x := range []struct {
		args  string
		least int
		most  int
	}{
		{"--np 2", 3, 4},  // of a MB at least
		{"--np 64", 3, 4}, // the same
		{"--split_count 10", 9, 10},
		{"--split_count 10 --split_size 100kB", 29, 32},
		{"--split_size 1GB", 1, 1},
	} {
		out := filepath.Join(dir, "count")
		corpusmill(t, append([]string{"resplit", in, "-o", out, "-q"}, strings.Fields(x.args)...)...).want(t, 0)
		files := parts(t, out)
		if n := len(files); n < x.least || n > x.most || strings.Join(files, "") != string(data) {
			t.Errorf("%s: %d files, want %d to %d", x.args, n, x.least, x.most)
		}
	}
	out, back := filepath.Join(dir, "tables"), filepath.Join(dir, "back")
	corpusmill(t, "resplit", in, "-o", out, "--format", "parquet", "--split_size", "1MB", "-q").want(t, 0)
	if n := len(parts(t, out)); n < 3 {
		t.Errorf("%d files of Parquet", n)
	}
	corpusmill(t, "resplit", out, "--output="+back, "-q").want(t, 0)
	if got := strings.Join(parts(t, back), ""); strings.Count(got, "\n") != strings.Count(string(data), "\n") {
		t.Error("Parquet has lost rows")
	}
}

// TestResplitBad quarantines what is no row, as any run does.
func TestResplitBad(t *testing.T) {
	dir := scratch.Dir(t)
	in := write(t, filepath.Join(dir, "in.jsonl"), "{\"a\":1}\nno row\n{\"a\" : 2}")
	out := filepath.Join(dir, "out")
	corpusmill(t, "resplit", in, "-o", out, "-q").want(t, exitQuarantine, "1 of 3 rows were quarantined")
	if got := parts(t, out); len(got) != 1 || got[0] != "{\"a\":1}\n{\"a\" : 2}\n" {
		t.Errorf("the rows are %q", got)
	}
	for _, x := range []struct{ args, want string }{
		{"-o " + out, "resplit what?"},
		{in, "where to?"},
		{in + " -o " + out + " --export_shard_size 3", "resplit has no --export_shard_size"},
		{in + " -o " + out + " --text_length_filter.min_len 3", "resplit takes rows as they are"},
		{in + " -o " + out + " --config r.yaml", "resplit has no recipe"},
		{in + " -o " + out + " --format xml", "export_type"},
		{in + " -o " + out + " --unheard_of 3", "unheard_of"},
		{in + " -o " + dir, "input"},
	} {
		corpusmill(t, append([]string{"resplit"}, strings.Fields(x.args)...)...).want(t, exitUsage, x.want)
	}
}

// TestResplitResumed goes on with the size that it began with, although the
// size would be another for another number of workers.
func TestResplitResumed(t *testing.T) {
	dir := scratch.Dir(t)
	in, out := write(t, filepath.Join(dir, "in.jsonl"), string(rows(60<<20, 0))), filepath.Join(dir, "out")
	args := []string{"resplit", in, "-o", out, "-q"}
	c, wait := begin(t, append(args, "--np", "2", "--segment", "256KiB"))
	untilJournal(t, out)
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if o := wait(); o.code == 0 {
		t.Fatal("the run was quicker than the signal")
	}
	corpusmill(t, append(args, "--np", "1")...).want(t, 0)
	files := parts(t, out)
	if len(files) != 8 || strings.Join(files, "") != read(t, in) {
		t.Errorf("%d files; two workers make 8", len(files))
	}
}

// TestResplitRanks has three processes write a dataset anew.
func TestResplitRanks(t *testing.T) {
	dir := scratch.Dir(t)
	in, out := write(t, filepath.Join(dir, "in.jsonl"), string(rows(8<<20, 0))), filepath.Join(dir, "out")
	t.Setenv("CORPUSMILL_JOB", "resplit")
	var wait []func() outcome
	for rank := range 3 {
		_, w := begin(t, []string{"resplit", in, "-o", out, "--backend", "ranks", "--np", "1", "-q", "--split_size", "500kB",
			"--rank", fmt.Sprint(rank), "--world-size", "3"})
		wait = append(wait, w)
	}
	for _, w := range wait {
		w().want(t, 0)
	}
	files := parts(t, out)
	if len(files) != 17 || strings.Join(files, "") != read(t, in) {
		t.Errorf("%d files, or not the rows of the input", len(files))
	}
}
