package all_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"corpusmill/op"
	"corpusmill/op/optest"
)

// vector is one line of a recorded run of Data-Juicer.
type vector struct {
	Op     string          `json:"op"`
	Params json.RawMessage `json:"params"`
	Kind   string          `json:"kind"`
	Input  json.RawMessage `json:"input"`
	Output json.RawMessage `json:"output"`
	Hashes json.RawMessage `json:"after_hash"`
	Stats  json.RawMessage `json:"stats"`
	Keep   bool            `json:"keep"`
	Error  string          `json:"error"`
}

// tolerance is how far numbers may be from the recorded ones, relative to
// them. A model's sums are of single precision, and not in the same order.
func (v vector) tolerance() float64 {
	if v.Op == "language_id_score_filter" {
		return 1e-5
	}
	return 1e-9
}

const committed = "../../testdata/vectors"

// TestDifferential holds every operator that has recorded vectors to them.
func TestDifferential(t *testing.T) {
	files, err := filepath.Glob(committed + "/differential/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s: %v", committed, err)
	}
	for _, f := range files {
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(f), ".jsonl"), "__")
		if _, ok := op.Lookup(name); !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for n, v := range readVectors(t, f) {
				checkDifferential(t, n+1, v)
			}
		})
	}
}

func checkDifferential(t *testing.T, line int, v vector) {
	s := openStep(t, line, v)
	if v.Kind == "run" {
		checkRun(t, line, v, s)
		return
	}
	got, err := s.Run(optest.Lines(s.Fields, string(v.Input)))
	if err != nil {
		t.Fatalf("line %d: %v", line, err)
	}
	row := got[0]
	if row.Err != nil {
		t.Fatalf("line %d: %s: %v", line, v.Input, row.Err)
	}
	if s.Spec.Kind == op.KindFilter {
		want := parse(t, v.Stats)
		if !sameWithin(want, plain(row.Stats), v.tolerance()) || row.Kept != v.Keep {
			t.Errorf("line %d: %s %s\ngot  %v kept %v\nwant %v kept %v", line, v.Params, v.Input, row.Stats, row.Kept, want, v.Keep)
		}
		return
	}
	want := parse(t, v.Output).([]any)
	if len(want) != 1 || !same(want[0], parse(t, []byte(row.JSON))) {
		t.Errorf("line %d: %s %s\ngot  %s\nwant %s", line, v.Params, v.Input, row.JSON, v.Output)
	}
}

// checkRun compares a deduplicator's output over several rows.
func checkRun(t *testing.T, line int, v vector, s *optest.Step) {
	var rows []json.RawMessage
	if err := json.Unmarshal(v.Input, &rows); err != nil {
		t.Fatal(err)
	}
	got, err := s.Run(optest.Lines(s.Fields, string(bytes.Join(raws(rows), []byte("\n")))))
	if err != nil {
		t.Fatalf("line %d: %v", line, err)
	}
	if len(v.Hashes) > 0 {
		checkHashes(t, line, got, recordedHashes(t, v.Hashes))
	}
	want := parse(t, v.Output).([]any)
	var kept []any
	for _, r := range got {
		if r.Kept {
			kept = append(kept, parse(t, []byte(r.JSON)))
		}
	}
	if len(kept) != len(want) {
		t.Fatalf("line %d: %d rows kept, want %d", line, len(kept), len(want))
	}
	for i := range want {
		if !same(kept[i].(map[string]any)["text"], want[i].(map[string]any)["text"]) {
			t.Errorf("line %d: kept row %d is\n%v, want\n%v", line, i, kept[i], want[i])
		}
	}
}

// TestUnit runs the inputs of Data-Juicer's own unit tests, which lie beside
// the repository, where they are.
func TestUnit(t *testing.T) {
	const dir = "../../../shared/vectors/unit"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("skipped: the vectors of Data-Juicer's unit tests are not here (%v)", err)
	}
	checked := 0
	for _, name := range op.Names() {
		f := filepath.Join(dir, name+".jsonl")
		if _, err := os.Stat(f); err != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for n, v := range readVectors(t, f) {
				if checkUnit(t, n+1, v) {
					checked++
				}
			}
		})
	}
	if checked == 0 {
		t.Error("no vector was checked")
	}
}

func checkUnit(t *testing.T, line int, v vector) bool {
	var rows []json.RawMessage
	if v.Error != "" || json.Unmarshal(v.Input, &rows) != nil || v.Op == "alphanumeric_filter" && tokenizes(v) {
		return false
	}
	s := openStep(t, line, withLists(v))
	var want []map[string]any
	if json.Unmarshal(v.Output, &want) != nil || len(want) != len(rows) {
		return false
	}
	got, err := s.Run(optest.Lines(s.Fields, string(bytes.Join(raws(rows), []byte("\n")))))
	if err != nil {
		t.Fatalf("line %d: %v", line, err)
	}
	switch v.Kind {
	case "map:process":
		for i, r := range got {
			if !same(any(want[i]), parse(t, []byte(r.JSON))) {
				t.Errorf("line %d, row %d: got %s, want %v", line, i, r.JSON, want[i])
			}
		}
	case "map:compute_stats":
		for i, r := range got {
			for k, x := range want[i]["__dj__stats__"].(map[string]any) {
				if !same(x, plain(r.Stats).(map[string]any)[k]) {
					t.Errorf("line %d, row %d: %s is %v, want %v", line, i, k, r.Stats[k], x)
				}
			}
		}
	case "map:compute_hash":
		checkHashes(t, line, got, want)
	default:
		return false
	}
	return true
}

// withLists adds the folder of the lists that the vectors were recorded with
// to the parameters of an operator that would take others.
func withLists(v vector) vector {
	dir := map[string]string{"flagged_words_filter": "flagged_words_dir", "stopwords_filter": "stopwords_dir"}[v.Op]
	params := map[string]any{}
	if dir == "" || json.Unmarshal(v.Params, &params) != nil || params[dir] != nil {
		return v
	}
	params[dir] = "{ASSETS}"
	v.Params, _ = json.Marshal(params)
	return v
}

// tokenizes says whether the vector needs a tokenizer.
func tokenizes(v vector) bool {
	var p struct{ Tokenization bool }
	return json.Unmarshal(v.Params, &p) == nil && p.Tokenization
}

func openStep(t *testing.T, line int, v vector) *optest.Step {
	t.Helper()
	params := strings.NewReplacer("{ASSETS}", committed+"/assets", "{MODELS}", "../../testdata/models").Replace(string(v.Params))
	s, err := optest.Open(v.Op, params)
	if err != nil {
		t.Fatalf("line %d: %s: %v", line, v.Params, err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func readVectors(t *testing.T, file string) []vector {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []vector
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 64<<20)
	for sc.Scan() {
		var v vector
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatalf("%s: line %d: %v", file, len(out)+1, err)
		}
		out = append(out, v)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("%s is empty", file)
	}
	return out
}

func raws(rows []json.RawMessage) [][]byte {
	out := make([][]byte, len(rows))
	for i, r := range rows {
		out[i] = r
	}
	return out
}

func parse(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return v
}

// plain makes stats look as if they were parsed from JSON.
func plain(stats map[string]any) any {
	out := map[string]any{}
	for k, v := range stats {
		if n, ok := v.(int64); ok {
			v = float64(n)
		}
		out[k] = v
	}
	return out
}

// same compares parsed values, numbers within 1e-9 of each other.
func same(a, b any) bool { return sameWithin(a, b, 1e-9) }

func sameWithin(a, b any, tolerance float64) bool {
	switch a := a.(type) {
	case float64:
		b, ok := b.(float64)
		return ok && math.Abs(a-b) <= tolerance*max(1, math.Abs(a))
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if w, ok := b[k]; !ok || !sameWithin(v, w, tolerance) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameWithin(a[i], b[i], tolerance) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}
