package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/storage"
)

const threeRows = `{"text":"the first row"}
{"text":"another one"}
{"text":"the first row"}
`

// TestStream reads standard input and writes standard output.
func TestStream(t *testing.T) {
	dir := scratch.Dir(t)
	t.Setenv("TMPDIR", dir)
	const kept = "{\"text\":\"the first row\"}\n{\"text\":\"another one\"}\n"
	through := []string{"process", "--dataset_path", "-", "--export_path", "-"}
	with := func(args []string, more ...string) []string { return slices.Concat(args, more) }
	dedup := with(through, "--document_deduplicator")
	for _, x := range []struct {
		name  string
		args  []string
		stdin string
		want  string
	}{
		{"as they are", through, threeRows, threeRows},
		{"no rows", through, "", ""},
		{"dedup", dedup, threeRows, kept},
		{"mapper and dedup", with(dedup, "--whitespace_normalization_mapper"), strings.Replace(threeRows, "the first", "\u3000the first", 1), kept},
		{"gzip", dedup, string(packed(t, storage.Gzip, []byte(threeRows))), kept},
		{"zstd", through, string(packed(t, storage.Zstd, []byte(threeRows))), threeRows},
	} {
		t.Run(x.name, func(t *testing.T) {
			o := piped(t, []byte(x.stdin), x.args...)
			o.want(t, 0, "rows in =", "digest")
			if o.stdout != x.want {
				t.Errorf("got:\n%s\nwant:\n%s", o.stdout, x.want)
			}
			piped(t, []byte(x.stdin), with(x.args, "--json", "--quiet")...).want(t, 0, `"digest":`)
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("the run left %v", left)
			}
		})
	}
}

func TestStreamToFile(t *testing.T) {
	out := filepath.Join(scratch.Dir(t), "out.jsonl")
	piped(t, []byte(threeRows), "process", "--dataset_path", "-", "--export_path", out, "--document_deduplicator").want(t, 0)
	if n := strings.Count(read(t, out), "\n"); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
	corpusmill(t, "explain", out, "--row", "-:1").want(t, exitFailure, "standard input", "can't be read again")
}

// TestStreamNeedsLocal refuses to read standard input in other processes,
// which don't have it.
func TestStreamNeedsLocal(t *testing.T) {
	corpusmill(t, "process", "--dataset_path", "-", "--export_path", "-", "--backend", "processes").want(t, exitUsage,
		"standard input can't be read by --backend processes", "--backend local")
}

// TestStreamKeepsQuarantine keeps what was set aside of a run to standard
// output.
func TestStreamKeepsQuarantine(t *testing.T) {
	t.Setenv("TMPDIR", scratch.Dir(t))
	o := piped(t, []byte("{\"text\":\"a\"}\n{broken\n"), "process", "--dataset_path", "-", "--export_path", "-")
	o.want(t, exitQuarantine, "1 of 2 rows were quarantined")
	i := strings.LastIndex(o.stderr, "the rows are in ")
	folder := strings.TrimSpace(o.stderr[i+len("the rows are in "):])
	if q := read(t, filepath.Join(folder, "stage-00.jsonl")); !strings.Contains(q, "{broken") {
		t.Errorf("the quarantine has %q", q)
	}
}

// TestClosedOutput writes to a pipe that nobody reads any more.
func TestClosedOutput(t *testing.T) {
	dir := scratch.Dir(t)
	t.Setenv("TMPDIR", dir)
	input := write(t, filepath.Join(dir, "in.jsonl"), string(rows(4<<20, 0)))
	c := program(t.Context(), "process", "--dataset_path", input, "--export_path", "-", "--quiet")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	if err := c.Wait(); err == nil {
		t.Error("the run succeeded")
	}
	if strings.Contains(stderr.String(), "goroutine ") {
		t.Errorf("it panicked: %s", stderr.String())
	}
}
