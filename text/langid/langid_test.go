package langid

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"corpusmill/text"
)

func model(t testing.TB) *Model {
	t.Helper()
	m, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type sentence struct {
	lang string
	text []byte // in lower case
}

func sentences(t testing.TB) []sentence {
	t.Helper()
	b, err := os.ReadFile("testdata/sentences.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []sentence
	for line := range strings.Lines(string(b)) {
		lang, s, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out = append(out, sentence{lang, text.AppendLower(nil, []byte(s))})
	}
	return out
}

// TestSentences holds the promise about clear prose, and that of short texts.
func TestSentences(t *testing.T) {
	id := model(t).New()
	for _, s := range sentences(t) {
		lang, score := id.Identify(s.text)
		if lang != s.lang || score < 0.8 {
			t.Errorf("%s is told to be %s, with %v: %s", s.lang, lang, score, s.text)
		}
		if _, short := id.Identify(s.text[:8]); short > score {
			t.Errorf("%q has the score %v, the whole sentence %v", s.text[:8], short, score)
		}
	}
}

func TestScores(t *testing.T) {
	id := model(t).New()
	english := "nobody may be kept from a public meeting because of where they were born. "
	for _, c := range []struct {
		name, text string
		min, max   float64
	}{
		{"empty", "", 0, 0},
		{"spaces", " \t\r\n\v\f ", 0, 0},
		{"digits", "1234567890", 0, 0.5},
		{"a word", "ok", 0, 0.5},
		{"json", `{"id": 17, "box": [0.25, 0.5, 0.75, 1.0], "ok": true, "next": null}`, 0, 0.5},
		{"code", "for (int i = 0; i < n; i++) { a[i] = b[i] * x->y; } return &a[0];", 0, 0.5},
		{"hex", strings.Repeat("0f3a9c 77e1b2 ", 30), 0, 0.5},
		{"not UTF-8", strings.Repeat("\xff\xfe\x80\xc3", 50), 0, 0.5},
		{"emoji", strings.Repeat("😀👍🏽", 20), 0, 0.5},
		{"prose", english, 0.9, 1},
		{"damaged prose", english + "\xff\xc3 \x80" + english, 0.9, 1},
		{"much prose", strings.Repeat(english, 10000), 0.9, 1},
		{"two languages", english + "personne ne peut être exclu d'une réunion publique à cause de son lieu de naissance", 0.3, 0.9},
	} {
		if _, score := id.Identify([]byte(c.text)); score < c.min || score > c.max {
			t.Errorf("%s: the score is %v, not within %v and %v", c.name, score, c.min, c.max)
		}
	}
}

// TestSpaces holds that how words are set apart makes no difference.
func TestSpaces(t *testing.T) {
	id := model(t).New()
	for _, s := range sentences(t) {
		lang, score := id.Identify(s.text)
		other := append([]byte("\n\n  "), bytes.ReplaceAll(s.text, []byte(" "), []byte("\r\n\t  "))...)
		if l, n := id.Identify(other); l != lang || n != score {
			t.Errorf("%s with %v; with more spaces %s with %v", lang, score, l, n)
		}
	}
}

// TestRepeat holds that a text's answer depends on nothing that came before.
func TestRepeat(t *testing.T) {
	m := model(t)
	used := m.New()
	for range 3 {
		for _, s := range sentences(t) {
			lang, score := used.Identify(s.text)
			if l, n := m.New().Identify(s.text); l != lang || n != score {
				t.Errorf("%s with %v; anew %s with %v", lang, score, l, n)
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	langs := model(t).Languages()
	if !slices.IsSorted(langs) || len(slices.Compact(slices.Clone(langs))) != len(langs) {
		t.Errorf("not in order, or not once each: %v", langs)
	}
	if slices.Contains(langs, noLanguage) || slices.Contains(langs, "") {
		t.Errorf("what is no language is among %v", langs)
	}
	for _, s := range sentences(t) {
		if !slices.Contains(langs, s.lang) {
			t.Errorf("%s isn't among %v", s.lang, langs)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	id := model(t).New()
	all := sentences(t)
	pass := func() {
		for _, s := range all {
			id.Identify(s.text)
		}
	}
	pass()
	if n := testing.AllocsPerRun(10, pass); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestDamaged holds that profiles with an error in them are refused or usable.
func TestDamaged(t *testing.T) {
	for _, n := range []int{0, 1, 100, len(profiles) - 1} {
		if _, err := decode(profiles[:n]); err == nil {
			t.Errorf("%d bytes of the profiles are taken for all", n)
		}
	}
}

// TestAutomaton compares the automaton with a search for the longest n-gram at
// each byte.
func TestAutomaton(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(most int) []byte {
		b := make([]byte, 2+rng.IntN(most-1))
		for i := range b {
			b[i] = "ab \x00\xff"[rng.IntN(5)]
		}
		return b
	}
	for range 300 {
		known := map[string]int{}
		var ngrams [][]byte
		for range 1 + rng.IntN(60) {
			known[string(random(6))] = 0
		}
		for n := range known {
			ngrams = append(ngrams, []byte(n))
		}
		slices.SortFunc(ngrams, bytes.Compare)
		for i, n := range ngrams {
			known[string(n)] = i
		}
		a := newAutomaton(ngrams)
		txt := random(200)
		state, before := uint32(0), byte('x')
		for i, b := range txt {
			m := a.next(state, before, b)
			state, before = m.to(), b
			want := none
			for k := max(0, i-6); k < i && want == none; k++ {
				if f, ok := known[string(txt[k:i+1])]; ok {
					want = f
				}
			}
			if int(m.feature()) != want {
				t.Fatalf("n-grams %q: in %q at %d the feature is %d, not %d", ngrams, txt, i, m.feature(), want)
			}
		}
	}
}

// TestSums compares sums by words with plain ones.
func TestSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	rows := make([]row, 500)
	weights := make([][mostClasses]int64, len(rows))
	for f := range rows {
		for c := range mostClasses {
			w := rng.IntN(16)
			rows[f].set(c, byte(w))
			weights[f][c] = int64(w)
		}
	}
	var s sums
	var want [mostClasses]int64
	all := int64(0)
	for range 5000 {
		f, multiple := rng.IntN(len(rows)), rng.IntN(256)
		s.add(rows, uint16(f), uint8(multiple))
		all += int64(multiple)
		for c, w := range weights[f] {
			want[c] += w * int64(multiple)
		}
	}
	s.finish(rows)
	if s.above != want || s.all != all {
		t.Error("the sums differ")
	}
}

func FuzzIdentify(f *testing.F) {
	for _, s := range sentences(f) {
		f.Add(s.text)
	}
	f.Add([]byte("\xff\x00\xed\xa0\x80 \n"))
	id := model(f).New()
	f.Fuzz(func(t *testing.T, text []byte) {
		lang, score := id.Identify(text)
		if score < 0 || score > 1 || score != score || (lang == "") != (len(id.seen) == 0) {
			t.Errorf("%q: %q with %v", text, lang, score)
		}
		if l, n := id.Identify(text); l != lang || n != score {
			t.Errorf("%q: %s with %v, then %s with %v", text, lang, score, l, n)
		}
	})
}

func FuzzParse(f *testing.F) {
	// One class, and the n-gram ab with the weight 2.
	f.Add([]byte("\x01\x00\x02en\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x02ab\x01\x01\x02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err == nil {
			m.New().Identify(b)
		}
	})
}

// BenchmarkIdentify is over documents of about 500 bytes and 4 KB, each in one
// of the languages of the test.
func BenchmarkIdentify(b *testing.B) {
	id := model(b).New()
	for name, times := range map[string]int{"500B": 3, "4KB": 24} {
		var docs [][]byte
		size := 0
		for _, s := range sentences(b) {
			doc := bytes.Repeat(append(s.text, ' '), times)
			docs = append(docs, doc)
			size += len(doc)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, d := range docs {
					id.Identify(d)
				}
			}
		})
	}
}
