package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/exec"
	"corpusmill/plan"
	"corpusmill/recipe"
)

const (
	// leastFile and mostFile bound the size, in bytes of rows, of the files that
	// resplit makes unless it is given.
	leastFile = 1_000_000
	mostFile  = recipe.DefaultSplit
	// filesPerSlot is how many files it makes, within those bounds, for each task
	// that runs at once.
	filesPerSlot = 4
)

// resplit writes a dataset anew, in files of one size: a run of a recipe
// without steps, which goes on where it was stopped as any run does.
func resplit(e *env, args []string) error {
	run, err := e.resplitArgs(args)
	if err != nil {
		return err
	}
	return process(e, run)
}

// resplitArgs are the arguments of process that do what resplit is asked for.
func (e *env) resplitArgs(args []string) ([]string, error) {
	alone := []string{"json", "restart", "quiet", "q"}
	f, err := takeFlags(args, alone, []string{"o", "output", "format", "config", "rank", "world_size"})
	if err != nil {
		return nil, err
	}
	run, sizes, err := resplitRun(f)
	if err != nil {
		return nil, err
	}
	for _, name := range alone {
		if f.set[name] {
			run = append(run, "--"+name)
		}
	}
	for _, name := range []string{"rank", "world_size"} {
		if v := f.values[name]; v != "" {
			run = append(run, "--"+name+"="+v)
		}
	}
	// What the size of the files follows from is in the same recipe.
	f, err = takeFlags(slices.Concat(run, sizes), alone, []string{"rank", "world_size"})
	if err != nil {
		return nil, err
	}
	r, err := e.load(f)
	if err != nil {
		return nil, err
	}
	if len(r.Steps) > 0 {
		return nil, usageError{fmt.Sprintf("resplit takes rows as they are, without %s: use process with a folder as export_path", r.Steps[0].Label)}
	}
	size, err := fileSize(e.ctx, r, f.set["restart"])
	if err != nil {
		return nil, err
	}
	return append(run, fmt.Sprintf("--export_shard_size=%d", size)), nil
}

// resplitRun is the command line of a run that does what resplit's flags ask
// for; sizes are those of its flags that are about the size of the files.
func resplitRun(f *flags) (run, sizes []string, err error) {
	over, inputs, err := recipe.ParseArgs(f.rest)
	if err != nil {
		return nil, nil, err
	}
	folder := cmp.Or(f.values["output"], f.values["o"])
	switch {
	case f.values["config"] != "":
		return nil, nil, usageError{"resplit has no recipe: name files, folders or patterns"}
	case len(inputs) == 0:
		return nil, nil, usageError{"resplit what? Name files, folders or patterns"}
	case folder == "" || folder == "-":
		return nil, nil, usageError{"where to? Give -o FOLDER"}
	}
	if filepath.Ext(strings.TrimRight(folder, "/")) != "" {
		folder = strings.TrimRight(folder, "/") + "/" // a name with an extension would be a file's
	}
	paths, err := json.Marshal(inputs)
	if err != nil {
		return nil, nil, err
	}
	run = []string{"--dataset_path=" + string(paths), "--export_path=" + folder}
	if format := f.values["format"]; format != "" {
		run = append(run, "--export_type="+format)
	}
	for _, o := range over {
		switch flag := o.Arg + "=" + o.Value; o.Key {
		case "dataset_path", "dataset", "export_path", "export_type", "export_shard_size":
			return nil, nil, usageError{fmt.Sprintf("resplit has no %s: inputs are named without a flag, and the result by -o, --format, --split_size and --split_count", o.Arg)}
		case "split_size", "split_count":
			sizes = append(sizes, flag)
		default:
			run = append(run, flag)
		}
	}
	return run, sizes, nil
}

// fileSize is how many bytes of rows a file is to have. An interrupted run goes
// on with the size that it began with, unless one is given.
func fileSize(ctx context.Context, r *recipe.Recipe, restart bool) (int64, error) {
	given := r.SplitSize > 0 || r.SplitCount > 0
	if !restart && !given {
		folder, _, err := runFolder(plan.Output{Path: r.Export.Path, Layout: plan.Folder}, r.WorkDir)
		if err != nil {
			return 0, err
		}
		old, err := exec.Interrupted(folder)
		if err != nil {
			return 0, err
		}
		if old != nil && old.Output.Shard > 0 {
			return old.Output.Shard, nil
		}
	}
	if r.SplitSize > 0 && r.SplitCount == 0 {
		return r.SplitSize, nil
	}
	found, err := find(ctx, r)
	if err != nil {
		return 0, err
	}
	total := recipe.Unpacked(found.Files)
	switch {
	case total < 0 && r.SplitCount > 0:
		return 0, usageError{"split_count needs inputs of known size: give --split_size"}
	case total < 0:
		return mostFile, nil
	case r.SplitCount > 0:
		n := int64(r.SplitCount)
		size := max((total+n-1)/n, 1)
		if r.SplitSize > 0 {
			size = min(size, r.SplitSize)
		}
		return size, nil
	}
	slots := cmp.Or(r.Parallel(), r.NP)
	return max(leastFile, min(mostFile, total/int64(filesPerSlot*slots))), nil
}
