// Package demo holds the demonstration, `make demo`, to what it shows.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// edited lists the cases of nasty.jsonl that the recipe's mappers change.
var edited = []string{"e-mail and links", "white space of many kinds"}

// TestNastyRows runs the demonstration's recipe over the nasty rows alone:
// it ends well, accounts for each of them, and the rows that no step edited
// leave with the bytes they came with.
func TestNastyRows(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "corpusmill")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/corpusmill").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	result := filepath.Join(dir, "clean.jsonl")
	run := exec.Command(binary, "process", "--config", "recipe.yaml", "--dataset_path", "nasty.jsonl", "--export_path", result)
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	var report struct {
		Rows map[string]int `json:"rows"`
		// Blank lines are no rows and are counted apart.
		Blank int `json:"blank_lines"`
	}
	text, err := os.ReadFile(filepath.Join(result+".run", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]int{"in": 35, "kept": 16, "filtered": 8, "duplicate": 1, "quarantined": 10} {
		if report.Rows[what] != want {
			t.Errorf("%s: %d rows, want %d", what, report.Rows[what], want)
		}
	}
	if report.Blank != 3 {
		t.Errorf("%d blank lines, want 3", report.Blank)
	}

	input, err := os.ReadFile("nasty.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimPrefix(string(input), "\ufeff"), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	output, err := os.ReadFile(result)
	if err != nil {
		t.Fatal(err)
	}
	for row := range bytes.Lines(output) {
		var r struct{ Case string }
		row := strings.TrimSuffix(string(row), "\n")
		if err := json.Unmarshal([]byte(row), &r); err != nil {
			t.Errorf("%v in %.100s", err, row)
		}
		if !slices.Contains(edited, r.Case) && !slices.Contains(lines, row) {
			t.Errorf("%s: nobody edited it, and it left as %.200s", r.Case, row)
		}
	}
}
