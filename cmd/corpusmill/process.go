package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"corpusmill/backend/local"
	"corpusmill/exec"
	"corpusmill/models"
	"corpusmill/plan"
	"corpusmill/recipe"
	"corpusmill/runs"
	"corpusmill/storage"
	"corpusmill/storage/fs"
	"corpusmill/storage/object"
)

// clock is the time since the program began, in nanoseconds.
func clock() exec.Clock {
	began := time.Now()
	return func() int64 { return int64(time.Since(began)) }
}

func defaults() recipe.Defaults {
	return recipe.Defaults{
		NP:     runtime.NumCPU(),
		Memory: physicalMemory() / 4 * 3,
		// What a pattern finds is known when inputs are looked for.
		Exists: func(path string) bool {
			_, err := os.Stat(path)
			return err == nil || strings.ContainsAny(path, "*?[{")
		},
	}
}

// prepare finds the inputs and makes the plan.
func (e *env) prepare(r *recipe.Recipe) (*plan.Plan, error) {
	job, err := e.job(r)
	if err != nil {
		return nil, err
	}
	return plan.Build(e.ctx, job)
}

// job finds the inputs.
func (e *env) job(r *recipe.Recipe) (job plan.Job, err error) {
	found, err := find(e.ctx, r)
	if err != nil {
		return job, err
	}
	for _, s := range found.Skipped {
		fmt.Fprintf(e.stderr, "note: %s is left out: no format has that ending\n", s)
	}
	job = r.Job(found.Files)
	job.Models = models.Folders(r.Models, e.getenv)
	return job, nil
}

func find(ctx context.Context, r *recipe.Recipe) (fs.Found, error) {
	var paths []string
	for _, in := range r.Inputs {
		paths = append(paths, in.Path)
	}
	return fs.Find(ctx, paths, r.Suffixes, storage.Formats())
}

func process(e *env, args []string) error {
	return e.driven(append([]string{"process"}, args...), func() error { return e.process(args) })
}

func (e *env) process(args []string) error {
	f, r, err := e.begin(args)
	if err != nil {
		return err
	}
	if r.Backend == "ray" && strings.Contains(r.RayAddress, "://") {
		return e.rayJob(f, r)
	}
	return e.placed(f, r, func() error {
		p, err := e.prepare(r)
		if err != nil {
			return err
		}
		return e.execute(f, r, p)
	})
}

// begin reads the command line of a run and its recipe.
func (e *env) begin(args []string) (*flags, *recipe.Recipe, error) {
	f, err := takeFlags(args, []string{"json", "restart", "quiet", "q"}, []string{"config", "rank", "world_size"})
	if err != nil {
		return nil, nil, err
	}
	f.set["quiet"] = f.set["quiet"] || f.set["q"]
	r, err := e.load(f)
	if err != nil {
		return nil, nil, err
	}
	if !f.set["quiet"] {
		for _, n := range r.Notes {
			fmt.Fprintf(e.stderr, "note: %s\n", n)
		}
	}
	return f, r, nil
}

// execute runs the plan and prints the report.
func (e *env) execute(f *flags, r *recipe.Recipe, p *plan.Plan) error {
	quiet := f.set["quiet"]
	if p.Index != nil && !quiet {
		for _, s := range p.Steps[p.Index.Step+1:] {
			if s.Grouping != nil {
				fmt.Fprintf(e.stderr, "note: %s compares the rows of this run alone, not those of the index\n", s.Label)
			}
		}
	}
	for _, m := range p.Models {
		if m.Note != "" && !quiet {
			fmt.Fprintf(e.stderr, "note: %s\n", m.Note)
		}
	}
	if !quiet {
		for _, n := range e.planAdvice(r, p) {
			fmt.Fprintf(e.stderr, "note: %s\n", n)
		}
	}
	folder, temporary, err := runFolder(p.Output, r.WorkDir)
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(r.Memory)
	// Most of the heap is buffers that live as long as the run, and little is
	// allocated beside them: to collect at half their size is cheap.
	debug.SetGCPercent(50)
	now := clock()
	var show *line
	note := func(format string, args ...any) {
		if !quiet {
			show.note(fmt.Sprintf(format, args...))
		}
	}
	b, err := e.backend(r, p, now, note)
	if err != nil {
		return err
	}
	var near exec.Backend
	if r.Backend != "local" {
		near = &local.Goroutines{Clock: now}
	}
	report, err := exec.Run(e.ctx, p, b, exec.Options{
		Workers: driverWorkers(r), Parallel: r.Parallel(), Near: near, Splits: splitting(r), Memory: r.Memory, Folder: folder, Restart: f.set["restart"],
		Stdout: e.stdout,
		Logf:   note,
		Clock:  now,
		Begin: func(x *exec.Progress) {
			m := newMeter(e.stderr, x, p, now)
			if !quiet {
				show = newLine(e.stderr, m.text)
			}
			if err := e.driving.begun(folder, r, m); err != nil {
				note("%v", err)
			}
		},
	})
	show.stop()
	if err != nil {
		return e.interrupted(err, p, folder)
	}
	shown := folder
	if temporary && report.Rows.Quarantined == 0 {
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
		shown = ""
	}
	if err := e.printReport(report, f.set["json"], quiet, p.Output, shown, now()); err != nil {
		return err
	}
	return judge(r, report, folder)
}

// judge says whether a finished run has quarantined too much.
func judge(r *recipe.Recipe, report *exec.Report, folder string) error {
	if r.MaxQuarantined.Exceeded(report.Rows.Quarantined, report.Rows.In) {
		return overLimit{fmt.Sprintf("%d of %d rows were quarantined; max_quarantined allows %s. The result is published; the rows are in %s",
			report.Rows.Quarantined, report.Rows.In, r.MaxQuarantined, filepath.Join(folder, "quarantine"))}
	}
	return nil
}

// runFolder is the folder beside the output that holds a run's own files. A
// run to standard output has a temporary one, and one to an object store a
// folder in workDir.
func runFolder(o plan.Output, workDir string) (folder string, temporary bool, err error) {
	if o.Layout == plan.Stream {
		folder, err = os.MkdirTemp("", "corpusmill-*.run")
		return folder, true, err
	}
	if object.In(o.Path) {
		folder, err = folderFor(o.Path, workDir)
		return folder, false, err
	}
	return plan.RunFolder(o.Path), false, nil
}

// folderFor is the run folder on this machine of an output in an object store:
// in workDir or, where that is empty, with the states of the user's programs.
func folderFor(output, workDir string) (string, error) {
	if workDir != "" {
		return filepath.Join(workDir, filepath.Base(plan.RunFolder(output))), nil
	}
	home, err := runs.Home(os.Getenv)
	if err != nil {
		return "", fmt.Errorf("%w; or set work_dir, for the run's own files", err)
	}
	scheme, place, _ := strings.Cut(plan.RunFolder(output), "://")
	return filepath.Join(filepath.Dir(string(home)), scheme, filepath.FromSlash(place)), nil
}

// interrupted says how to go on after a signal or a failure.
func (e *env) interrupted(err error, p *plan.Plan, folder string) error {
	if p.Output.Layout == plan.Stream {
		return err
	}
	if errors.Is(err, context.Canceled) && e.ctx.Err() != nil {
		fmt.Fprintf(e.stderr, "stopped; what is done is kept in %s: give the same command to go on\n", folder)
	}
	return err
}

func (e *env) printReport(r *exec.Report, asJSON, quiet bool, o plan.Output, folder string, nanos int64) error {
	w := e.stdout
	if o.Layout == plan.Stream {
		w = e.stderr
	}
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	if !quiet {
		writeReport(w, r, folder, nanos)
	}
	return nil
}

func worker(e *env, args []string) error {
	f, err := takeFlags(args, nil, []string{"session", "name", "np", "probe"})
	if err != nil {
		return err
	}
	if f.values["probe"] != "" && len(f.rest) == 0 {
		return serveProbe(e, f.values["probe"])
	}
	if f.values["session"] != "" && len(f.rest) == 0 {
		return serveSession(e, f)
	}
	if len(f.rest) != 1 {
		return usageError{"worker needs the run folder"}
	}
	return local.Serve(e.ctx, f.rest[0], e.stdin, e.stdout, clock())
}
