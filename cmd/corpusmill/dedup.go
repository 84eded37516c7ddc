package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/exec"
	"corpusmill/plan"
	"corpusmill/recipe"
	"corpusmill/storage/object"
)

func dedup(e *env, args []string) error {
	if len(args) < 3 || args[0] != "index" || strings.HasPrefix(args[2], "-") {
		return usageError{"write dedup index build INDEX, dedup index add INDEX or dedup index info INDEX"}
	}
	if object.In(args[2]) {
		return usageError{fmt.Sprintf("an index lies in a folder, and %s is in an object store: give a folder that all machines share", args[2])}
	}
	switch args[1] {
	case "build", "add":
		return e.driven(append([]string{"dedup"}, args...), func() error { return e.makeIndex(args) })
	case "info":
		return e.indexInfo(filepath.Clean(args[2]), args[3:])
	}
	return usageError{fmt.Sprintf("there is no dedup index %s, but build, add and info", args[1])}
}

// beginIndex reads the command line of a run that makes an index: its Export
// is that index.
func (e *env) beginIndex(args []string) (*flags, *recipe.Recipe, error) {
	folder := filepath.Clean(args[2])
	// A recipe's export_path has no effect, and needn't be there.
	f, r, err := e.begin(append([]string{"--export_path", folder + ".jsonl"}, args[3:]...))
	if err != nil {
		return nil, nil, err
	}
	r.Export = recipe.Export{Path: folder, Format: "jsonl"}
	return f, r, nil
}

// indexJob finds the inputs of a run that makes an index, or adds to one.
func (e *env) indexJob(r *recipe.Recipe, add bool) (plan.Job, error) {
	job, err := e.job(r)
	job.Output = plan.Output{Path: r.Export.Path, Format: r.Export.Format, Layout: plan.IndexFolder}
	job.AddToIndex, job.KeepStats = add, false
	return job, err
}

// makeIndex builds an index, or adds to one.
func (e *env) makeIndex(args []string) error {
	f, r, err := e.beginIndex(args)
	if err != nil {
		return err
	}
	return e.placed(f, r, func() error {
		job, err := e.indexJob(r, args[1] == "add")
		if err != nil {
			return err
		}
		if !f.set["restart"] {
			// A run that was killed while it published has made the index another one:
			// to go on with it by its plan is too late, and all that is left to do is this.
			run, _, err := runFolder(job.Output, r.WorkDir)
			if err != nil {
				return err
			}
			done, report, err := exec.Conclude(run)
			if err != nil {
				return err
			}
			if done != nil && slices.Equal(done.OwnInputs(), job.Inputs) {
				if err := e.printReport(report, f.set["json"], f.set["quiet"], job.Output, run, 0); err != nil {
					return err
				}
				return judge(r, report, run)
			}
		}
		p, err := plan.Build(e.ctx, job)
		if err != nil {
			return err
		}
		return e.execute(f, r, p)
	})
}

// indexSummary is what dedup index info prints.
type indexSummary struct {
	Path        string              `json:"path"`
	Rows        int64               `json:"rows"`
	Keys        int64               `json:"keys"`
	Bytes       int64               `json:"bytes"`
	Generations []generationSummary `json:"generations"`
	plan.Way
}

type generationSummary struct {
	Files      []string `json:"files"`
	Rows       int64    `json:"rows"`
	Duplicates int64    `json:"duplicates"`
	Keys       int64    `json:"keys"`
}

func (e *env) indexInfo(folder string, args []string) error {
	f, err := takeFlags(args, []string{"json"}, nil)
	if err != nil {
		return err
	}
	if len(f.rest) > 0 {
		return usageError{fmt.Sprintf("dedup index info takes one folder, not %s as well", strings.Join(f.rest, " "))}
	}
	x, _, err := plan.ReadIndex(folder)
	if err != nil {
		return err
	}
	s := indexSummary{Path: folder, Rows: x.Rows(), Keys: x.Keys(), Way: x.Way}
	inputs := x.Inputs
	for _, g := range x.Generations {
		sum := generationSummary{Files: []string{}, Rows: g.Rows, Duplicates: g.Duplicates, Keys: plan.Entries(g.Keys)}
		for _, in := range inputs[:g.Inputs] {
			sum.Files = append(sum.Files, in.Path)
		}
		inputs = inputs[g.Inputs:]
		s.Generations = append(s.Generations, sum)
	}
	if s.Bytes, err = folderBytes(folder); err != nil {
		return err
	}
	if f.set["json"] {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	s.write(e.stdout)
	return nil
}

func (s indexSummary) write(w io.Writer) {
	fmt.Fprintf(w, "index   %s, %s, %s, %s bytes\n", s.Path, counted(s.Rows, "row"), counted(s.Keys, "key"), thousands(s.Bytes))
	for i, g := range s.Generations {
		fmt.Fprintf(w, "gen-%-3d %s, %s of them, %s\n", i, counted(g.Rows, "row"), counted(g.Duplicates, "duplicate"), counted(g.Keys, "key"))
		for k, file := range g.Files {
			if k == 3 && len(g.Files) > 4 {
				fmt.Fprintf(w, "        … and %d more files\n", len(g.Files)-3)
				break
			}
			fmt.Fprintf(w, "        %s\n", file)
		}
	}
	fmt.Fprintf(w, "text    %s\n", strings.Join(s.Texts, ", "))
	for _, step := range s.Steps {
		fmt.Fprintf(w, "step    %s %s\n", step.Label, changed(step))
	}
	for _, m := range s.Models {
		fmt.Fprintf(w, "model   %s\n", m)
	}
}

func folderBytes(folder string) (n int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// writeIndexReport is the part of a run's report that tells of an index.
func writeIndexReport(w io.Writer, x *exec.IndexReport, folder string) {
	fmt.Fprintf(w, "index       %s (%s, %s)\n", x.Path, counted(x.Rows+x.AddedRows, "row"), counted(x.Keys+x.AddedKeys, "key"))
	if x.Rows > 0 && x.AddedRows > 0 {
		fmt.Fprintf(w, "added       %s, %s\n", counted(x.AddedRows, "row"), counted(x.AddedKeys, "key"))
	}
	if x.Superseded > 0 {
		fmt.Fprintf(w, "superseded  %s of the index: %s\n", counted(x.Superseded, "row"), filepath.Join(folder, "superseded.jsonl"))
	}
}
