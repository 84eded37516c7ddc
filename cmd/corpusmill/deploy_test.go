package main

import (
	"bytes"
	osexec "os/exec"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v4"

	"corpusmill/internal/scratch"
)

const deployed = "../../deploy"

// TestDeployDLC runs the start command of a DLC job of one worker.
func TestDeployDLC(t *testing.T) {
	dir := scratch.Dir(t)
	input := write(t, filepath.Join(dir, "in.jsonl"), `{"text":"a row"}`+"\n")
	recipe := write(t, filepath.Join(dir, "recipe.yaml"), plainRecipe)
	self := program(t.Context())
	c := osexec.CommandContext(t.Context(), "sh", filepath.Join(deployed, "dlc.sh"), recipe, "--dataset_path", input, "--export_path", filepath.Join(dir, "out.jsonl"))
	c.Env = append(self.Env, "CORPUSMILL="+self.Path, "RANK=0", "WORLD_SIZE=1")
	finish(t, c, c.Run).want(t, 0)
	if got := read(t, filepath.Join(dir, "out.jsonl")); got != `{"text":"a row"}`+"\n" {
		t.Errorf("the result is %q", got)
	}
}

const plainRecipe = "process: [whitespace_normalization_mapper: {}]\n"

// TestDeployKubernetes runs the manifest's command with the manifest's recipe,
// as its only pod.
func TestDeployKubernetes(t *testing.T) {
	var config struct{ Data map[string]string }
	var job struct {
		Spec struct {
			Completions, Parallelism int
			CompletionMode           string `yaml:"completionMode"`
			Template                 struct {
				Spec struct {
					Containers []struct {
						Command []string
						Env     []struct{ Name, Value string }
					}
				}
			}
		}
	}
	docs := bytes.Split([]byte(read(t, filepath.Join(deployed, "kubernetes.yaml"))), []byte("\n---\n"))
	for i, into := range []any{&config, &job} {
		if err := yaml.Unmarshal(docs[i], into); err != nil {
			t.Fatal(err)
		}
	}
	c := job.Spec.Template.Spec.Containers[0]
	if c.Env[0].Name != "WORLD_SIZE" || c.Env[0].Value != "4" || job.Spec.Completions != 4 || job.Spec.Parallelism != 4 || job.Spec.CompletionMode != "Indexed" {
		t.Errorf("the numbers of pods and ranks differ: %+v", job.Spec)
	}
	dir := scratch.Dir(t)
	args := c.Command[1:]
	for i, a := range args {
		if a == "/recipe/recipe.yaml" {
			args[i] = write(t, filepath.Join(dir, "recipe.yaml"), config.Data["recipe.yaml"])
		}
	}
	input := write(t, filepath.Join(dir, "in.jsonl"), `{"text":"a row"}`+"\n")
	t.Setenv("JOB_COMPLETION_INDEX", "0")
	t.Setenv("CORPUSMILL_JOB", "uid")
	corpusmill(t, append(args, "--dataset_path", input, "--export_path", filepath.Join(dir, "out.jsonl"))...).want(t, 0)
	if got := read(t, filepath.Join(dir, "out.jsonl")); got != `{"text":"a row"}`+"\n" {
		t.Errorf("the result is %q", got)
	}
}
