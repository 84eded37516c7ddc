package dedup

import (
	"encoding/json"
	"strings"
	"testing"

	"corpusmill/op"
	"corpusmill/text/minhash"
)

func build(t *testing.T, name, params string) op.Operator {
	t.Helper()
	o, err := op.Build(name, json.RawMessage(params))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestGrouping(t *testing.T) {
	for _, c := range []struct {
		name, params string
		want         op.Grouping
	}{
		{"document_minhash_deduplicator", `{}`, op.Grouping{By: op.ByCluster, Keys: 25, Recall: minhash.Banding{Bands: 25, Rows: 10}.Recall(0.7)}},
		{"document_minhash_deduplicator", `{"verify":true,"against":"a/b"}`, op.Grouping{By: op.ByCluster, Keys: 25, Recall: minhash.Banding{Bands: 25, Rows: 10}.Recall(0.7), Verify: true, Against: "a/b"}},
		{"document_simhash_deduplicator", `{}`, op.Grouping{By: op.ByCluster, Match: true}},
		{"document_line_deduplicator", `{"frequency_threshold":9}`, op.Grouping{By: op.ByPart, MaxRows: 9}},
	} {
		if got := build(t, c.name, c.params).(op.Grouped).Grouping(); got != c.want {
			t.Errorf("%s %s: %+v, want %+v", c.name, c.params, got, c.want)
		}
	}
}

func TestMatch(t *testing.T) {
	m := build(t, "document_simhash_deduplicator", `{"hamming_distance":3,"num_blocks":5}`).(op.Matcher)
	if !m.Match(0b1011, 0b1100) || m.Match(0b1011, 1<<63|0b1100) || !m.Match(7, 7) {
		t.Error("signatures match by another distance than 3")
	}
}

func TestMinhashNote(t *testing.T) {
	for params, want := range map[string]string{
		`{}`: "25 bands of 10 rows: they find 51.1% of the pairs with a similarity of 0.7",
		`{"jaccard_threshold":0.8,"num_permutations":128}`: "9 bands of 13 rows: they find 39.9% of the pairs with a similarity of 0.8",
		`{"num_bands":4,"num_rows_per_band":3}`:            "4 bands of 3 rows: they find 81.4% of the pairs with a similarity of 0.7",
		`{"num_bands":4}`:                                  "25 bands of 10 rows, chosen since",
		`{"target_recall":0.9}`:                            "27 bands of 7 rows: they find 90.2%",
	} {
		if got := build(t, "document_minhash_deduplicator", params).(op.Noter).Note(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s\nwant %s", params, got, want)
		}
	}
}

// TestRefused holds that parameters that say nothing, or contradict each
// other, are refused in words that name them.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, params, want string }{
		{"document_minhash_deduplicator", `{"num_bands":20,"num_rows_per_band":20}`, "num_permutations"},
		{"document_minhash_deduplicator", `{"num_bands":2,"num_rows_per_band":2,"target_recall":0.5}`, "target_recall"},
		{"document_minhash_deduplicator", `{"target_recall":0.99,"num_permutations":1}`, "target_recall"},
		{"document_minhash_deduplicator", `{"tokenization":"sentencepiece"}`, "tokenizer_model"},
		{"document_minhash_deduplicator", `{"tokenization":"words"}`, "tokenization"},
		{"document_minhash_deduplicator", `{"hash":"md5"}`, "hash"},
		{"document_minhash_deduplicator", `{"ignore_pattern":"("}`, "ignore_pattern"},
		{"document_minhash_deduplicator", `{"window_size":0}`, "window_size"},
		{"document_minhash_deduplicator", `{"num_permutations":0}`, "permutations"},
		{"document_simhash_deduplicator", `{"hamming_distance":6}`, "more than 6 blocks"},
		{"document_simhash_deduplicator", `{"hamming_distance":32,"num_blocks":64}`, "33 blocks find the same"},
		{"document_simhash_deduplicator", `{"tokenization":"sentencepiece"}`, "tokenization"},
	} {
		o, err := op.Build(c.name, json.RawMessage(c.params))
		if err == nil {
			t.Errorf("%s %s: %+v", c.name, c.params, o)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.name, c.params, err)
		}
	}
}

func TestAlias(t *testing.T) {
	for _, name := range []string{"ray_bts_minhash_deduplicator", "ray_bts_minhash_cpp_deduplicator", "ray_document_minhash_deduplicator"} {
		if s, ok := op.Lookup(name); !ok || s.Name != "document_minhash_deduplicator" {
			t.Errorf("%s is %q", name, s.Name)
		}
	}
}
