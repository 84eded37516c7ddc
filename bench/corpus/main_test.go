package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"corpusmill/bench/synth"
)

func TestWriteStopsAtSizeAndIsAPrefix(t *testing.T) {
	var small, large, truth bytes.Buffer
	o := synth.Options{Seed: 5}
	if err := errors.Join(write(&small, &truth, o, 100_000), write(&large, nil, o, 3_000_000)); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(large.Bytes(), small.Bytes()) {
		t.Error("the small corpus is no prefix of the large one")
	}
	end := bytes.LastIndexByte(small.Bytes()[:small.Len()-1], '\n') + 1
	if small.Len() < 100_000 || end >= 100_000 {
		t.Errorf("%d bytes, the last row from %d: want the row that reaches 100,000", small.Len(), end)
	}
	if got, want := bytes.Count(truth.Bytes(), []byte("\n")), bytes.Count(small.Bytes(), []byte("\n"))+1; got != want {
		t.Errorf("%d lines of truth, want a header and one for each row: %d", got, want)
	}
}

func TestWhole(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	failure := errors.New("disk full")
	if err := whole(name, func(io.Writer) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("error %v", err)
	}
	if list, _ := os.ReadDir(filepath.Dir(name)); len(list) > 0 {
		t.Errorf("a failed write left %v", list)
	}
	err := whole(name, func(w io.Writer) error {
		_, err := io.WriteString(w, "x")
		return err
	})
	if text, readErr := os.ReadFile(name); err != nil || readErr != nil || string(text) != "x" {
		t.Errorf("wrote %q, %v, %v", text, err, readErr)
	}
}
