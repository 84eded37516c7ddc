package plan

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"corpusmill/storage"
)

func anIndex() *Index {
	return &Index{
		Format: IndexFormat,
		Way: Way{TextKey: "text", Texts: []string{"text"}, MaxRow: 9, Steps: []Step{{Label: "d", Name: "d", Params: json.RawMessage(`{"a":1}`), Version: 1}},
			Models: []Model{{Name: "m", Hash: "11"}}},
		Inputs:      []storage.File{{Path: "a", Size: 3, Mod: 4, Format: "jsonl"}, {Path: "b"}},
		Segments:    []Segment{{0, 0, 3, 1}, {0, 1, 30, 2}, {1, 0, 0, 0}},
		Generations: []Generation{{Inputs: 1, Segments: 2, Rows: 5, Keys: []IndexFile{{7, 8}}, Losers: []IndexFile{{1, 2}}}, {Inputs: 1, Segments: 1, Keys: []IndexFile{{2, 3}}, Losers: []IndexFile{{}}}},
	}
}

func TestIndexEncode(t *testing.T) {
	x := anIndex()
	raw, err := x.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseIndex(raw)
	if err != nil || !reflect.DeepEqual(got, x) {
		t.Errorf("got %+v, want %+v: %v", got, x, err)
	}
	if x.Keys() != 9 || x.Losers() != 1 || x.Rows() != 5 {
		t.Errorf("%d keys, %d losers, %d rows", x.Keys(), x.Losers(), x.Rows())
	}
	for i := range raw[:len(raw)-1] { // the newline is of no consequence
		b := append([]byte(nil), raw...)
		b[i] ^= 4
		if _, err := ParseIndex(b); err == nil {
			t.Errorf("%c in place of %c at %d isn't seen", b[i], raw[i], i)
		}
		if _, err := ParseIndex(raw[:i]); err == nil {
			t.Errorf("the end is missing from %d", i)
		}
	}
}

// sealed is a body of index.json with its checksum.
func sealed(body string) []byte {
	return fmt.Appendf(nil, `{"xxh3_128":%q,"index":%s}`, sumOf([]byte(body)), body)
}

func TestIndexUnsound(t *testing.T) {
	for name, spoil := range map[string]func(x *Index){
		"format":               func(x *Index) { x.Format++ },
		"no steps":             func(x *Index) { x.Steps = nil },
		"no generations":       func(x *Index) { x.Generations = nil },
		"no files of keys":     func(x *Index) { x.Generations[1].Keys = nil },
		"no files of losers":   func(x *Index) { x.Generations[0].Losers = nil },
		"too few inputs":       func(x *Index) { x.Inputs = x.Inputs[:1] },
		"segment of no input":  func(x *Index) { x.Segments[2].Src = 2 },
		"segments out of line": func(x *Index) { x.Segments[0].Seg = 1 },
		"too few segments":     func(x *Index) { x.Segments = x.Segments[:2] },
		"negative":             func(x *Index) { x.Generations[0].Inputs, x.Generations[1].Inputs = -1, 3 },
	} {
		x := anIndex()
		spoil(x)
		raw, err := x.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseIndex(raw); err == nil || !strings.Contains(err.Error(), "anew") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParseIndex parses bodies with the right checksum: what is taken is
// sound.
func FuzzParseIndex(f *testing.F) {
	raw, err := json.Marshal(anIndex())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(raw))
	f.Add("null")
	f.Add(`{"index_format":1}`)
	f.Fuzz(func(t *testing.T, body string) {
		x, err := ParseIndex(sealed(body))
		if err != nil {
			return
		}
		again, err := x.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseIndex(again); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	})
}
