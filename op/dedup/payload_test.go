package dedup

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"corpusmill/op"
	"corpusmill/op/optest"
	"corpusmill/record"
)

// instance opens an operator and returns one of its instances, with a record
// for its rows and the path of the text.
func instance(t testing.TB, name, params string) (any, *record.Record, record.Path) {
	t.Helper()
	o, err := op.Build(name, json.RawMessage(params))
	if err != nil {
		t.Fatal(err)
	}
	env := &op.Env{Fields: new(record.Fields), Stats: new(record.Stats), TextKey: "text"}
	if err := o.Open(context.Background(), env); err != nil {
		t.Fatal(err)
	}
	i, err := o.New(&op.Worker{})
	if err != nil {
		t.Fatal(err)
	}
	return i, record.New(env.Fields, env.Stats), env.Texts()[0]
}

func TestSimilarity(t *testing.T) {
	for _, c := range []struct {
		name, params, a, b string
		similarity         float64
		same               bool
	}{
		{"document_minhash_deduplicator", `{"window_size":1,"jaccard_threshold":0.5}`, "a b c d d d", "c b x", 2. / 5, false},
		{"document_minhash_deduplicator", `{"window_size":1,"jaccard_threshold":0.4}`, "a b c d d d", "c b x", 2. / 5, true},
		{"document_minhash_deduplicator", `{"tokenization":"character","window_size":2}`, "abcd", "abcde", 3. / 4, true},
		{"document_minhash_deduplicator", `{}`, "a b", "a  B ", 1, true},
		{"document_minhash_deduplicator", `{}`, "a b", "a b c", 0, false},
		{"document_minhash_deduplicator", `{}`, "", " ", 1, true},
		{"document_minhash_deduplicator", `{"jaccard_threshold":0}`, "", "a", 0, true},
		{"document_simhash_deduplicator", `{}`, "", "  ", 1, true},
		{"document_simhash_deduplicator", `{}`, "a b", "a b", 1, true},
	} {
		i, r, _ := instance(t, c.name, c.params)
		rows := optest.Decoded([]byte(c.a), []byte(c.b))
		var payloads [2][]byte
		for k := range payloads {
			if err := rows.Seek(k); err != nil {
				t.Fatal(err)
			}
			r.Reset(rows, k)
			var err error
			if payloads[k], err = i.(op.Comparer).Payload(r, []byte("kept")); err != nil {
				t.Fatal(err)
			}
			payloads[k] = payloads[k][len("kept"):]
		}
		similarity, same := i.(op.Comparer).Similarity(payloads[0], payloads[1])
		back, _ := i.(op.Comparer).Similarity(payloads[1], payloads[0])
		if fmt.Sprintf("%.6f", similarity) != fmt.Sprintf("%.6f", c.similarity) || same != c.same || back != similarity {
			t.Errorf("%s %s: %q and %q: %v, the same %v; want %v, %v", c.name, c.params, c.a, c.b, similarity, same, c.similarity, c.same)
		}
	}
}

// TestPayloadAllocs holds that comparing rows costs no memory once buffers
// have grown, and that parts are taken out without any.
func TestPayloadAllocs(t *testing.T) {
	rows := optest.Decoded([]byte(strings.Repeat("The quick brown\nfox jumps, over the dog. ", 200)))
	if err := rows.Seek(0); err != nil {
		t.Fatal(err)
	}
	parts := []uint32{1, 2, 5}
	for _, name := range []string{"document_minhash_deduplicator", "document_simhash_deduplicator", "document_line_deduplicator"} {
		i, r, _ := instance(t, name, "{}")
		var buf []byte
		all := func() {
			r.Reset(rows, 0)
			var err error
			if c, ok := i.(op.Comparer); ok {
				buf, err = c.Payload(r, buf[:0])
				c.Similarity(buf, buf)
			} else {
				err = i.(op.Trimmer).Trim(r, parts)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		all()
		all()
		if n := testing.AllocsPerRun(20, all); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
