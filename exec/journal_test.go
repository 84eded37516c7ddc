package exec

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"corpusmill/internal/scratch"
)

// sampleEntries are entries of all kinds.
func sampleEntries() []entry {
	s := &segmentEntry{Stage: 1, Streams: map[string]streamState{"drops": {Len: 7, Sum: 1 << 63}}, Output: &outputState{Raw: 5, Tail: &tailState{Name: "tail-5", Len: 5}}}
	s.Summary.Src, s.Summary.Seg, s.Summary.Steps = 2, 3, map[int]StepCount{1: {Reasons: []int64{4}}}
	s.Summary.Rows.Add([]byte("{}"))
	return []entry{
		{Segment: s},
		{Segment: s, Synced: true},
		{Task: &taskEntry{Stage: 1, Range: 2}},
		{Done: &doneEntry{Stage: 1, Shards: []shard{{Bytes: 3, Sum: "ab"}}}, Synced: true},
		{Commit: &commitEntry{Report: &Report{Digest: "d"}, Renames: [][2]string{{"a", "b"}}}},
	}
}

func writeJournal(t *testing.T, entries []entry) string {
	t.Helper()
	path := filepath.Join(scratch.Dir(t), "journal")
	j, err := openJournal(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	for _, e := range entries {
		if err := j.write(e); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// TestJournalTorn cuts a journal at every byte, and goes on behind what is
// whole.
func TestJournalTorn(t *testing.T) {
	want := sampleEntries()
	whole, err := os.ReadFile(writeJournal(t, want))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(scratch.Dir(t), "journal")
	for n := range len(whole) + 1 {
		for _, rest := range [][]byte{nil, []byte("torn"), make([]byte, 100), whole[:50]} {
			if err := os.WriteFile(path, append(bytes.Clone(whole[:n]), rest...), 0o666); err != nil {
				t.Fatal(err)
			}
			got, err := readJournal(path)
			if err != nil {
				t.Fatalf("cut at %d: %v", n, err)
			}
			lines := bytes.Count(whole[:n], newline)
			if len(got) != lines {
				t.Fatalf("cut at %d, then %q: %d entries, want %d", n, rest, len(got), lines)
			}
			var end int64
			for i, e := range got {
				if !reflect.DeepEqual(e.entry, want[i]) {
					t.Fatalf("cut at %d: entry %d is %+v, want %+v", n, i, e.entry, want[i])
				}
				end = e.end
			}
			j, err := openJournal(path, end)
			if err != nil {
				t.Fatal(err)
			}
			if err := j.write(entry{Task: &taskEntry{Stage: 9, Range: 9}}); err != nil {
				t.Fatal(err)
			}
			j.close()
			if again, err := readJournal(path); err != nil || len(again) != lines+1 || again[lines].Task.Range != 9 {
				t.Fatalf("cut at %d: %v, %d entries after one more, want %d", n, err, len(again), lines+1)
			}
		}
	}
}

func TestJournalDamaged(t *testing.T) {
	whole, err := os.ReadFile(writeJournal(t, sampleEntries()))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(scratch.Dir(t), "journal")
	for at := range whole {
		b := bytes.Clone(whole)
		b[at] ^= 1 << (at % 5) // 1<<5 would only change a hexadecimal digit's case
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := readJournal(path)
		if line := bytes.Count(whole[:at], newline); err != nil || len(got) > line {
			t.Fatalf("byte %d flipped, in line %d: %v, %d entries", at, line, err, len(got))
		}
	}
}

func TestNoJournal(t *testing.T) {
	if got, err := readJournal(filepath.Join(scratch.Dir(t), "none")); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}
