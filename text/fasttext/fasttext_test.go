package fasttext

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recorded is a prediction of the reference implementation.
type recorded struct {
	Model       string   `json:"model"`
	Text        string   `json:"text"`
	K           int      `json:"k"`
	Predictions [][2]any `json:"predictions"`
}

func readRecorded(t testing.TB) []recorded {
	f, err := os.Open("testdata/predictions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []recorded
	for s := bufio.NewScanner(f); s.Scan(); {
		var r recorded
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		t.Fatal("no predictions")
	}
	return out
}

func openModel(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// models are the files that can classify.
func models(t testing.TB) []string {
	var out []string
	for _, pattern := range []string{"*.bin", "*.ftz"} {
		files, err := filepath.Glob("testdata/" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if name := filepath.Base(f); name != "unsupervised.bin" {
				out = append(out, name)
			}
		}
	}
	if len(out) < 10 {
		t.Fatalf("only %d models in testdata", len(out))
	}
	return out
}

func TestPredictions(t *testing.T) {
	seen := map[string]int{}
	predictors := map[string]*Predictor{}
	for _, name := range models(t) {
		predictors[name] = openModel(t, name).New()
	}
	for _, r := range readRecorded(t) {
		seen[r.Model]++
		got := predictors[r.Model].Predict([]byte(r.Text), r.K)
		if err := agree(got, r.Predictions); err != nil {
			t.Errorf("%s: %q, k = %d: %v\ngot  %v\nwant %v", r.Model, r.Text, r.K, err, got, r.Predictions)
		}
	}
	for _, name := range models(t) {
		if seen[name] == 0 {
			t.Errorf("%s has no predictions", name)
		}
	}
}

// agree compares by score; labels whose scores are equal may change places,
// and the last ones may be others of that score.
func agree(got []Prediction, want [][2]any) error {
	const tolerance = 1e-4
	if len(got) != len(want) {
		return fmt.Errorf("%d predictions, want %d", len(got), len(want))
	}
	scores := map[string]float64{}
	for i, g := range got {
		score := want[i][1].(float64)
		if math.Abs(float64(g.Score)-score) > tolerance {
			return fmt.Errorf("score %d is %v, want %v", i, g.Score, score)
		}
		scores[g.Label] = float64(g.Score)
	}
	last := float64(want[max(len(want)-1, 0)][1].(float64))
	for _, w := range want {
		s, ok := scores[w[0].(string)]
		if score := w[1].(float64); ok && math.Abs(s-score) > tolerance || !ok && score-last > tolerance {
			return fmt.Errorf("label %v has score %v, want %v", w[0], s, score)
		}
	}
	return nil
}

func TestNewlinesAreSpaces(t *testing.T) {
	p := openModel(t, "ova.bin").New()
	a := slices.Clone(p.Predict([]byte("one two\nthree\n\n"), 3))
	if b := p.Predict([]byte("one two three"), 3); !slices.Equal(a, b) {
		t.Errorf("%v, then %v", a, b)
	}
}

func TestCloseTwice(t *testing.T) {
	m := openModel(t, "words.bin")
	if len(m.Labels()) != 3 || !strings.HasPrefix(m.Labels()[0], "__label__l") {
		t.Errorf("labels are %q", m.Labels())
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRefused(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	put := func(name string, at int, v int32) []byte {
		b := read(name)
		binary.LittleEndian.PutUint32(b[at:], uint32(v))
		return b
	}
	const dim, kind, bucket, size = 8, 36, 40, 64 // places in the header
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "the mark of the format needs 4 bytes"},
		{"text", []byte("hello world"), "no fastText model"},
		{"word vectors", read("unsupervised.bin"), "only supervised models"},
		{"version", put("words.bin", 4, 99), "version 99"},
		{"dim", put("words.bin", dim, 6), "the model needs at least"},
		{"dim 0", put("words.bin", dim, 0), "dim 0"},
		{"kind", put("words.bin", kind, 1), "only supervised"},
		{"no buckets", put("softmax.bin", bucket, 0), "0 buckets"},
		{"buckets", put("softmax.bin", bucket, 1<<30), "the input matrix is"},
		{"huge dictionary", put("words.bin", size, math.MaxInt32), "can't be 2147483647"},
		{"negative dictionary", put("words.bin", size, -1), "can't be -1"},
		{"long", append(read("words.bin"), 0), "1 bytes follow"},
		{"cut", read("qnorm.ftz")[:20000], "cut short or damaged"},
	} {
		m, err := Parse(c.data)
		if m != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	if _, err := Open("testdata"); err == nil || !strings.Contains(err.Error(), "testdata") {
		t.Errorf("a folder: error %v", err)
	}
}

// TestCut cuts every model at places near every boundary and at random.
func TestCut(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, name := range models(t) {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 400 {
			n := i
			if i >= 200 {
				n = rng.IntN(len(data))
			}
			if _, err := Parse(data[:n]); err == nil {
				t.Fatalf("%s: its first %d of %d bytes are accepted", name, n, len(data))
			}
		}
	}
}

func TestNoAllocations(t *testing.T) {
	text := bytes.Repeat([]byte("tain dorin unknownunknownunknownunknown 的一是 "), 40)
	for _, name := range models(t) {
		p := openModel(t, name).New()
		p.Predict(text, 3)
		if n := testing.AllocsPerRun(10, func() { p.Predict(text, 3) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestAddRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, dim := range []int{1, 15, 16, 17, 32, 50, 100} {
		data := make([]float32, 100*dim)
		for i := range data {
			data[i] = rng.Float32() - 0.5
		}
		for _, n := range []int{0, 1, 11, 12, 13, 300} {
			rows := make([]int32, n)
			for i := range rows {
				rows[i] = rng.Int32N(100)
			}
			got, want := make([]float32, dim), make([]float32, dim)
			addRows(got, data, rows)
			addRowsPortable(want, data, rows)
			if !slices.Equal(got, want) {
				t.Errorf("%d columns, %d rows: %v, want %v", dim, n, got, want)
			}
		}
	}
}

// TestFloats compares numbers read in place, at any alignment, with those
// decoded.
func TestFloats(t *testing.T) {
	data := []byte("some 0123456789abcdefghijklmnop")
	for from := range 8 {
		c := &cursor{data: data, off: from}
		got := c.floats(5, "numbers")
		if want := decodeFloats(data[from : from+20]); c.err != nil || !slices.Equal(got, want) || c.off != from+20 {
			t.Errorf("at %d: %v, want %v (%v)", from, got, want, c.err)
		}
	}
}

func TestDivisor(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	for range 100000 {
		n, x := rng.Uint32()>>rng.IntN(32), rng.Uint32()
		if n == 0 {
			continue
		}
		if got := newDivisor(n).mod(x); got != x%n {
			t.Fatalf("%d mod %d is %d, want %d", x, n, got, x%n)
		}
	}
}

// FuzzParse puts a number anywhere into a model, and cuts it. What is accepted
// must predict.
func FuzzParse(f *testing.F) {
	var files [][]byte
	for i, name := range models(f) {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, data)
		for at := uint32(0); at < 100; at += 4 {
			f.Add(uint8(i), at, uint32(math.MaxInt32), uint32(0))
		}
		f.Add(uint8(i), uint32(200), uint32(1), uint32(100))
	}
	f.Fuzz(func(t *testing.T, model uint8, at, number, cut uint32) {
		data := slices.Clone(files[int(model)%len(files)])
		binary.LittleEndian.PutUint32(data[int(at)%(len(data)-4):], number)
		m, err := Parse(data[:len(data)-int(cut)%len(data)])
		if err != nil {
			return
		}
		for _, p := range m.New().Predict([]byte("tain dorin 的一是 __label__l1 unknown"), 2) {
			if p.Score != p.Score {
				t.Errorf("the score of %s is no number", p.Label)
			}
		}
	})
}

// TestDamage flips bits of every model: the memory that reading takes stays in
// bounds, nothing panics.
func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	for _, name := range models(t) {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 600 {
			at := i
			if i >= 200 {
				at = rng.IntN(len(data))
			}
			bit := byte(1) << rng.IntN(8)
			data[at] ^= bit
			if m, err := Parse(data); err == nil {
				m.New().Predict([]byte("tain dorin 的一是 __label__l1 unknown"), 2)
			} else if !strings.HasPrefix(err.Error(), "byte ") {
				t.Errorf("%s: bit %#x of byte %d: the error names no byte: %v", name, bit, at, err)
			}
			data[at] ^= bit
		}
	}
}

func BenchmarkPredict(b *testing.B) {
	text := bytes.Repeat([]byte("The tain dorin of 的一是 was not what it seems. "), 40)[:2048]
	for _, name := range []string{"softmax.bin", "softmax.ftz", "cutoff.ftz"} {
		b.Run(name, func(b *testing.B) {
			p := openModel(b, name).New()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				p.Predict(text, 1)
			}
		})
	}
}
