package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/plan"
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
	o := corpusmill(t, append([]string{"plan", "--models", "../../testdata/models"}, args[1:]...)...)
	o.want(t, 0)
	var p plan.Plan
	if err := json.Unmarshal([]byte(o.stdout), &p); err != nil || len(p.Steps) == 0 || !slices.Equal(p.Steps[0].Models, []string{"lid.176.bin"}) {
		t.Errorf("the plan has the steps %+v, %v", p.Steps, err)
	}
}

// TestBuiltinIdentifier runs without a model: the plan, the notes and the report
// name what serves.
func TestBuiltinIdentifier(t *testing.T) {
	noModels(t)
	dir := scratch.Dir(t)
	out, file := filepath.Join(dir, "out.jsonl"), write(t, filepath.Join(dir, "recipe.yaml"), languageRecipe)
	rest := []string{"--dataset_path", write(t, filepath.Join(dir, "in.jsonl"), english+french+chinese), "--export_path", out}
	const serves, missing = "language_id_score_filter: the built-in language identifier", "the model lid.176.bin isn't in "
	for _, backend := range []string{"local", "processes"} {
		o := corpusmill(t, append([]string{"process", "--config", file, "--json", "--backend", backend}, rest...)...)
		o.want(t, 0, "note: "+serves, missing)
		if got := read(t, out); got != english+chinese {
			t.Errorf("%s: the result is\n%s", backend, got)
		}
		m := report(t, o).Models
		if len(m) != 1 || m[0].For != "lid.176.bin" || m[0].Path != "" || len(m[0].Hash) != 32 || !strings.Contains(m[0].Note, missing) {
			t.Errorf("%s: the report has the models %+v", backend, m)
		}
	}
	corpusmill(t, append([]string{"process", "--config", file}, rest...)...).
		wantOut(t, "stand-in    the built-in language identifier", "in place of lid.176.bin")
	o := corpusmill(t, append([]string{"plan", file}, rest...)...)
	o.want(t, 0)
	o.wantOut(t, "model   "+serves, missing)
	corpusmill(t, append([]string{"check", file}, rest...)...).want(t, 0, serves, missing)
}

// TestStrictCompat refuses what is built in, before anything runs.
func TestStrictCompat(t *testing.T) {
	noModels(t)
	dir := scratch.Dir(t)
	out := filepath.Join(dir, "out.jsonl")
	rest := []string{"--dataset_path", write(t, filepath.Join(dir, "in.jsonl"), english), "--export_path", out}
	missing := map[string][]string{
		languageRecipe: {"language_id_score_filter: the model lid.176.bin isn't in ", "corpusmill models pull lid.176.bin", "strict_compat keeps the built-in language identifier"},
		"process: [stopwords_filter: {stopwords_dir: no/such/folder}]": {"stopwords_filter: stopwords_dir no/such/folder isn't there", "corpusmill models pull stopwords.json"},
		"process: [flagged_words_filter:]":                             {"flagged_words_filter: flagged_words_dir isn't given", "corpusmill models pull flagged_words.json"},
	}
	for text, want := range missing {
		file := write(t, filepath.Join(dir, "recipe.yaml"), text+"\nstrict_compat: true\n")
		corpusmill(t, append([]string{"process", "--config", file}, rest...)...).want(t, exitFailure, want...)
		corpusmill(t, append([]string{"plan", file}, rest...)...).want(t, exitFailure, want...)
		corpusmill(t, append([]string{"check", file}, rest...)...).want(t, exitUsage, append(want, "recipe.yaml:")...)
		corpusmill(t, append([]string{"check", file, "--strict_compat=false"}, rest...)...).want(t, 0)
	}
	if exists(out) {
		t.Error("a run that was refused left a result")
	}
	file := write(t, filepath.Join(dir, "recipe.yaml"), languageRecipe)
	corpusmill(t, append([]string{"process", "--config", file, "--strict-compat", "--models", "../../testdata/models"}, rest...)...).want(t, 0)
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
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	corpusmill(t, args...).want(t, exitResume, "model the built-in language identifier", "wasn't used", "model lid.176.bin: was "+path, "--restart")
	write(t, path, model)
	corpusmill(t, args...).want(t, 0)
}
