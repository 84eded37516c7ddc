package filter

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"corpusmill/op"
	"corpusmill/op/optest"
	"corpusmill/record"
)

// openPerplexity opens the operator with the models of a folder.
func openPerplexity(t testing.TB, lang, folder string) (*perplexityInstance, *record.Fields, *record.Stats) {
	t.Helper()
	o := &perplexity{params: perplexityParams{Lang: lang, MaxPPL: 1500, Interval: op.DefaultInterval}}
	env := &op.Env{Fields: new(record.Fields), Stats: new(record.Stats), TextKey: "text"}
	env.FindModel = func(name string) (string, error) {
		path := filepath.Join(folder, name)
		_, err := os.Stat(path)
		return path, err
	}
	if err := o.Open(context.Background(), env); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := o.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	i, err := o.New(&op.Worker{})
	if err != nil {
		t.Fatal(err)
	}
	return i.(*perplexityInstance), env.Fields, env.Stats
}

// TestPerplexityLines holds texts whose pieces have line breaks and white
// space in them to what Data-Juicer computes, and both ways of scoring to each
// other.
func TestPerplexityLines(t *testing.T) {
	const folder = "testdata/perplexity"
	o, fields, stats := openPerplexity(t, "xx", folder)
	data, err := os.ReadFile(folder + "/recorded.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	byLine, whole := 0, 0
	for sc := bufio.NewScanner(bytes.NewReader(data)); sc.Scan(); {
		var v struct {
			Text       string
			Perplexity float64
		}
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		r, rows := record.New(fields, stats), optest.Decoded([]byte(v.Text))
		if err := rows.Seek(0); err != nil {
			t.Fatal(err)
		}
		r.Reset(rows, 0)
		if err := o.Measure(r); err != nil {
			t.Fatal(err)
		}
		if got := r.Float(o.stat); got != v.Perplexity {
			t.Errorf("%q: %v, want %v", v.Text, got, v.Perplexity)
		}
		tokens := r.Doc(o.text).Tokens(o.pieces.tokenizer)
		sum, count, ok := o.sentence(tokens)
		if !ok {
			byLine++
			continue
		}
		whole++
		if s, n := o.sentences(tokens); s != sum || n != count {
			t.Errorf("%q: %v of %d at once, %v of %d by lines", v.Text, sum, count, s, n)
		}
	}
	if byLine < 20 || whole < 20 {
		t.Errorf("%d texts were scored by lines and %d at once", byLine, whole)
	}
}

func TestPerplexityNeedsBothModels(t *testing.T) {
	before := len(tokenizers.open)
	for _, missing := range []string{"en.sp.model", "en.arpa.bin"} {
		o := &perplexity{params: perplexityParams{Lang: "en"}}
		env := &op.Env{Fields: new(record.Fields), Stats: new(record.Stats), TextKey: "text"}
		env.FindModel = func(name string) (string, error) {
			if name == missing {
				return "", fs.ErrNotExist
			}
			return filepath.Join("../../testdata/models", name), nil
		}
		if err := o.Open(context.Background(), env); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
	if n := len(tokenizers.open) - before; n != 0 {
		t.Errorf("%d models are still open", n)
	}
}

func TestRound(t *testing.T) {
	o := &perplexityInstance{}
	for x, want := range map[float64]float64{
		0: 0, 0.05: 0.1, 0.15: 0.1, 0.25: 0.2, 2.675: 2.7, 48.649999: 48.6, 1 << 60: 1 << 60, math.MaxFloat64: math.MaxFloat64,
	} {
		if got := o.round(x); got != want {
			t.Errorf("%v is rounded to %v, want %v", x, got, want)
		}
	}
}

// BenchmarkPerplexity measures English prose in 2 KB texts; the models are
// small, so that it's the work per piece that counts.
func BenchmarkPerplexity(b *testing.B) {
	o, fields, stats := openPerplexity(b, "en", "../../testdata/models")
	text := bytes.Repeat([]byte("The quick brown fox jumps over a lazy dog, while nobody knew why Smith wrote about windows. "), 22)
	r, rows := record.New(fields, stats), optest.Decoded(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := rows.Seek(0); err != nil {
			b.Fatal(err)
		}
		r.Reset(rows, 0)
		if err := o.Measure(r); err != nil {
			b.Fatal(err)
		}
	}
}
