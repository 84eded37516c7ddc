package recipe_test

import (
	"slices"
	"testing"

	"corpusmill/recipe"
)

func TestParseArgs(t *testing.T) {
	type pair struct{ key, value string }
	for _, c := range []struct {
		args []string
		over []pair
		rest []string
	}{
		{[]string{"a", "--np", "4", "b"}, []pair{{"np", "4"}}, []string{"a", "b"}},
		{[]string{"--np=4", "--max-row=", "--export-path", "-"}, []pair{{"np", "4"}, {"max_row", ""}, {"export_path", "-"}}, nil},
		{[]string{"--sample_length_filter.min_len", "-3"}, []pair{{"sample_length_filter.min_len", "-3"}}, nil},
		{[]string{"--keep_stats_in_res_ds", "--np", "1"}, []pair{{"keep_stats_in_res_ds", "true"}, {"np", "1"}}, nil},
		{[]string{"--keep_stats_in_res_ds", "no", "x"}, []pair{{"keep_stats_in_res_ds", "no"}}, []string{"x"}},
		{[]string{"--keep_stats_in_res_ds", "x"}, []pair{{"keep_stats_in_res_ds", "true"}}, []string{"x"}},
		{[]string{"--use_cache", "false"}, []pair{{"use_cache", "false"}}, nil},
		{[]string{"--ray_sample_length_filter#2.reversed-range"}, []pair{{"ray_sample_length_filter#2.reversed_range", "true"}}, nil},
		{[]string{"--sample_document_deduplicator", "x"}, []pair{{"sample_document_deduplicator", "{}"}}, []string{"x"}},
		{[]string{"--no_such_key", "v", "--", "--np", "1"}, []pair{{"no_such_key", "v"}}, []string{"--np", "1"}},
	} {
		over, rest, err := recipe.ParseArgs(c.args)
		var got []pair
		for _, o := range over {
			got = append(got, pair{o.Key, o.Value})
		}
		if err != nil || !slices.Equal(got, c.over) || !slices.Equal(rest, c.rest) {
			t.Errorf("%q: got %v, %q, %v", c.args, got, rest, err)
		}
	}
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "512": 512, "1.5k": 1500, "64MiB": 64 << 20, "2GB": 2e9, "2 gib": 2 << 30, "1e3": 1000,
		"": -1, "MB": -1, "-1": -1, "1XB": -1, "99999999TB": -1, "1..2": -1,
	} {
		got, ok := recipe.ParseSize(s)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %d, want %d", s, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1KB", 16 << 20: "16MiB", 2e9: "2GB", 1<<30 + 1: "1073741825"} {
		if got := recipe.FormatSize(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		limit    recipe.Limit
		n, total int64
		want     bool
	}{
		{recipe.Limit{}, 0, 0, false},
		{recipe.Limit{}, 1, 100, true},
		{recipe.Limit{N: 5}, 5, 100, false},
		{recipe.Limit{N: 1, Percent: true}, 1, 100, false},
		{recipe.Limit{N: 1, Percent: true}, 2, 199, true},
		{recipe.Limit{N: 100, Percent: true}, 7, 7, false},
	} {
		if got := c.limit.Exceeded(c.n, c.total); got != c.want {
			t.Errorf("%v of %d with %d: %v", c.limit, c.total, c.n, got)
		}
	}
}
