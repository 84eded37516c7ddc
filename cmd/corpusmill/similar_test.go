package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
)

// planted writes rows in clusters of those sizes, shuffled: each text of a
// cluster is the first one with some words put in place of others. It returns
// the cluster of each row and the number of rows.
func planted(t *testing.T, path string, sizes []int) (clusterOf []int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(11, 12))
	word := func() string { return "w" + strconv.Itoa(rnd.IntN(20_000)) }
	var texts []string
	for c, size := range sizes {
		base := make([]string, 60+rnd.IntN(100))
		for i := range base {
			base[i] = word()
		}
		for range size {
			text := strings.Clone(strings.Join(base, " "))
			words := strings.Fields(text)
			for range rnd.IntN(2) {
				words[rnd.IntN(len(words))] = word()
			}
			texts, clusterOf = append(texts, strings.Join(words, " ")), append(clusterOf, c)
		}
	}
	rnd.Shuffle(len(texts), func(i, j int) {
		texts[i], texts[j] = texts[j], texts[i]
		clusterOf[i], clusterOf[j] = clusterOf[j], clusterOf[i]
	})
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for i, text := range texts {
		fmt.Fprintf(w, `{"id":%d,"text":"%s"}`+"\n", i, text)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	return clusterOf
}

// TestPlantedClusters looks for clusters that are known: of each the first row
// stays, whatever the workers, the memory and the tasks, and a second run over
// the result drops nothing.
func TestPlantedClusters(t *testing.T) {
	dir := scratch.Dir(t)
	sizes := []int{1500}
	if full() {
		sizes = []int{50_000}
	}
	for n := range 300 {
		sizes = append(sizes, 1+n%30)
	}
	input := filepath.Join(dir, "in.jsonl")
	clusterOf := planted(t, input, sizes)
	out := filepath.Join(dir, "out.jsonl")
	command := func(more ...string) []string {
		args := []string{"process", "--dataset_path", input, "--export_path", out, "--json", "--quiet", "--restart",
			"--document_minhash_deduplicator.target_recall", "0.99", "--document_minhash_deduplicator.jaccard_threshold", "0.6"}
		return append(args, more...)
	}
	for _, verify := range []string{"false", "true"} {
		digest := ""
		for _, more := range [][]string{
			{"--np", "2"},
			{"--np", "1", "--segment", "64KiB", "--task_memory", "128KiB"},
			{"--np", "7", "--segment", "256KiB", "--memory", "64MB"},
			{"--np", "2", "--backend", "processes", "--segment", "128KiB", "--task_memory", "512KiB"},
		} {
			more = append(more, "--document_minhash_deduplicator.verify", verify)
			o := corpusmill(t, command(more...)...)
			o.want(t, 0)
			r := report(t, o)
			if digest != "" && r.Digest != digest {
				t.Fatalf("%v: the digest is %s, was %s", more, r.Digest, digest)
			}
			if digest == "" {
				firstStays(t, out, clusterOf)
			}
			digest = r.Digest
		}
		again := corpusmill(t, "process", "--dataset_path", out, "--export_path", filepath.Join(dir, "again.jsonl"), "--json", "--quiet", "--restart",
			"--document_minhash_deduplicator.target_recall", "0.99", "--document_minhash_deduplicator.jaccard_threshold", "0.6",
			"--document_minhash_deduplicator.verify", verify)
		again.want(t, 0)
		if r := report(t, again); r.Digest != digest || r.Rows.Duplicate != 0 {
			t.Errorf("verify %s: a second run drops %d rows", verify, r.Rows.Duplicate)
		}
	}
}

// firstStays checks that of each cluster its first row is kept and few others:
// those that are alike enough at the edge of the threshold may be missed.
func firstStays(t *testing.T, out string, clusterOf []int) {
	t.Helper()
	kept := map[int]bool{}
	for line := range strings.Lines(read(t, out)) {
		var id int
		if _, err := fmt.Sscanf(line, `{"id":%d,`, &id); err != nil {
			t.Fatal(err)
		}
		kept[id] = true
	}
	seen := map[int]bool{}
	removable, missed := 0, 0
	for id, c := range clusterOf {
		switch {
		case !seen[c] && !kept[id]:
			t.Errorf("row %d is the first of its cluster and is gone", id)
		case seen[c]:
			removable++
			if kept[id] {
				missed++
			}
		}
		seen[c] = true
	}
	if share := float64(missed) / float64(removable); share > 0.01 {
		t.Errorf("%d of %d duplicates were missed", missed, removable)
	}
}

// TestIdenticalRows deduplicates rows that are all the same: one key has them
// all, and one cluster.
func TestIdenticalRows(t *testing.T) {
	n := 200_000
	if full() {
		n = 10_000_000
	}
	dir := scratch.Dir(t)
	input := filepath.Join(dir, "in.jsonl")
	f, err := os.Create(input)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for range n {
		w.WriteString("{\"text\":\"the same few words in all of the rows\"}\n")
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, more := range []string{"false", "true"} {
		o, peak := corpusmillMemory(t, "process", "--dataset_path", input, "--export_path", filepath.Join(dir, "out.jsonl"), "--json", "--quiet",
			"--memory", "128MB", "--np", "2", "--document_minhash_deduplicator.verify", more)
		o.want(t, 0)
		r := report(t, o)
		if r.Rows.Kept != 1 || r.Rows.Duplicate != int64(n)-1 {
			t.Errorf("verify %s: rows: %+v", more, r.Rows)
		}
		if c := r.Clusters[0]; c.Clusters != 1 || c.Rows != int64(n) || c.Largest[0].Rows != int64(n) {
			t.Errorf("verify %s: clusters: %+v", more, c)
		}
		t.Logf("verify %s: %d MB", more, peak>>20)
		if peak > 400<<20 {
			t.Errorf("verify %s: it took %d MB of memory; --memory was 128 MB", more, peak>>20)
		}
	}
}
