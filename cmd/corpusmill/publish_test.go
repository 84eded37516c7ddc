package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
)

// TestHalfPublished stops runs amid giving the result its names, by a folder
// that stands where a file is to go: the next try finishes it.
func TestHalfPublished(t *testing.T) {
	for _, x := range []trial{trials[0], trials[2], trials[5]} {
		for _, name := range []string{"segments.json", "report.json", "report.html", "manifest.json", "plan.json"} {
			t.Run(x.name+"/"+name, func(t *testing.T) {
				dir := scratch.Dir(t)
				input := write(t, filepath.Join(dir, "in.jsonl"), string(rows(1<<20, 0.2)))
				obstacle := filepath.Join(x.path(dir)+".run", name)
				if err := os.MkdirAll(filepath.Join(obstacle, "x"), 0o777); err != nil {
					t.Fatal(err)
				}
				corpusmill(t, x.in(t, dir, input)...).want(t, exitFailure, name)
				if err := os.RemoveAll(obstacle); err != nil {
					t.Fatal(err)
				}
				corpusmill(t, x.in(t, dir, input)...).want(t, 0)
				corpusmill(t, "verify", x.path(dir)).want(t, 0)
				if exists(filepath.Join(x.path(dir)+".run", "work")) {
					t.Error("the run left its work folder")
				}
				corpusmill(t, x.in(t, dir, input)...).want(t, 0) // and a run after it is none of its business
			})
		}
	}
}

// TestReplace runs over the result of an earlier run: it stands until the new
// one is whole.
func TestReplace(t *testing.T) {
	for _, x := range trials {
		t.Run(x.name, func(t *testing.T) {
			dir := scratch.Dir(t)
			small := write(t, filepath.Join(dir, "small.jsonl"), string(rows(1<<20, 0.2)))
			damaged := write(t, filepath.Join(dir, "damaged.jsonl.gz"), "\x1f\x8b\x08\x00 this is no gzip")
			large := write(t, filepath.Join(dir, "large.jsonl"), string(rows(8<<20, 0.2)))
			o := corpusmill(t, x.in(t, dir, large)...)
			o.want(t, 0)
			old := report(t, o)
			files := contents(t, old)
			corpusmill(t, x.in(t, dir, small+" "+damaged)...).want(t, exitFailure, damaged)
			x.nothingHalf(t, dir, files)
			corpusmill(t, "verify", x.path(dir)).want(t, 0)
			o = corpusmill(t, append(x.in(t, dir, small), "--restart")...)
			o.want(t, 0)
			if r := report(t, o); r.Digest == old.Digest {
				t.Error("the result wasn't replaced")
			} else if left, err := filepath.Glob(filepath.Join(x.path(dir), "*")); err != nil || len(left) > 0 && len(left) != len(r.Output) {
				t.Errorf("beside the new result the folder has files of the old one: %v", left)
			}
			corpusmill(t, "verify", x.path(dir)).want(t, 0)
		})
	}
}

// TestForeignTarget runs where something stands that no run has made.
func TestForeignTarget(t *testing.T) {
	dir := scratch.Dir(t)
	input := write(t, filepath.Join(dir, "in.jsonl"), string(rows(100<<10, 0)))
	process := func(out string) outcome {
		return corpusmill(t, "process", "--dataset_path", input, "--export_path", filepath.Join(dir, out), "--quiet")
	}
	photos := filepath.Join(dir, "photos")
	if err := os.MkdirAll(filepath.Join(photos, "2024"), 0o777); err != nil {
		t.Fatal(err)
	}
	process("photos").want(t, exitFailure, "photos is a folder that holds 2024", "give another path")
	if !exists(filepath.Join(photos, "2024")) {
		t.Fatal("the folder is gone")
	}
	process("photos/2024").want(t, 0) // an empty one may become a result
	write(t, filepath.Join(photos, "2024", "mine.txt"), "mine")
	process("photos/2024").want(t, exitFailure, "holds mine.txt")
	if read(t, filepath.Join(photos, "2024", "mine.txt")) != "mine" {
		t.Error("the foreign file has changed")
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.jsonl"), 0o777); err != nil {
		t.Fatal(err)
	}
	process("folder.jsonl").want(t, exitFailure, "folder.jsonl is a folder; give a file name")
	write(t, filepath.Join(dir, "file"), "x")
	process("file").want(t, exitFailure, "it is a file")
	// A folder where nobody may write: nothing but a message.
	o := process("in.jsonl/out.jsonl")
	if o.code == 0 || strings.Contains(o.stderr, "panic") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
}
