package sentencepiece

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recordings are models and what the library made of texts with them.
func recordings(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	if more := os.Getenv("SENTENCEPIECE_RECORDINGS"); more != "" {
		extra, err := filepath.Glob(filepath.Join(more, "*.jsonl"))
		if err != nil || len(extra) == 0 {
			t.Fatalf("no recordings in %s: %v", more, err)
		}
		files = append(files, extra...)
	}
	return files
}

type recording struct {
	Text   string
	Pieces []string
	IDs    []int32
}

func readRecording(t testing.TB, file string) (m *Model, rows []recording) {
	t.Helper()
	m, err := Open(strings.TrimSuffix(file, ".jsonl") + ".model")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var r recording
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		t.Fatalf("%s is empty", file)
	}
	return m, rows
}

func TestRecordings(t *testing.T) {
	for _, file := range recordings(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			m, rows := readRecording(t, file)
			e := m.NewEncoder()
			wrong := 0
			for _, r := range rows {
				var texts []string
				var ids []int32
				for _, p := range e.Encode([]byte(r.Text)) {
					texts, ids = append(texts, string(e.Text(p))), append(ids, p.ID)
				}
				if slices.Equal(texts, r.Pieces) && slices.Equal(ids, r.IDs) {
					continue
				}
				if wrong++; wrong <= 3 {
					t.Errorf("%q\ngot  %q %v\nwant %q %v", r.Text, texts, ids, r.Pieces, r.IDs)
				}
			}
			if wrong > 0 {
				t.Errorf("%d of %d texts differ", wrong, len(rows))
			}
		})
	}
}

func TestEncodeAllocatesNothing(t *testing.T) {
	for _, file := range recordings(t) {
		m, rows := readRecording(t, file)
		e := m.NewEncoder()
		var texts [][]byte
		for _, r := range rows {
			texts = append(texts, []byte(r.Text))
		}
		all := func() {
			for _, b := range texts {
				for _, p := range e.Encode(b) {
					e.Text(p)
				}
			}
		}
		all()
		if n := testing.AllocsPerRun(2, all); n != 0 {
			t.Errorf("%s: %v allocations", file, n)
		}
	}
}

// TestDamaged cuts a model at every place and changes every byte: each yields
// an error or a model that encodes.
func TestDamaged(t *testing.T) {
	for _, name := range []string{"unigram_rules", "bpe_bytes"} {
		b, err := os.ReadFile("testdata/" + name + ".model")
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		try := func(b []byte) {
			m, err := Parse(b)
			if err != nil {
				refused++
				return
			}
			e := m.NewEncoder()
			for _, s := range []string{"", "ABé it's <sep> @@x \xff\u3000日本 \x00", strings.Repeat("fox ", 4)} {
				for _, p := range e.Encode([]byte(s)) {
					e.Text(p)
				}
			}
		}
		for i := 0; i < len(b); i += 13 {
			try(b[:i])
			c := slices.Clone(b)
			c[i] ^= 1 << (i % 8)
			try(c)
			c[i] = 0xFF
			try(c)
		}
		if refused == 0 {
			t.Errorf("%s: nothing was refused", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"unigram_rules", "bpe_identity"} {
		b, err := os.ReadFile("testdata/" + name + ".model")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, []byte("the quick fox"))
	}
	f.Fuzz(func(t *testing.T, file, text []byte) {
		m, err := Parse(file)
		if err != nil {
			return
		}
		e := m.NewEncoder()
		for _, p := range e.Encode(text) {
			e.Text(p)
		}
	})
}

// checkWords holds the pieces of a text cut by words, some of them kept, to
// those of the text cut as a whole.
func checkWords(t testing.TB, e *Encoder) {
	t.Helper()
	e.pieces = e.pieces[:0]
	e.words()
	byWord := slices.Clone(e.pieces)
	e.pieces = e.pieces[:0]
	e.bpe(0, len(e.normal))
	if !slices.Equal(byWord, e.pieces) {
		t.Fatalf("%q: by words %v, as a whole %v", e.normal, byWord, e.pieces)
	}
}

func TestWords(t *testing.T) {
	checked := 0
	for _, file := range recordings(t) {
		m, rows := readRecording(t, file)
		e := m.NewEncoder()
		for _, r := range rows {
			if e.Encode([]byte(r.Text)); m.byWord && len(e.normal) > 0 {
				checked++
				checkWords(t, e)
			}
		}
	}
	if checked < 100 {
		t.Errorf("%d texts were cut by words", checked)
	}
}

// FuzzEncode cuts any bytes with the recorded models: the pieces follow each
// other without a gap, and spell the text in its normal form.
func FuzzEncode(f *testing.F) {
	var models []*Model
	for _, file := range recordings(f) {
		m, rows := readRecording(f, file)
		models = append(models, m)
		for _, r := range rows[:5] {
			f.Add([]byte(r.Text))
		}
	}
	f.Add([]byte("\xed\xa0\x80\xff \x00\u3000\U0001F600\xf0\x9f"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for i, m := range models {
			e := m.NewEncoder()
			start, end := uint32(0), uint32(0)
			for _, p := range e.Encode(text) {
				if p.ID < 0 || int(p.ID) >= m.Len() {
					t.Fatalf("model %d: %q has the piece %d of %d", i, text, p.ID, m.Len())
				}
				same := p.Start == start && p.End == end && m.byteFallback
				if p.Start != end && !same || p.End <= p.Start {
					t.Fatalf("model %d: %q: a piece from %d to %d follows one from %d to %d", i, text, p.Start, p.End, start, end)
				}
				start, end = p.Start, p.End
				if p.ID != m.Unknown() && !same && m.pieces[p.ID].kind != bytePiece && string(e.Text(p)) != m.Piece(p.ID) {
					t.Fatalf("model %d: %q: the piece %q has the text %q", i, text, m.Piece(p.ID), e.Text(p))
				}
			}
			if int(end) != len(e.normal) {
				t.Fatalf("model %d: %q: the pieces end at %d of %d", i, text, end, len(e.normal))
			}
			if m.byWord && len(e.normal) > 0 {
				checkWords(t, e)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, name := range []string{"unigram_rules", "bpe_identity"} {
		b.Run(name, func(b *testing.B) {
			m, rows := readRecording(b, "testdata/"+name+".jsonl")
			var text []byte
			for _, r := range rows {
				text = append(append(text, r.Text...), ' ')
			}
			e := m.NewEncoder()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				e.Encode(text)
			}
		})
	}
}
