package all_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"corpusmill/op/optest"
)

// checkHashes compares which hashes of rows are equal: they differ from those
// of Data-Juicer by design. Those of SimHash are the same.
func checkHashes(t *testing.T, line int, got []optest.Row, want []map[string]any) {
	t.Helper()
	for i := range got {
		ours, theirs := hashes(t, got[i], want[i])
		for band, h := range ours {
			for j := range i {
				other, there := hashes(t, got[j], want[j])
				if band < len(other) && (h == other[band]) != (theirs[band] == there[band]) {
					t.Errorf("line %d, rows %d and %d, hash %d: same is %v, want %v", line, j, i, band, h == other[band], theirs[band] == there[band])
				}
			}
		}
		if sig, ok := want[i]["__dj__simhash"]; ok && len(ours) > 0 && ours[0] != sig {
			t.Errorf("line %d, row %d: the signature is %s, want %s", line, i, ours[0], sig)
		}
	}
}

// hashes returns a row's hashes and those recorded for it: none where its text
// is shorter than a window, which there has the hash 0.
func hashes(t *testing.T, r optest.Row, row map[string]any) (ours, theirs []string) {
	t.Helper()
	if sig, ok := row["__dj__simhash"]; ok {
		if sig == "0" {
			return nil, nil
		}
		return []string{fmt.Sprint(r.Keys[0].Lo)}, []string{fmt.Sprint(sig)}
	}
	for _, k := range r.Keys {
		ours = append(ours, fmt.Sprint(k))
	}
	bands, ok := row["__dj__minhash"].([]any)
	if !ok {
		bands = []any{row["__dj__hash"]}
	}
	for _, b := range bands {
		theirs = append(theirs, fmt.Sprint(b))
	}
	if len(ours) != len(theirs) {
		t.Fatalf("%d keys, want %d", len(ours), len(theirs))
	}
	return ours, theirs
}

// recordedHashes are the hashes of a run.
func recordedHashes(t *testing.T, raw json.RawMessage) (out []map[string]any) {
	t.Helper()
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
