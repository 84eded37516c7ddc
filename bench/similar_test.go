package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseSimilarFlags(t *testing.T) {
	c, f, err := parseSimilarFlags([]string{"-size", "20MB,1GB", "-corpora", "mixed", "-peers", "gaoya,rensa", "-np", "2"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.sizes) != 2 || c.workers[0] != 2 || !slices.Equal(c.peers, []string{"gaoya", "rensa"}) || !slices.Equal(f.corpora, []string{"mixed"}) {
		t.Errorf("%+v, %+v", c, f)
	}
	if !slices.Contains(f.variants, "verify") || slices.Contains(f.variants, "memory-1GB") {
		t.Errorf("variants %v", f.variants)
	}
	for _, args := range [][]string{
		{"-size", "big"}, {"-corpora", "big"}, {"-variants", "sha1"}, {"-peers", "spark"}, {"-np", "0"}, {"-runs", "0"}, {"more"},
	} {
		if _, _, err := parseSimilarFlags(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func TestSimilarTables(t *testing.T) {
	r := report{Failed: []string{"datasketch 128 on mixed: ended after 1s"}}
	for _, m := range []measurement{
		{Contender: "corpusmill xxh3", User: 2, Rows: 80, Verdict: &verdict{Rows: 100, Clusters: 9, Largest: 4, Redundant: 20, Recall: 0.955, Precision: 1}},
		{Contender: "corpusmill xxh3", User: 4, Rows: 80},
		{Contender: "corpusmill characters", User: 10, Rows: 70},
	} {
		m.Job, m.Size, m.Bytes, m.Workers = "mixed", "100MB", 100e6, 1
		r.Measured = append(r.Measured, m)
	}
	got := r.similarTables(config{sizes: []string{"100MB", "1GB"}}, similarFlags{corpora: []string{"mixed", "crowded"}, judge: true})
	for _, want := range []string{
		"## mixed, 100MB",
		"100 rows, in 9 clusters of words, the largest of 4 rows: 20 are redundant.",
		"| corpusmill xxh3 | 3.00 (2.00 to 4.00) | 33.3 | 0.0 | 0 | 80 | 0.955 | 1.000 | 0.000 | 0.000 |\n",
		"| corpusmill characters | 10.00 (10.00 to 10.00) | 10.0 | 0.0 | 0 | 70 | | | | |\n",
		"ended after 1s",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "crowded, ") {
		t.Error("a table of a corpus that was not run")
	}
}

// TestClusterTime does the sum of a small case by hand.
func TestClusterTime(t *testing.T) {
	a := cluster{nodeCores: 10, efficiency: 0.5, storage: 1e9, skew: 2, taskGB: 1, perTask: 1, perStage: 3, start: 7}
	stages := []stageCost{
		{"keys", 10, 200e6},  // CPU: 10 s/GB
		{"pairs", 0, 250e6},  // reads 200 MB/GB, writes 50
		{"write", 0.01, 9e9}, // reads the input and 50 MB/GB, writes as much as the input
	}
	// 100 GB on 20 cores: 2 nodes, 5 tasks on each core for each stage.
	want := 7 + 3*(5*1+3) + 2*(100*10/20/0.5) + 2*(100*0.25/2) + 2*(100*2.05/2)
	if got := a.time(stages, 1e9, 100, 20); math.Abs(got-want) > 1e-6 {
		t.Errorf("%v s, want %v", got, want)
	}
}

// TestWatchStages follows a run folder that a process fills.
func TestWatchStages(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "work"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "work", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("plan.json", `{"stages":[{"name":"keys"},{"name":"write"}]}`)
	w := watchStages(dir)
	write("data", strings.Repeat("x", 1000))
	write("journal", "0 {\"task\":{\"stage\":0}}\n1 {\"done\":{\"stage\":0}}\n")
	time.Sleep(time.Second)
	if costs := w.stop(); len(costs) != 2 || costs[0].Name != "keys" || costs[0].Left < 1000 || costs[1].Name != "write" {
		t.Errorf("stages %+v", costs)
	}
}
