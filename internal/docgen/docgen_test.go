package docgen_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"corpusmill/internal/docgen"
	_ "corpusmill/op/all"
	"corpusmill/recipe"
)

func TestFresh(t *testing.T) {
	root, err := docgen.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := docgen.Generate()
	if err != nil {
		t.Fatal(err)
	}
	stale, err := docgen.Stale(root, files)
	if err != nil {
		t.Fatal(err)
	}
	if len(stale) > 0 {
		t.Errorf("not what the code says: %s; %s rewrites them", strings.Join(stale, ", "), docgen.Command)
	}
}

// TestSchemaAgrees holds that the schema and the check of recipes take and
// refuse the same.
func TestSchemaAgrees(t *testing.T) {
	files, err := docgen.Generate()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(files["docs/schema.json"]))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	const head = "dataset_path: a.jsonl\nexport_path: b.jsonl\n"
	for _, c := range []struct {
		recipe string
		good   bool
	}{
		{"", true},
		{"process:\n- text_length_filter:\n", true},
		{"process:\n- text_length_filter: {min_len: 1e3, text_key: a.b, batch_size: 5, image_key: x}\n- ray_document_deduplicator: {lowercase: true}\n", true},
		{"process:\n- ray_bts_minhash_deduplicator: {window_size: 3, union_find_parallel_num: 16, minhash_batch_size: auto, actor_memory: null}\n", true},
		{"process:\n- ray_bts_minhash_deduplicator: {union_find_parallel_num: many}\n", false},
		{"process:\n- ray_bts_minhash_cpp_deduplicator: {union_threshold: 3}\n", true},
		{"process:\n- ray_bts_minhash_cpp_deduplicator: {memory_per_sample: 0.5}\n", false},
		{"process:\n- document_minhash_deduplicator: {union_threshold: 3}\n", false},
		{"process:\n- text_length_filter: {min_lenn: 3}\n", false},
		{"process:\n- text_length_filter: {min_len: abc}\n", false},
		{"process:\n- text_length_filter: {min_len: 1.5}\n", false},
		{"process:\n- text_length_filter: {accelerator: tpu}\n", false},
		{"process:\n- text_length_filter: {accelerator: null}\n", true},
		{"process:\n- text_length_filter: {min_len: null}\n", false},
		{"process:\n- text_lenght_filter:\n", false},
		{"process:\n- text_length_filter:\n  min_len: 3\n", false},
		{"process: {text_length_filter: {}}\n", false},
		{"process: null\n", true},
		{"np: 3\nmemory: 2GB\nmax_row: 1 MiB\nmax_quarantined: 1%\ntext_keys: [a, b]\nsuffixes: .jsonl\n", true},
		{"split: \"off\"\nsplit_size: 64MB\nsplit_count: 3\n", true},
		{"split: auto\nsplit_count: auto\n", true},
		{"split: never\n", false},
		{"split_count: some\n", false},
		{"split_count: 0\n", false},
		{"np: many\n", false},
		{"memory: 2 parsecs\n", false},
		{"max_quarantined: some\n", false},
		{"text_keys: {a: b}\n", false},
		{"keep_stats_in_res_ds: 1\n", false},
		{"export_type: lance\n", false},
		{"use_cache: false\nexecutor_type: ray\npartition: {mode: auto}\npartition.mode: auto\n", true},
		{"executor_type: spark\n", false},
		{"unheard_of: 1\n", false},
	} {
		path := filepath.Join(t.TempDir(), "r.yaml")
		if err := os.WriteFile(path, []byte(head+c.recipe), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := recipe.Load(path, nil, nil, recipe.Defaults{NP: 1})
		if (err == nil) != c.good {
			t.Errorf("the check says %v of\n%s", err, c.recipe)
		}
		if err := schema.Validate(value(t, head+c.recipe)); (err == nil) != c.good {
			t.Errorf("the schema says %v of\n%s", err, c.recipe)
		}
	}
}

// value reads YAML into what the validator takes.
func value(t *testing.T, src string) any {
	var v any
	if err := yaml.Unmarshal([]byte(src), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
