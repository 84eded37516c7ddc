package exec

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestDigestIgnoresCuts(t *testing.T) {
	var whole Digest
	for i := range 100 {
		whole.Add(fmt.Append(nil, "row ", i%7))
	}
	for cut := range 101 {
		var l, r Digest
		for i := range 100 {
			if i < cut {
				l.Add(fmt.Append(nil, "row ", i%7))
			} else {
				r.Add(fmt.Append(nil, "row ", i%7))
			}
		}
		state, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		var back Digest
		if err := json.Unmarshal(state, &back); err != nil {
			t.Fatal(err)
		}
		back.Append(r)
		if back != whole || back.String() != whole.String() {
			t.Fatalf("cut at %d: %s, whole %s", cut, back, whole)
		}
	}
}

func TestDigestSeesOrderAndNumber(t *testing.T) {
	seen := map[string]string{}
	for _, rows := range [][]string{{}, {""}, {"", ""}, {"a"}, {"a", "b"}, {"b", "a"}, {"ab"}, {"a", "b", ""}} {
		var d Digest
		for _, r := range rows {
			d.Add([]byte(r))
		}
		if old, dup := seen[d.String()]; dup {
			t.Errorf("%q has the digest of %s", rows, old)
		}
		seen[d.String()] = fmt.Sprintf("%q", rows)
	}
}

func BenchmarkDigest(b *testing.B) {
	row := make([]byte, 2000)
	var d Digest
	b.SetBytes(2000)
	for range b.N {
		d.Add(row)
	}
}
