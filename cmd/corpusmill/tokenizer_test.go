package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
)

// TestHubTokenizer counts tokens with a tokenizer in the cache of Hugging
// Face.
func TestHubTokenizer(t *testing.T) {
	noModels(t)
	dir, hub := scratch.Dir(t), t.TempDir()
	for _, v := range []string{"HF_HOME", "HUGGINGFACE_HUB_CACHE"} {
		t.Setenv(v, "")
	}
	t.Setenv("HF_HUB_CACHE", hub)
	const recipe = "process:\n  - alphanumeric_filter:\n      tokenization: true\n      min_ratio: 1.5\n"
	const words, code = `{"text":"The people of the house will know it."}` + "\n", `{"text":"0x7F == 127 || (a & b) != c"}` + "\n"
	out := filepath.Join(dir, "out.jsonl")
	args := []string{"process", "--config", write(t, filepath.Join(dir, "recipe.yaml"), recipe),
		"--dataset_path", write(t, filepath.Join(dir, "in.jsonl"), words+code), "--export_path", out, "--json"}
	const name = "EleutherAI/pythia-6.9b-deduped/tokenizer.json"
	corpusmill(t, args...).want(t, exitFailure, "alphanumeric_filter: the model "+name+" isn't in ", hub)

	snapshot := filepath.Join(hub, "models--EleutherAI--pythia-6.9b-deduped", "snapshots", "0123")
	if err := os.MkdirAll(snapshot, 0o755); err != nil {
		t.Fatal(err)
	}
	path := write(t, filepath.Join(snapshot, "tokenizer.json"), read(t, "../../testdata/models/"+name))
	for _, backend := range []string{"local", "processes"} {
		o := corpusmill(t, append(args, "--backend", backend)...)
		o.want(t, 0)
		if got := read(t, out); got != words {
			t.Errorf("%s: the result is\n%s", backend, got)
		}
		if stats := read(t, filepath.Join(dir, "out_stats.jsonl")); !strings.Contains(stats, `"alpha_token_ratio":`) || strings.Contains(stats, "alnum_ratio") {
			t.Errorf("%s: the stats are\n%s", backend, stats)
		}
		if m := report(t, o).Models; len(m) != 1 || m[0].Name != name || m[0].Path != path || m[0].Hash == "" {
			t.Errorf("%s: the report has the models %+v", backend, m)
		}
	}
}
