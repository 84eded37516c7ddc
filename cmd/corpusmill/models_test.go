package main

import (
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
)

const languageRecipe = `
process:
  - language_id_score_filter:
      lang: [en, zh]
      min_score: 0.3
`

const (
	english = `{"text":"the people of this country know that the house is on the hill"}` + "\n"
	chinese = `{"text":"我们今天去公园，天气很好"}` + "\n"
	french  = `{"text":"le gouvernement de la république et les enfants dans la maison"}` + "\n"
)

// noModels hides the models that the machine has.
func noModels(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	for _, v := range []string{"XDG_CACHE_HOME", "CORPUSMILL_MODELS", "CACHE_HOME", "DATA_JUICER_CACHE_HOME", "DATA_JUICER_MODELS_CACHE", "DATA_JUICER_EXTERNAL_MODELS_HOME"} {
		t.Setenv(v, "")
	}
}

func TestModel(t *testing.T) {
	noModels(t)
	dir := scratch.Dir(t)
	out := filepath.Join(dir, "out.jsonl")
	args := []string{"process", "--config", write(t, filepath.Join(dir, "recipe.yaml"), languageRecipe),
		"--dataset_path", write(t, filepath.Join(dir, "in.jsonl"), english+french+chinese), "--export_path", out, "--json"}
	corpusmill(t, args...).want(t, exitFailure, "language_id_score_filter: the model lid.176.bin isn't in ", "--models")
	if exists(out) {
		t.Error("a run without its model left a result")
	}
	for _, backend := range []string{"local", "processes"} {
		o := corpusmill(t, append(args, "--models", "../../testdata/models", "--backend", backend)...)
		o.want(t, 0)
		if got := read(t, out); got != english+chinese {
			t.Errorf("%s: the result is\n%s", backend, got)
		}
		stats := read(t, filepath.Join(dir, "out_stats.jsonl"))
		if lines := strings.Split(stats, "\n"); len(lines) != 3 || !strings.Contains(lines[0], `"lang":"en","lang_score":`) || !strings.Contains(lines[1], `"lang":"zh"`) {
			t.Errorf("%s: the stats are\n%s", backend, stats)
		}
		if m := report(t, o).Models; len(m) != 1 || m[0].Name != "lid.176.bin" || !filepath.IsAbs(m[0].Path) {
			t.Errorf("%s: the report has the models %+v", backend, m)
		}
	}
}

func TestModelByVariable(t *testing.T) {
	noModels(t)
	t.Setenv("CORPUSMILL_MODELS", t.TempDir()+":../../testdata/models")
	dir := scratch.Dir(t)
	corpusmill(t, "process", "--config", write(t, filepath.Join(dir, "recipe.yaml"), languageRecipe),
		"--dataset_path", write(t, filepath.Join(dir, "in.jsonl"), english), "--export_path", filepath.Join(dir, "out.jsonl")).want(t, 0)
	o := corpusmill(t, "plan", "--dataset_path", filepath.Join(dir, "in.jsonl"), "--language_id_score_filter.lang", "en")
	o.want(t, 0)
	for _, want := range []string{"testdata/models/lid.176.bin", `{lang: "en"}`} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("the plan lacks %s:\n%s", want, o.stdout)
		}
	}
}

// TestDamagedModel has a file that is no model.
func TestDamagedModel(t *testing.T) {
	noModels(t)
	dir := scratch.Dir(t)
	model := write(t, filepath.Join(dir, "lid.176.bin"), "<html>not found</html>")
	corpusmill(t, "process", "--config", write(t, filepath.Join(dir, "recipe.yaml"), languageRecipe), "--models", dir,
		"--dataset_path", write(t, filepath.Join(dir, "in.jsonl"), english), "--export_path", filepath.Join(dir, "out.jsonl")).
		want(t, exitFailure, "language_id_score_filter: "+model, "this is no fastText model")
}

// TestChangedModel puts another model in the place of an interrupted run's.
func TestChangedModel(t *testing.T) {
	noModels(t)
	dir := scratch.Dir(t)
	folder := t.TempDir()
	model := read(t, "../../testdata/models/lid.176.bin")
	out, path := filepath.Join(dir, "out.jsonl"), write(t, filepath.Join(folder, "lid.176.bin"), model)
	args := []string{"process", "--config", write(t, filepath.Join(dir, "recipe.yaml"), languageRecipe),
		"--dataset_path", write(t, filepath.Join(dir, "in.jsonl"), string(rows(8<<20, 0.2))), "--export_path", out,
		"--np", "1", "--segment", "64KiB", "--models", folder}
	c, wait := begin(t, args)
	untilJournal(t, out)
	c.Process.Kill()
	if o := wait(); o.code != -1 {
		t.Fatalf("the run ended before it was killed: exit %d", o.code)
	}
	other := []byte(model)
	other[len(other)-1] ^= 1
	write(t, path, string(other))
	corpusmill(t, args...).want(t, exitResume, "model lid.176.bin: was "+path, "--restart")
	write(t, path, model)
	corpusmill(t, args...).want(t, 0)
}
