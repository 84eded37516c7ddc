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

// TestNastyRows runs the demonstration's recipe over the nasty rows alone:
// it ends well, accounts for each of them, and the rows leave with the bytes
// they came with. The language models are those of the tests.
func TestNastyRows(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "corpusmill")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/corpusmill").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	models := filepath.Join(dir, "models")
	if err := os.Mkdir(models, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"en.sp.model", "en.arpa.bin"} {
		model, err := os.ReadFile(filepath.Join("..", "testdata", "models", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(models, name), model, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	result := filepath.Join(dir, "clean.jsonl")
	run := exec.Command(binary, "process", "--config", "recipe.yaml", "--models", models, "--dataset_path", "nasty.jsonl", "--export_path", result)
	// No model of this machine is found: languages are told by what is built in.
	run.Env = append(os.Environ(), "HOME="+models, "XDG_CACHE_HOME="+models, "DATA_JUICER_EXTERNAL_MODELS_HOME=", "DATA_JUICER_MODELS_CACHE=",
		"DATA_JUICER_CACHE_HOME=", "CACHE_HOME=", "CORPUSMILL_MODELS=")
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
	for what, want := range map[string]int{"in": 35, "kept": 15, "filtered": 10, "quarantined": 10} {
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
		if !slices.Contains(lines, row) {
			t.Errorf("%s: nobody edited it, and it left as %.200s", r.Case, row)
		}
	}
}
