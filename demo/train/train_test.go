package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/text/kenlm"
	"corpusmill/text/sentencepiece"
)

const poem = `the miller turns the mill, and the mill turns the stone
the stone turns the corn to flour, the flour turns to bread
the baker turns the bread, and the bread turns the miller's head`

func TestLearnPieces(t *testing.T) {
	// Counts: lo and ow 5, and lo comes first; low 5, ▁low 5, then er 3.
	got := learnPieces([]string{"low low lower", "lower slower"}, 12)
	want := []string{"lo", "low", "▁low", "er", "▁lower", "e", "l", "o", "r", "s", "w", "▁"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, p := range learnPieces([]string{strings.Repeat("<s>x</s> ab</s> ", 20)}, 40) {
		if slices.Contains(marks, p) {
			t.Errorf("%s is a piece", p)
		}
	}
	for _, p := range learnPieces([]string{strings.Repeat("a\u00a0b\x01c ▁d \xff", 20)}, 20) {
		if strings.ContainsAny(p, "\u00a0\x01\ufffd") || strings.LastIndex(p, "▁") > 0 {
			t.Errorf("%q is a piece", p)
		}
	}
}

// TestModels trains models, and holds them to what they have to be: the text
// is cut into known pieces that spell it, and the probabilities of what may
// follow add up to 1.
func TestModels(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "in.jsonl")
	var rows bytes.Buffer
	for _, line := range strings.Split(poem, "\n") {
		row, err := json.Marshal(map[string]any{"text": line, "meta": map[string]string{"kind": "poem"}})
		if err != nil {
			t.Fatal(err)
		}
		rows.Write(append(row, '\n'))
	}
	rows.WriteString(`{"text":"zzzz zzzz","meta":{"kind":"other"}}` + "\n")
	if err := os.WriteFile(input, rows.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	o := options{out: filepath.Join(dir, "models"), lang: "xx", kinds: []string{"poem"}, pieces: 60, bytes: 1 << 20, inputs: []string{input}}
	if err := run(o); err != nil {
		t.Fatal(err)
	}
	tokenizer, err := sentencepiece.Open(filepath.Join(o.out, "xx.sp.model"))
	if err != nil {
		t.Fatal(err)
	}
	model, err := kenlm.Open(filepath.Join(o.out, "xx.arpa.bin"))
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()

	e := tokenizer.NewEncoder()
	var spelled strings.Builder
	for _, p := range e.Encode([]byte("the\tmiller\n turns  ")) {
		if p.ID == tokenizer.Unknown() {
			t.Errorf("%q is unknown", e.Text(p))
		}
		spelled.Write(e.Text(p))
	}
	if got := spelled.String(); got != "▁the▁miller▁turns" {
		t.Errorf("spelled %q", got)
	}
	checkSums(t, model, tokenizer)

	first := files(t, o.out)
	if err := run(o); err != nil {
		t.Fatal(err)
	}
	if again := files(t, o.out); !slices.Equal(first, again) {
		t.Error("the same texts gave other models")
	}
	o.binary, o.lang = true, "yy"
	if err := run(o); err != nil {
		t.Fatal(err)
	}
	mapped, err := kenlm.Open(filepath.Join(o.out, "yy.arpa.bin"))
	if err != nil {
		t.Fatal(err)
	}
	defer mapped.Close()
	s := []byte("▁the ▁mill ▁turn s ▁zz ▁the")
	if a, b := model.Sentence(s), mapped.Sentence(s); a != b {
		t.Errorf("the ARPA file scores %v and the binary file %v", a, b)
	}
}

// checkSums adds the probabilities of all that may follow no word, one word
// and two words.
func checkSums(t *testing.T, m *kenlm.Model, tokenizer *sentencepiece.Model) {
	t.Helper()
	var words []uint32
	for id := range tokenizer.Len() {
		if piece := tokenizer.Piece(int32(id)); piece != "<s>" {
			words = append(words, m.Index([]byte(piece)))
		}
	}
	if m.Order() != order || !slices.Contains(words, m.End()) {
		t.Fatalf("order %d, words %v", m.Order(), words)
	}
	contexts := [][]string{{}, {"▁the"}, {"▁the", "▁mill"}, {"▁turns", "▁the"}, {"▁to", "e"}, {"no piece"}}
	for _, c := range contexts {
		state := *m.Begin()
		for _, w := range c {
			var next kenlm.State
			m.Score(&state, m.Index([]byte(w)), &next)
			state = next
		}
		sum := 0.0
		for _, w := range words {
			var next kenlm.State
			p, _ := m.Score(&state, w, &next)
			sum += math.Pow(10, float64(p))
		}
		if math.Abs(sum-1) > 1e-4 {
			t.Errorf("after %q the probabilities add up to %v", c, sum)
		}
	}
}

func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	for _, name := range []string{"xx.sp.model", "xx.arpa.bin"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "in.jsonl")
	for content, want := range map[string]string{
		`{"text":"a"}` + "\n{":                 "byte 1",
		`{"text":"a","meta":{"kind":"other"}}`: "no texts of these kinds",
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		err := run(options{out: dir, lang: "xx", kinds: []string{"poem"}, pieces: 9, bytes: 100, inputs: []string{path}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", content, err)
		}
	}
}

func TestSample(t *testing.T) {
	var texts []string
	for range 100 {
		texts = append(texts, "0123456789")
	}
	if taken, size := sample(texts, 300); len(taken) < 29 || len(taken) > 31 || size != int64(10*len(taken)) {
		t.Errorf("%d texts of %d bytes", len(taken), size)
	}
	if taken, _ := sample(texts, 1<<20); len(taken) != 100 {
		t.Errorf("%d of all texts", len(taken))
	}
}

// TestARPACounts reads the file as others do: sections with as many lines as
// the head says.
func TestARPACounts(t *testing.T) {
	g := newNgrams([]string{"a", "b"})
	g.add([]uint32{3, 4, 3, 4})
	g.add([]uint32{3, 4})
	var out bytes.Buffer
	if err := g.writeARPA(&out); err != nil {
		t.Fatal(err)
	}
	sections := map[string]int{}
	section := ""
	for sc := bufio.NewScanner(&out); sc.Scan(); {
		switch line := sc.Text(); {
		case strings.HasPrefix(line, "\\"):
			section = line
		case line != "":
			sections[section]++
		}
	}
	// b </s> after a came twice and stays, as <s> a b did.
	want := map[string]int{"\\data\\": 3, "\\1-grams:": 5, "\\2-grams:": 4, "\\3-grams:": 2}
	for k, n := range want {
		if sections[k] != n {
			t.Errorf("%s has %d lines, want %d", k, sections[k], n)
		}
	}
}
