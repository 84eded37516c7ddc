package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
)

// TestMemoryBound deduplicates 300 MB of distinct rows within --memory 64MB,
// edited (so that they are held) and not.
func TestMemoryBound(t *testing.T) {
	dir := scratch.Dir(t)
	input := filepath.Join(dir, "in.jsonl")
	f, err := os.Create(input)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	text := strings.Repeat("a row of some length, ", 20)
	for n, size := 0, 0; size < 300_000_000; n++ {
		k, _ := fmt.Fprintf(w, `{"text":"%d\t%s"}`+"\n", n, text)
		size += k
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, steps := range [][]string{
		{"--document_deduplicator"},
		{"--whitespace_normalization_mapper", "--document_deduplicator"},
	} {
		out := filepath.Join(dir, "out.jsonl")
		o, peak := corpusmillMemory(t, append([]string{"process", "--dataset_path", input, "--export_path", out, "--memory", "64MB", "--np", "2", "--quiet"}, steps...)...)
		o.want(t, 0)
		t.Logf("%v: %d MB", steps, peak>>20)
		if peak > 200<<20 {
			t.Errorf("%v took %d MB of memory; --memory was 64 MB", steps, peak>>20)
		}
	}
}
