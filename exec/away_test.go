package exec

import (
	"testing"

	"corpusmill/plan"
)

func TestStagedFor(t *testing.T) {
	for _, c := range []struct {
		out  plan.Output
		ours []string
		not  []string
	}{
		{plan.Output{Path: "out/x.parquet", Format: "parquet", Layout: plan.SingleFile},
			[]string{"out/x.parquet"}, []string{"out/x.parquet2", "out/x.parquet.run/report.json"}},
		{plan.Output{Path: "out/x.jsonl.gz", Format: "jsonl", Layout: plan.Numbered},
			[]string{"out/x-00-of-07.jsonl.gz", "out/x-001-of-100.jsonl.gz"},
			[]string{"out/x-en-00-of-07.jsonl.gz", "out/x-00-of-07.jsonl", "out/x-00.jsonl.gz", "out/x.jsonl.gz"}},
		{plan.Output{Path: "out", Format: "csv", Layout: plan.Folder},
			[]string{"out/part-00000-of-00001.csv"}, []string{"out/part-00000-of-00001.jsonl", "out/part-a-of-00001.csv", "outer/part-00000-of-00001.csv"}},
	} {
		for i, n := range []int{1, 12, 1000} {
			c.ours = append(c.ours, finalName(c.out, i, n))
		}
		prefix, ours := stagedFor(c.out)
		for _, path := range c.ours {
			if len(path) < len(prefix) || path[:len(prefix)] != prefix || !ours(path) {
				t.Errorf("%s isn't taken for a file of %s", path, c.out.Path)
			}
		}
		for _, path := range c.not {
			if len(path) >= len(prefix) && path[:len(prefix)] == prefix && ours(path) {
				t.Errorf("%s is taken for a file of %s", path, c.out.Path)
			}
		}
	}
}
