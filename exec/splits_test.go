package exec

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/plan"
	"corpusmill/storage"
	"corpusmill/storage/codec"
	"corpusmill/storage/fs"

	_ "corpusmill/storage/jsonl"
	_ "corpusmill/storage/parquet"
)

// splitInputs are 100,000 and 1000 bytes of lines, and Parquet in row groups of
// 120, 120 and 60 rows.
func splitInputs(t *testing.T) []storage.File {
	t.Helper()
	dir := scratch.Dir(t)
	lines := strings.Repeat(`{"text":"a line that is fifty bytes long, or so"}`+"\n", 2000)
	a, b := filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "b.jsonl")
	for path, data := range map[string]string{a: lines, b: lines[:1000]} {
		if err := os.WriteFile(path, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	found, err := fs.Find(t.Context(), []string{a, b, "../storage/parquet/testdata/plain.parquet"}, nil, storage.Formats())
	if err != nil {
		t.Fatal(err)
	}
	return found.Files
}

// TestCut holds that tasks cover each file once and in order, that none has
// more than it may, and that there are enough.
func TestCut(t *testing.T) {
	files := splitInputs(t)
	for _, x := range []struct {
		s        Splitting
		parallel int
		want     string // tasks by file
	}{
		{Splitting{}, 4, "100 1 3"}, // a segment a task
		{Splitting{Size: 1 << 30, Count: 1}, 4, "1 1 1"},
		{Splitting{Size: 30_000, Count: 1}, 4, "4 1 2"},
		{Splitting{Size: 2500, Count: 1}, 4, "50 1 3"},
		{Splitting{Size: 1 << 30, Count: 20}, 4, "17 1 3"},
		{Splitting{Size: 1 << 30}, 1, "7 1 3"},
		{Splitting{Size: 1 << 30}, 1000, "100 1 3"},
		{Splitting{Size: 10, Whole: true}, 4, "1 1 1"},
	} {
		name := fmt.Sprintf("%+v, %d at once", x.s, x.parallel)
		grain := x.s.grain(files, x.parallel)
		var counts []string
		all := 0
		for i, f := range files {
			fine, err := cut(f, uint32(i), 1000, 0)
			if err != nil {
				t.Fatal(err)
			}
			tasks, err := cut(f, uint32(i), 1000, grain)
			if err != nil {
				t.Fatal(err)
			}
			counts, all = append(counts, fmt.Sprint(len(tasks))), all+len(tasks)
			at, k := int64(0), 0
			for _, s := range tasks {
				if s.Src != uint32(i) || s.Start != at || s.Seg != fine[k].Seg || s.Start != fine[k].Start {
					t.Fatalf("%s: %+v begins elsewhere than at %d, %+v", name, s, at, fine[k])
				}
				first := k
				for k < len(fine) && fine[k].End <= s.End {
					k++
				}
				if k == first || s.End != fine[k-1].End || s.several != (k-first > 1) {
					t.Fatalf("%s: %+v isn't the segments %d to %d", name, s, first, k)
				}
				if s.several && s.bytes > float64(grain) {
					t.Errorf("%s: a task of %g bytes is above %d", name, s.bytes, grain)
				}
				at = s.End
			}
			if k != len(fine) {
				t.Errorf("%s: %d of %d segments of %s are in tasks", name, k, len(fine), f.Path)
			}
		}
		if got := strings.Join(counts, " "); got != x.want {
			t.Errorf("%s: %s tasks, want %s", name, got, x.want)
		}
		if all < x.s.Count {
			t.Errorf("%s: %d tasks are too few", name, all)
		}
		c, err := x.s.Cut(&plan.Plan{Inputs: files, Segment: 1000}, x.parallel)
		if err != nil || c.Splits != all || c.Largest < 1000 {
			t.Errorf("%s: %v, %+v of %d tasks", name, err, c, all)
		}
	}
}

// TestUncut finds the files that keep workers waiting, and no others.
func TestUncut(t *testing.T) {
	dir := scratch.Dir(t)
	random := make([]byte, 6<<20)
	for i := range random {
		random[i] = 'a' + byte((i*i)>>7)%26
	}
	line := `{"t":"` + string(random) + `"}` + "\n"
	frames, err := codec.NewFrames(storage.Gzip)
	if err != nil {
		t.Fatal(err)
	}
	var noise strings.Builder
	for i := range 1 << 20 {
		fmt.Fprintf(&noise, "{\"%x\":1}\n", uint64(i)*0x9E3779B97F4A7C15)
	}
	packed, err := frames.AppendFrame(nil, []byte(noise.String()))
	if err != nil || len(packed) < worthCutting {
		t.Fatal(err, len(packed))
	}
	for name, data := range map[string]string{"one.jsonl.gz": string(packed), "two.jsonl.gz": string(packed), "lines.jsonl": line + line, "small.jsonl.gz": string(packed[:1000])} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		files    string
		parallel int
		want     string
	}{
		{"one.jsonl.gz", 2, "one.jsonl.gz"},
		{"one.jsonl.gz", 1, ""},
		{"one.jsonl.gz two.jsonl.gz", 2, ""}, // one for each
		{"one.jsonl.gz two.jsonl.gz", 4, "one.jsonl.gz two.jsonl.gz"},
		{"lines.jsonl small.jsonl.gz", 8, ""},
	} {
		var paths []string
		for _, f := range strings.Fields(x.files) {
			paths = append(paths, filepath.Join(dir, f))
		}
		found, err := fs.Find(t.Context(), paths, nil, storage.Formats())
		if err != nil {
			t.Fatal(err)
		}
		files, err := Uncut(found.Files, 1<<20, x.parallel)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			got = append(got, filepath.Base(f.Path))
		}
		if strings.Join(got, " ") != x.want {
			t.Errorf("%d workers for %s: %v, want %s", x.parallel, x.files, got, x.want)
		}
		if note := UncutNote(files); (note == "") != (len(files) == 0) || len(files) > 0 && !strings.Contains(note, "corpusmill resplit "+files[0].Path) {
			t.Errorf("the note is %q", note)
		}
	}
}

// TestLongTaskWaits has a task with several segments go on while the first one
// is at work, whose turn it is: what it makes goes to the disk.
func TestLongTaskWaits(t *testing.T) {
	const n = 3
	b := &scripted{n: n, pick: func(left int) int { return left - 1 }, script: func(task Task, on func(Event)) (lost bool) {
		for k := range 3 {
			e := segmentDone(task, k)
			e.Segment.Bulk.Rows = []byte(strings.Repeat("{}\n", 1000))
			on(e)
		}
		on(Event{Task: task.ID, Attempt: task.Attempt, Kind: TaskDone})
		return false
	}}
	got, err := stageOf(t, n, b, func(task *Task) { task.several = true })
	if err != nil || strings.Join(got, " ") != inOrder(n) {
		t.Fatalf("%v, %v", err, got)
	}
}
