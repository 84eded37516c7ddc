package tokenizers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recordings are tokenizers and what the library made of texts with them.
func recordings(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	if more := os.Getenv("TOKENIZERS_RECORDINGS"); more != "" {
		extra, err := filepath.Glob(filepath.Join(more, "*.jsonl"))
		if err != nil || len(extra) == 0 {
			t.Fatalf("no recordings in %s: %v", more, err)
		}
		files = append(files, extra...)
	}
	return files
}

type recording struct {
	Text    string
	IDs     []uint32
	Whole   []uint32
	Decoded string
	Plain   string
}

func readRecording(t testing.TB, file string) (k *Tokenizer, rows []recording) {
	t.Helper()
	k, err := Open(strings.TrimSuffix(file, "l"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var r recording
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if err := sc.Err(); err != nil || len(rows) == 0 {
		t.Fatalf("%s: %d rows, %v", file, len(rows), err)
	}
	return k, rows
}

// TestRecordings holds ids and decoded text to the library's.
func TestRecordings(t *testing.T) {
	for _, file := range recordings(t) {
		checkRecording(t, file)
	}
}

func checkRecording(t *testing.T, file string) {
	t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
		k, rows := readRecording(t, file)
		e := k.NewEncoder()
		before, after := k.Around()
		wrong := 0
		for _, r := range rows {
			ids, err := e.Append(nil, []byte(r.Text))
			if err != nil {
				t.Fatalf("%q: %v", r.Text, err)
			}
			whole := slices.Concat(before, ids, after)
			if slices.Equal(ids, r.IDs) && slices.Equal(whole, r.Whole) {
				if d, p := k.Decode(whole, false), k.Decode(whole, true); d != r.Decoded || p != r.Plain {
					if wrong++; wrong <= 3 {
						t.Errorf("%q is decoded to\n%q and %q, want\n%q and %q", r.Text, d, p, r.Decoded, r.Plain)
					}
				}
				continue
			}
			if wrong++; wrong <= 3 {
				t.Errorf("%q\ngot  %q\nwant %q", r.Text, tokensOf(k, whole), tokensOf(k, r.Whole))
			}
		}
		if wrong > 0 {
			t.Errorf("%d of %d texts differ", wrong, len(rows))
		}
	})
}

func tokensOf(k *Tokenizer, ids []uint32) (out []string) {
	for _, id := range ids {
		s, _ := k.Token(id)
		out = append(out, s)
	}
	return out
}

func TestEncodeAllocatesNothing(t *testing.T) {
	for _, file := range recordings(t) {
		k, rows := readRecording(t, file)
		e := k.NewEncoder()
		texts := [][]byte{[]byte("\xff not UTF-8"), bytes.Repeat([]byte("long"), 5000)}
		for _, r := range rows[:min(len(rows), 200)] {
			texts = append(texts, []byte(r.Text))
		}
		var ids []uint32
		all := func() {
			for _, b := range texts {
				var err error
				if ids, err = e.Append(ids[:0], b); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 4 { // buffers take turns
			all()
		}
		if n := testing.AllocsPerRun(2, all); n != 0 {
			t.Errorf("%s: %v allocations", file, n)
		}
	}
}
