package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseFlags(t *testing.T) {
	c, err := parseFlags([]string{"-size", "20MB", "-np", "1,4", "-jobs", "start,dedup", "-peers", "none"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range settings(c) {
		got = append(got, s.String())
	}
	if got, want := strings.Join(got, "; "), "start; dedup 20MB np=1; dedup 20MB np=4"; got != want || len(c.peers) > 0 {
		t.Errorf("settings %s (peers %v), want %s", got, c.peers, want)
	}
	for _, args := range [][]string{
		{"-size", "big"}, {"-np", "0"}, {"-np", "x"}, {"-jobs", "filtre"}, {"-peers", "spark"}, {"-runs", "0"}, {"more"},
	} {
		if _, err := parseFlags(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func TestMarkdown(t *testing.T) {
	r := report{Contenders: []version{{ours, "1"}, {"polars", "2"}}}
	for _, m := range []measurement{
		{Contender: ours, User: 0.5, Sys: 0.5, Rows: 90, Yardstick: 0.05},
		{Contender: "polars", User: 4, Rows: 90, Yardstick: 0.06},
		{Contender: ours, User: 3, Rows: 90, Yardstick: 0.05},
		{Contender: ours, User: 2, Rows: 90, Yardstick: 0.05, Largest: 7e6, Tree: 8e6},
	} {
		m.Job, m.Size, m.Bytes, m.Workers = "filter", "100MB", 100e6, 2
		r.Measured = append(r.Measured, m)
	}
	got := r.markdown()
	for _, want := range []string{
		"| 100MB | 2 | corpusmill | 2.000 (1.000 to 3.000) | 0.000 | 50.0 |  | 7 | 8 | 90 | 3 |",
		"| 100MB | 2 | polars | 4.000 (4.000 to 4.000) | 0.000 | 25.0 | 2.0 |",
		"took 0.050 to 0.060 CPU s",
		"- polars 2\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "## dedup") {
		t.Error("a table for a job that was not run")
	}
}

func TestCountRows(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows")
	if err := os.WriteFile(name, []byte(strings.Repeat("{}\n", 1<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := countRows(name); n != 1<<20 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if _, err := countRows(name + "-missing"); err == nil {
		t.Error("a missing file has rows")
	}
}

// TestRecipes holds that every job's recipe is there and says what it is.
func TestRecipes(t *testing.T) {
	for _, j := range jobs {
		if j.recipe == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", j.recipe))
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(string(text), "process:") {
			t.Errorf("%s has no process", j.recipe)
		}
	}
}
