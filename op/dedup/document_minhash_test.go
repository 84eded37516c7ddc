package dedup

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/op"
	"corpusmill/op/optest"
	"corpusmill/record"
)

const vectors = "../../testdata/vectors/differential"

// TestMinhashSignatures holds the bands of signatures to those that
// Data-Juicer computed: 8 bytes a number, the highest first.
func TestMinhashSignatures(t *testing.T) {
	files, err := filepath.Glob(vectors + "/document_minhash_deduplicator*.jsonl")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	checked := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			var v struct {
				Params json.RawMessage
				Input  []json.RawMessage
				Hashes []struct {
					Bands []string `json:"__dj__minhash"`
				} `json:"after_hash"`
			}
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			if len(v.Hashes) != len(v.Input) {
				continue
			}
			params := strings.ReplaceAll(string(v.Params), "{MODELS}", "../../testdata/models")
			for i, got := range signatures(t, params, v.Input) {
				if want := v.Hashes[i].Bands; strings.Join(got, " ") != strings.Join(want, " ") {
					t.Errorf("%s: line %d: %s %s\ngot  %s\nwant %s", file, n+1, v.Params, v.Input[i], got, want)
				}
				checked++
			}
		}
	}
	if checked < 300 {
		t.Errorf("%d signatures were checked", checked)
	}
}

// signatures returns the bands of each row.
func signatures(t *testing.T, params string, rows []json.RawMessage) (out [][]string) {
	t.Helper()
	o, err := op.Build("document_minhash_deduplicator", json.RawMessage(params))
	if err != nil {
		t.Fatal(err)
	}
	env := &op.Env{Fields: new(record.Fields), Stats: new(record.Stats), TextKey: "text"}
	if err := o.Open(context.Background(), env); err != nil {
		t.Fatal(err)
	}
	instance, err := o.New(&op.Worker{})
	if err != nil {
		t.Fatal(err)
	}
	m := instance.(*documentMinhashInstance)
	r := record.New(env.Fields, env.Stats)
	for _, row := range rows {
		lines := optest.Lines(env.Fields, string(row))
		if err := lines.Seek(0); err != nil {
			t.Fatal(err)
		}
		r.Reset(lines, 0)
		sig, err := m.signature(r.Doc(m.text))
		if err != nil {
			t.Fatal(err)
		}
		var bands []string
		for band := range m.banding.Bands {
			var b []byte
			for _, v := range sig[band*m.banding.Rows:][:m.banding.Rows] {
				b = fmt.Appendf(b, "%016x", v)
			}
			bands = append(bands, string(b))
		}
		out = append(out, bands)
	}
	return out
}
