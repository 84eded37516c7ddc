package kenlm

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type recording struct {
	Model string
	Text  string
	Score float64
	Full  [][3]any // probability, length, unknown
}

// folders are the committed recordings, and more where the environment says.
func folders() []string {
	out := []string{"testdata"}
	if more := os.Getenv("KENLM_RECORDINGS"); more != "" {
		out = append(out, more)
	}
	return out
}

func readRecordings(t testing.TB, folder string) (out []recording) {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, "scores.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var r recording
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		t.Fatalf("no recordings in %s", folder)
	}
	return out
}

func open(t testing.TB, path string) *Model {
	t.Helper()
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return m
}

func TestRecordings(t *testing.T) {
	for _, folder := range folders() {
		models := map[string]*Model{}
		for _, r := range readRecordings(t, folder) {
			m := models[r.Model]
			if m == nil {
				m = open(t, filepath.Join(folder, r.Model))
				models[r.Model] = m
			}
			if got := m.Sentence([]byte(r.Text)); math.Abs(float64(got)-r.Score) > 1e-4 {
				t.Errorf("%s: %q: %v, want %v", r.Model, r.Text, got, r.Score)
			}
			var states [2]State
			in, out := *m.Begin(), &states[0]
			words := append(strings.Fields(r.Text), "</s>")
			if len(words) != len(r.Full) {
				t.Fatalf("%q has %d words, recorded are %d", r.Text, len(words), len(r.Full))
			}
			for i, w := range words {
				prob, length := m.Score(&in, m.Index([]byte(w)), out)
				if want := r.Full[i]; math.Abs(float64(prob)-want[0].(float64)) > 1e-4 || length != int(want[1].(float64)) ||
					(m.Index([]byte(w)) == 0) != want[2].(bool) {
					t.Errorf("%s: %q: word %d, %q: %v of %d words, want %v", r.Model, r.Text, i, w, prob, length, want)
				}
				in = *out
			}
		}
	}
}

func TestSentenceAllocatesNothing(t *testing.T) {
	for _, name := range []string{"five.probing", "five.quantarray", "five.arpa"} {
		m := open(t, "testdata/"+name)
		s := []byte("kalo mine xx ra su ka mi")
		if n := testing.AllocsPerRun(100, func() { m.Sentence(s) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestDamaged cuts each kind of binary file at every place and changes its
// bytes: each yields an error or a model that answers.
func TestDamaged(t *testing.T) {
	for _, name := range []string{"three.probing", "three.rest", "three.trie", "three.quant", "three.array", "five.quantarray"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		s := []byte("kaka kalo kami mika lone </s> <s> ▁ka xyz")
		refused := 0
		try := func(data []byte) {
			m, err := parseBinary(data)
			if err != nil {
				refused++
				return
			}
			m.Sentence(s)
		}
		for i := range data {
			if i%5 == 0 || i < 200 {
				try(data[:i:i])
			}
			c := append([]byte(nil), data...)
			c[i] ^= 1 << (i % 8)
			try(c)
			c[i] = 0xFF
			try(c)
		}
		if refused < 200 {
			t.Errorf("%s: only %d damaged files were refused", name, refused)
		}
	}
}

func TestHugeCounts(t *testing.T) {
	for _, name := range []string{"three.probing", "three.trie", "three.quantarray"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for order := range 3 {
			for _, n := range []uint64{1 << 20, 1 << 31, 1 << 40, math.MaxUint64} {
				c := append([]byte(nil), data...)
				binary.LittleEndian.PutUint64(c[len(reference())+20+8*order:], n)
				if _, err := parseBinary(c); err == nil {
					t.Errorf("%s: %d %d-grams were accepted", name, n, order+1)
				}
			}
		}
	}
}

func parseARPA(text string) (*Model, error) {
	return readARPA(strings.NewReader(text), int64(len(text)))
}

func TestARPAErrors(t *testing.T) {
	const good = "\\data\\\nngram 1=4\nngram 2=2\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\t-0.3\n-1\t</s>\n-1\ta\t-0.2\n\n" +
		"\\2-grams:\n-0.5\t<s> a\n-0.5\ta </s>\n\n\\end\\\n"
	m, err := parseARPA(good)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Sentence([]byte("a")); got != -1 {
		t.Errorf("the score is %v", got)
	}
	for _, c := range []struct{ old, new, want string }{
		{"\\data\\", "data", `line 1: "data" stands where an ARPA file has \data\`},
		{"\\data\\", "\x1f\x8bdata", "gzip"},
		{"ngram 2=2", "ngram 3=2", `line 3: "ngram 3=2" stands where "ngram 2="`},
		{"ngram 2=2", "ngram 2=x", "is no count"},
		{"ngram 2=2", "ngram 2=99999999999", `line 3: it claims 99999999999 2-grams`},
		{"ngram 1=4", "ngram 1=99999999999", `line 2: it claims 99999999999 1-grams`},
		{"-1\ta", "-1x\ta", `line 9: "-1x" is no number`},
		{"-1\ta", "1\ta", "positive"},
		{"-1\ta", "nan\ta", "is no number"},
		{"-1\ta", "-1\t</s>", "twice"},
		{"-0.5\ta </s>", "-0.5\tb </s>", `line 13: the word "b" is not among the 1-grams`},
		{"-0.5\ta </s>", "-0.5\ta", "fewer than 2 words"},
		{"-0.5\ta </s>", "-0.5\ta </s>\t-1", "backoff"},
		{"-0.5\ta </s>", "-0.5\t<s> a", "twice"},
		{"-1\ta\t-0.2", "-1\ta\t-0.2\tx", "follows the backoff"},
		{"</s>", "</t>", "<s> and </s> are not among its words"},
		{"\\end\\", "", "unexpected EOF"},
		{"\\2-grams:", "\\3-grams:", `stands where \2-grams: is expected`},
		{"-1\ta", "-1\t" + strings.Repeat("a", maxLine), "longer than"},
	} {
		_, err := parseARPA(strings.ReplaceAll(good, c.old, c.new))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q for %q: %v; want %s", c.new, c.old, err, c.want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"empty":      "",
		"text":       "hello",
		"unfinished": "mmap lm http://kheafield.com/code incomplete\n" + strings.Repeat("\x00", 200),
		"old":        "mmap lm http://kheafield.com/code format version 4\n" + strings.Repeat("\x00", 200),
		"short":      magic,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzBinary(f *testing.F) {
	for _, name := range []string{"three.probing", "three.array", "three.quant"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := parseBinary(data); err == nil {
			m.Sentence([]byte("kaka kalo kami mika </s> x"))
		}
	})
}

func FuzzARPA(f *testing.F) {
	for _, name := range []string{"two.arpa", "three.arpa"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, data string) {
		if m, err := parseARPA(data); err == nil {
			m.Sentence([]byte("kaka kalo kami mika </s> x"))
		}
	})
}

func BenchmarkSentence(b *testing.B) {
	for _, name := range []string{"five.probing", "five.trie", "five.quantarray"} {
		b.Run(name, func(b *testing.B) {
			m := open(b, "testdata/"+name)
			rows := readRecordings(b, "testdata")
			words := 0
			for b.Loop() {
				for _, r := range rows[:10] {
					m.Sentence([]byte(r.Text))
					words += len(r.Full)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(words), "ns/word")
		})
	}
}
