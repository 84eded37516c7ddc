// Demo filters the Go distribution's texts and a file of nasty rows by the
// twelve filters of Data-Juicer's demo recipe, with a language model that it
// trains on them, and shows what became of them. It needs Go and nothing else:
//
//	go run ./demo
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const program = "build/corpusmill"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run() error {
	if _, err := os.Stat("demo/recipe.yaml"); err != nil {
		return fmt.Errorf("run it in the repository's folder, as go run ./demo: %w", err)
	}
	steps := []struct {
		says string
		args []string
	}{
		{"", []string{"go", "build", "-trimpath", "-o", program, "./cmd/corpusmill"}},
		{"", []string{"go", "run", "./demo/gather", "-o", "out/demo/input.jsonl"}},
		{"", []string{"go", "run", "./demo/train", "-o", "out/demo/models", "-kinds", "comment,doc,text,readme", "out/demo/input.jsonl"}},
		// --restart: a demonstration starts anew even where the last one was stopped.
		{"", []string{program, "process", "--config", "demo/recipe.yaml", "--models", "out/demo/models", "--restart"}},
		{"Rows that are no records were set apart, as they were read:", []string{"list", "out/demo/clean.jsonl.run/quarantine"}},
		{"What became of a row, here of one that stayed, with what each filter measured, and of a broken line:",
			[]string{program, "explain", "out/demo/clean.jsonl", "--row", "demo/nasty.jsonl:17"}},
		{"", []string{program, "explain", "out/demo/clean.jsonl", "--row", "demo/nasty.jsonl:9"}},
	}
	for _, s := range steps {
		if s.says != "" {
			fmt.Printf("\n%s\n", s.says)
		}
		if s.args[0] == "list" {
			if err := list(s.args[1]); err != nil {
				return err
			}
			continue
		}
		fmt.Printf("\n$ %s\n", strings.Join(s.args, " "))
		c := exec.Command(s.args[0], s.args[1:]...)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(s.args, " "), err)
		}
	}
	return nil
}

// list prints the files of a folder with their sizes.
func list(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			return err
		}
		fmt.Printf("  %s, %d bytes\n", filepath.Join(dir, f.Name()), info.Size())
	}
	return nil
}
