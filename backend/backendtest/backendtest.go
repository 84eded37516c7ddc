// Package backendtest holds every engine to the same answers: the recipes of
// testdata/recipes, and what may go wrong on the way. A backend's test calls
// Run; what its workers have to link is all here.
//
// It also registers faulty_mapper, the operator that goes wrong on demand. A
// worker in a process of its own has to import this package for it.
package backendtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"corpusmill/backend/local"
	"corpusmill/exec"
	"corpusmill/internal/scratch"
	"corpusmill/plan"
	"corpusmill/recipe"
	"corpusmill/storage"
	"corpusmill/storage/fs"
	"corpusmill/storage/object"

	_ "corpusmill/op/all"
	_ "corpusmill/storage/csv"
	_ "corpusmill/storage/jsonl"
	_ "corpusmill/storage/parquet"
)

// Engine is a backend under test.
type Engine struct {
	// New returns a backend that isn't open yet.
	New func() exec.Backend
	// Apart says that workers are processes of their own, which the tests may
	// kill.
	Apart bool
	// Slow says that a run costs seconds before it begins. Then each recipe
	// runs once, cut finely, and is held to what it gives on this machine, and
	// each fault comes once.
	Slow bool
	// Slowest says that it costs many seconds. Then only some recipes run, and
	// no fault that takes run after run.
	Slowest bool
	// Few says that only some recipes run.
	Few bool
	// Limited says that the engine ends workers that take more than a GiB.
	Limited bool
	// Strikes are what else the engine has to bear. Each happens while two
	// tasks of a run are at work, in this order; the run ends well all the
	// same, within its deadline.
	Strikes []Strike
}

// Strike is something that happens to an engine.
type Strike struct {
	Name string
	Do   func(t *testing.T)
	// Within is how soon after it the run has to end; 0 for its deadline.
	Within time.Duration
}

// Sharer is a backend whose tasks keep in a place of its own, in an object
// store, what other tasks read.
type Sharer interface{ Shared() string }

// Run runs all recipes and all faults on the engine.
func Run(t *testing.T, e Engine) {
	t.Run("recipes", e.recipes)
	t.Run("resources", e.resources)
	t.Run("relative paths", e.relative)
	if e.Slow || e.Slowest {
		t.Run("faults", e.faults)
		return
	}
	t.Run("generated", e.generated)
	t.Run("index", e.index)
	t.Run("faults", e.faults)
}

// OneRun runs a few rows on a backend and returns what came of it.
func OneRun(ctx context.Context, t *testing.T, b exec.Backend) error {
	t.Helper()
	dir := scratch.Dir(t)
	j := job{inputs: corpus(t, dir), out: filepath.Join(dir, "out.jsonl"), flags: []recipe.Override{flag("words_num_filter.min_num", 1)}}
	_, err := j.run(ctx, b)
	return err
}

// job is one run: a recipe over some inputs, in a folder of its own.
type job struct {
	recipe  string // path; "" for the flags alone
	inputs  []string
	out     string
	models  string // folder
	flags   []recipe.Override
	workers int
	options exec.Options // Workers is filled in, and Folder when it is empty
	edit    func(*plan.Job)
	near    bool // the driver's process does what only copies rows
}

func flag(key string, value any) recipe.Override {
	return recipe.Override{Key: key, Value: fmt.Sprint(value), Arg: "--" + key}
}

// plan makes the job's plan as the command line does.
func (j job) plan(ctx context.Context) (*plan.Plan, error) {
	over := append([]recipe.Override{
		flag("dataset_path", fmt.Sprintf("%q", j.inputs)),
		flag("export_path", j.out),
		flag("np", max(j.workers, 1)),
	}, j.flags...)
	r, err := recipe.Load(j.recipe, over, nil, recipe.Defaults{Memory: 1 << 30})
	if err != nil {
		return nil, err
	}
	found, err := fs.Find(ctx, j.inputs, nil, storage.Formats())
	if err != nil {
		return nil, err
	}
	p := r.Job(found.Files)
	if j.models != "" {
		p.Models = []string{j.models}
	}
	if j.edit != nil {
		j.edit(&p)
	}
	return plan.Build(ctx, p)
}

func (j job) folder() string {
	if j.options.Folder != "" {
		return j.options.Folder
	}
	return j.out + ".run"
}

// run does the job on b.
func (j job) run(ctx context.Context, b exec.Backend) (*exec.Report, error) {
	p, err := j.plan(ctx)
	if err != nil {
		return nil, err
	}
	if s, ok := b.(Sharer); ok {
		p.Shared = s.Shared()
	}
	o := j.options
	o.Workers, o.Folder = max(j.workers, 1), j.folder()
	if j.near {
		o.Near = besides(b)
	}
	return exec.Run(ctx, p, b, o)
}

// besides is this process as a backend beside b, with the same ear.
func besides(b exec.Backend) exec.Backend {
	if b, ok := b.(*tap); ok {
		return &tap{Backend: &local.Goroutines{}, event: b.event, stage: b.stage}
	}
	return &local.Goroutines{}
}

// relative runs a recipe whose paths are those of the working folder.
func (e Engine) relative(t *testing.T) {
	dir := scratch.Dir(t)
	paths := corpus(t, dir)
	t.Chdir(dir)
	j := job{inputs: []string{filepath.Base(paths[0])}, out: "out.jsonl", workers: 2, flags: []recipe.Override{flag("text_length_filter.min_len", 6)}}
	if r := j.mustRun(t, e.New()); r.Rows.Kept == 0 || r.Rows.Filtered == 0 {
		t.Errorf("rows: %+v", r.Rows)
	}
}

// mustRun does a job that has to succeed and to leave nothing behind but its
// result, which is as the manifest has it.
func (j job) mustRun(t *testing.T, b exec.Backend) *exec.Report {
	t.Helper()
	report, err := j.run(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	j.checkFinished(t, report)
	if s, ok := b.(Sharer); ok {
		checkShared(t, s.Shared())
	}
	return report
}

// checkShared holds that nothing is left of what tasks of a finished run shared.
func checkShared(t *testing.T, folder string) {
	t.Helper()
	s, err := object.Of(folder)
	if err != nil {
		t.Fatal(err)
	}
	for info, err := range s.List(t.Context(), folder+"/") {
		t.Errorf("the finished run left %s (%v)", info.Path, err)
	}
}

func (j job) checkFinished(t *testing.T, report *exec.Report) {
	t.Helper()
	f, err := exec.OpenFinished(j.folder())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(j.folder(), "work")); err == nil {
		t.Error("the finished run left its work folder")
	}
	if n := report.Rows; n.In != n.Kept+n.Filtered+n.Duplicate+n.Quarantined {
		t.Errorf("the account doesn't balance: %+v", n)
	}
}

// repository is the module's root.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("not inside the module")
		}
		dir = up
	}
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
