package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/recipe"
	"corpusmill/storage"
)

// TestCaps holds recipes against engines: what is refused, and what advice
// there is, each with its place.
func TestCaps(t *testing.T) {
	shared, own := t.TempDir(), t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(shared, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	input := write("in.jsonl", `{"text":"a"}`)
	const large = 64 << 30
	streams := "dataset_path: '-'\nexport_path: '-'\n"
	folders := "dataset_path: " + input + "\nexport_path: " + shared + "/out\n"
	asks := folders + "process:\n  - text_length_filter:\n      cpu_required: 2\n      gpu_required: 0.5\n      mem_required: 8GB\n"
	addresses := "ray_address: auto\ndask_address: tcp://there:8786\nspark_address: sc://there:15002\n"
	noStdin := func(backend string) string {
		return "recipe.yaml:1:15: standard input can't be read by --backend " + backend
	}
	noStdout := func(backend string) string {
		return "recipe.yaml:2:14: with --backend " + backend + " the workers meet beside export_path"
	}
	for _, x := range []struct {
		backend, recipe string
		size            int64
		models          []string
		refused, advice []string // how each line begins or what it has
	}{
		{backend: "local", recipe: streams},
		{backend: "local", recipe: asks},
		{backend: "processes", recipe: streams, refused: []string{noStdin("processes")}},
		{backend: "ranks", recipe: streams, refused: []string{noStdin("ranks"), noStdout("ranks")}},
		{backend: "slurm", recipe: streams, refused: []string{noStdin("slurm"), noStdout("slurm")}},
		{backend: "ray", recipe: streams, refused: []string{noStdin("ray"), noStdout("ray")}},
		{backend: "dask", recipe: streams, refused: []string{noStdin("dask"), noStdout("dask")}},
		{backend: "spark", recipe: streams, refused: []string{noStdin("spark"), noStdout("spark")}},
		{backend: "ray", recipe: asks, size: large},
		{backend: "slurm", recipe: asks, size: large},
		{backend: "dask", recipe: asks, size: large, refused: []string{
			"recipe.yaml:5:7: text_length_filter has cpu_required: 2, and Dask gives a task at most 1; leave it out"}},
		{backend: "spark", recipe: asks, size: large, refused: []string{
			"recipe.yaml:5:7: text_length_filter has cpu_required: 2, and Spark gives a task at most 1; leave it out, and set spark.task.cpus",
			"recipe.yaml:6:7: text_length_filter has gpu_required: 0.5, and Spark gives a task none",
			"recipe.yaml:7:7: text_length_filter has mem_required: 8GB, and Spark gives a task none"}},
		{backend: "spark", recipe: streams + "process:\n  - text_length_filter:\n      gpu_required: 1\n", refused: []string{
			noStdin("spark"), noStdout("spark"), "recipe.yaml:5:7: text_length_filter has gpu_required: 1"}},
		{backend: "ranks", recipe: folders, size: large},
		{backend: "spark", recipe: folders, size: large},
		{backend: "spark", recipe: folders, size: 50 << 20, advice: []string{"recipe.yaml: Spark takes about 9s to begin, and the input, 52.4 MB, is some 500ms of work for the 2 workers of this machine; --backend local"}},
		{backend: "dask", recipe: folders, size: 1 << 20, advice: []string{"recipe.yaml: Dask takes about 2s to begin"}},
		{backend: "local", recipe: folders, size: 1},
		{backend: "ray", recipe: strings.Replace(folders, "/out", "/out.jsonl", 1), size: large, advice: []string{
			"recipe.yaml:2:14: the rows of a single file all pass through this process; a folder, a path without extension"}},
		{backend: "dask", recipe: strings.ReplaceAll(folders, shared+"/out", own+"/out"), size: large, advice: []string{
			"recipe.yaml:2:14: export_path lies in " + own}},
		{backend: "dask", recipe: folders, size: large, models: []string{own + "/lid.176.bin", shared + "/en.sp.model"}, advice: []string{
			"recipe.yaml: the model " + own + "/lid.176.bin lies in " + own}},
	} {
		t.Run(x.backend, func(t *testing.T) {
			t.Chdir(shared)
			write("recipe.yaml", x.recipe+addresses+"backend: "+x.backend+"\n")
			r, err := recipe.Load("recipe.yaml", nil, nil, recipe.Defaults{NP: 2, Memory: 1 << 30})
			if err != nil {
				t.Fatal(err)
			}
			sameProblems(t, "refused", r.Refused(caps(r)), x.refused)
			ground := recipe.Ground{Files: []storage.File{{Path: input, Size: x.size}}, Models: x.models, Own: []string{own}}
			if len(x.refused) == 0 {
				sameProblems(t, "advice", r.Advice(caps(r), ground), x.advice)
			}
		})
	}
}

func sameProblems(t *testing.T, what string, got []recipe.Problem, want []string) {
	t.Helper()
	ok := slices.EqualFunc(got, want, func(p recipe.Problem, w string) bool { return strings.Contains(p.String(), w) })
	if !ok {
		t.Errorf("%s:\n%s\nwant:\n%s", what, recipe.Problems(got), strings.Join(want, "\n"))
	}
}

// TestRefusedBeforeAnythingRuns has each command that takes a recipe tell what
// its engine can't do, all at once.
func TestRefusedBeforeAnythingRuns(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "recipe.yaml")
	text := "dataset_path: '-'\nexport_path: '-'\nbackend: spark\nspark_address: sc://127.0.0.1:1\nprocess: [words_num_filter: {gpu_required: 1}]\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", path}, {"plan", path}, {"process", "--config", path}} {
		corpusmill(t, args...).want(t, exitUsage, "recipe.yaml:1:15: standard input", "recipe.yaml:2:14: with --backend spark", "recipe.yaml:5:30: words_num_filter has gpu_required: 1")
	}
	if _, err := os.Stat(filepath.Join(dir, "-.run")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a refused run left its folder: %v", err)
	}
}

// TestTimeoutAdvice tells of a worker_timeout that is less than an engine has.
func TestTimeoutAdvice(t *testing.T) {
	dir := t.TempDir()
	input := write(t, filepath.Join(dir, "in.jsonl"), "{\"text\":\"a\"}\n")
	for args, noted := range map[string]bool{
		"spark 4": true, "dask 14": true, "ray 14": true, "ray 15": false, "slurm 4": false,
	} {
		backend, timeout, _ := strings.Cut(args, " ")
		o := corpusmill(t, "check", "--dataset_path", input, "--export_path", filepath.Join(dir, "out"), "--backend", backend, "--worker_timeout", timeout,
			"--dask_address", "tcp://there:8786", "--spark_address", "sc://there:15002")
		o.want(t, 0)
		if got := strings.Contains(o.stderr, "note: worker_timeout is "+timeout); got != noted {
			t.Errorf("%s: noted %t; stderr:\n%s", args, got, o.stderr)
		}
	}
}
