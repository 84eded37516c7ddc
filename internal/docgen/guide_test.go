package docgen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/docgen"
	"corpusmill/recipe"
	_ "corpusmill/storage/object/s3"
)

// TestGuide holds that the recipes in the guide are right, apart from the
// input and output that fragments lack, and that links to files lead
// somewhere.
func TestGuide(t *testing.T) {
	root, err := docgen.Root()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs/guide/*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages", err)
	}
	recipes := 0
	for _, page := range pages {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(b), "```yaml\n")
		for _, block := range blocks[1:] {
			content, _, _ := strings.Cut(block, "```")
			path := filepath.Join(t.TempDir(), "r.yaml")
			if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
			recipes++
			r, err := recipe.Load(path, nil, func(name string) string {
				return map[string]string{"CORPUSMILL_DATASET_PATH": "a.jsonl", "CORPUSMILL_EXPORT_PATH": "b.jsonl"}[name]
			}, recipe.Defaults{NP: 1})
			if err != nil {
				t.Errorf("%s: %v\n%s", page, err, content)
			} else if strings.Contains(content, "process:") && len(r.Steps) == 0 {
				t.Errorf("%s: no steps\n%s", page, content)
			}
		}
		for _, link := range strings.Split(string(b), "](")[1:] {
			link, _, _ = strings.Cut(link, ")")
			link, _, _ = strings.Cut(link, "#")
			if strings.Contains(link, "://") || link == "" {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), link)); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if recipes == 0 {
		t.Error("no recipes in the guide")
	}
}
