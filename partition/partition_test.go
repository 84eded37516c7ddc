package partition

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/internal/filelock"
	"corpusmill/internal/scratch"
	"corpusmill/storage"
	"corpusmill/storage/fs"

	_ "corpusmill/storage/jsonl"
)

func file(t *testing.T, path, content string) storage.File {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	found, err := fs.Find(t.Context(), []string{path}, nil, storage.Formats())
	if err != nil {
		t.Fatal(err)
	}
	return found.Files[0]
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint("h", i))
	}
	return out
}

// lines are rows whose field w is heavy-tailed, in random order.
func lines(n int, seed uint64) (out []string) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		out = append(out, fmt.Sprintf(`{"id":%d, "m":{"w":%g},"text":"%s"}`, i, math.Exp(1.5*rnd.NormFloat64()), strings.Repeat("é", rnd.IntN(100))))
	}
	return out
}

// TestRun holds that every row goes to one node, with the bytes and in the
// order in which it came, and that the nodes have about the same.
func TestRun(t *testing.T) {
	rows := lines(5000, 1)
	for _, by := range []string{"", "m.w"} {
		for _, nodes := range []int{1, 2, 7, 64} {
			dir := scratch.Dir(t)
			a := file(t, filepath.Join(dir, "a.jsonl"), strings.Join(rows[:3000], "\n")+"\n\n")
			b := file(t, filepath.Join(dir, "b.jsonl"), strings.Join(rows[3000:], "\r\n"))
			q := Request{Files: []storage.File{a, b}, Nodes: names(nodes), Field: by, MaxRow: 1 << 20, Folder: filepath.Join(dir, "new", "parts")}
			r, err := Run(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if r.Rows != 5000 || r.Blank != 1 || r.Unweighted != 0 || r.Imbalance > 1.02 {
				t.Errorf("by %q among %d: %+v", by, nodes, r)
			}
			var all []string
			for i, n := range r.Nodes {
				if n.Name != q.Nodes[i] || n.File != "parts_"+n.Name+".jsonl" {
					t.Fatalf("%+v is node %d", n, i)
				}
				got := content(t, filepath.Join(q.Folder, n.File))
				part := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
				if int64(len(got)) != n.Bytes || int64(len(part)) != n.Rows {
					t.Errorf("%s has %d bytes and %d rows: %+v", n.File, len(got), len(part), n)
				}
				at := 0
				for _, line := range part {
					k := slices.Index(rows[at:], line)
					if k < 0 {
						t.Fatalf("%s has a row that isn't next in the input: %s", n.File, line)
					}
					at += k + 1
				}
				all = append(all, part...)
			}
			want := slices.Clone(rows)
			slices.Sort(all)
			slices.Sort(want)
			if !slices.Equal(all, want) {
				t.Error("the rows of all nodes aren't those of the input")
			}
			var listed Result
			if err := json.Unmarshal([]byte(content(t, filepath.Join(q.Folder, listName))), &listed); err != nil || fmt.Sprint(listed) != fmt.Sprint(*r) {
				t.Errorf("%v: the list has %+v, want %+v", err, listed, *r)
			}
			again, err := Run(t.Context(), q)
			if err != nil || fmt.Sprint(*again) != fmt.Sprint(*r) {
				t.Errorf("a second time: %v, %+v", err, again)
			}
			if left, _ := filepath.Glob(q.Folder + ".*"); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		}
	}
}

// TestMany bounds what is kept of the rows: neighbours then go together.
func TestMany(t *testing.T) {
	w := newWeights()
	w.limit = 1 << 10
	rnd := rand.New(rand.NewPCG(1, 1))
	var sum float64
	const n = 100_003
	for i := range n {
		x := float64(rnd.IntN(1000))
		sum += x
		w.add(x, i%10 != 0)
		if i%10 == 0 {
			sum -= x
		}
	}
	if len(w.units) > w.limit || w.together != 128 || w.rows != n || w.unknown != (n+9)/10 {
		t.Fatalf("%d units of %d rows, %d rows, %d unknown", len(w.units), w.together, w.rows, w.unknown)
	}
	var rows, unknown int64
	var weight float64
	for i, u := range w.units {
		if i+1 < len(w.units) && int64(u.rows) != w.together {
			t.Fatalf("unit %d has %d rows", i, u.rows)
		}
		rows, unknown, weight = rows+int64(u.rows), unknown+int64(u.unknown), weight+u.weight
	}
	if rows != n || unknown != w.unknown || weight != sum {
		t.Errorf("the units have %d rows, %d unknown, weight %g; want weight %g", rows, unknown, weight, sum)
	}
	loads := make([]float64, 16)
	for i, to := range w.assign(len(loads)) {
		loads[to] += w.of(w.units[i])
	}
	if slices.Max(loads) > 1.05*slices.Min(loads) {
		t.Errorf("the loads are %v", loads)
	}
}

// TestManyRows runs with more rows than are kept.
func TestManyRows(t *testing.T) {
	dir := scratch.Dir(t)
	var b strings.Builder
	for i := range maxUnits + 5 {
		fmt.Fprintf(&b, "{\"n\":%d}\n", i)
	}
	in := file(t, filepath.Join(dir, "in.jsonl"), b.String())
	q := Request{Files: []storage.File{in}, Nodes: names(3), MaxRow: 1 << 10, Folder: filepath.Join(dir, "parts")}
	r, err := Run(t.Context(), q)
	if err != nil || r.Together != 2 || r.Rows != maxUnits+5 || r.Imbalance > 1.001 {
		t.Fatalf("%v: %+v", err, r)
	}
	var sum int64
	for _, n := range r.Nodes {
		if n.File != "in_"+n.Name+".jsonl" {
			t.Errorf("of one input the name is %s", n.File)
		}
		sum += n.Bytes
	}
	if sum != in.Size {
		t.Errorf("%d bytes of %d", sum, in.Size)
	}
}

// TestGreedy is the schedule that Graham's paper shows: 4/3 − 1/(3m) of the
// best at worst.
func TestGreedy(t *testing.T) {
	w := newWeights()
	for _, x := range []float64{5, 5, 4, 4, 3, 3, 3} {
		w.add(x, true)
	}
	loads := make([]float64, 3)
	for i, to := range w.assign(3) {
		loads[to] += w.units[i].weight
	}
	if fmt.Sprint(loads) != "[11 8 8]" {
		t.Errorf("the loads are %v", loads)
	}
}

// TestOddRows passes on what has no weight, in its share.
func TestOddRows(t *testing.T) {
	dir := scratch.Dir(t)
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "%s\n", []string{`{"w":2}`, `{"w":"2"}`, `{}`, `{"w":-1}`, `no row`, `{"w":0}`, `{"w":1e999}`, `{"w":null}`, `[1]`, "{\"w\":\"\xff\"}"}[i%10])
	}
	q := Request{Files: []storage.File{file(t, filepath.Join(dir, "in.jsonl"), b.String())}, Nodes: names(4), Field: "w", MaxRow: 1 << 10, Folder: filepath.Join(dir, "parts")}
	r, err := Run(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var bytes int64
	for _, n := range r.Nodes {
		bytes += n.Bytes
		if n.Rows < 70 || n.Rows > 80 {
			t.Errorf("%+v", n)
		}
	}
	if r.Rows != 300 || r.Malformed != 90 || r.Unweighted != 210 || bytes != int64(b.Len()) {
		t.Errorf("%+v, %d bytes of %d", r, bytes, b.Len())
	}
}

func TestRefused(t *testing.T) {
	dir := scratch.Dir(t)
	in := file(t, filepath.Join(dir, "in.jsonl"), "{\"a\":1}\n{\"a\":\"0123456789\"}\n")
	ours := filepath.Join(dir, "theirs")
	if err := os.MkdirAll(ours, 0o777); err != nil {
		t.Fatal(err)
	}
	file(t, filepath.Join(ours, "dear.jsonl"), "{}\n")
	for _, x := range []struct {
		edit func(*Request)
		want string
	}{
		{func(q *Request) { q.Nodes = nil }, "among 1 to 4096 nodes"},
		{func(q *Request) { q.Nodes = []string{"a", "a"} }, "named twice"},
		{func(q *Request) { q.Nodes = []string{"../a"} }, "no name of a node"},
		{func(q *Request) { q.Nodes = []string{".."} }, "no name of a node"},
		{func(q *Request) { q.Files[0].Size = -1 }, "can't be read twice"},
		{func(q *Request) { q.Field = "b" }, `in the field "b"`},
		{func(q *Request) { q.MaxRow = 12 }, "in.jsonl: row at 8: row of 18 bytes is longer"},
		{func(q *Request) { q.Folder = ours }, "dear.jsonl, which no partition has made"},
		{func(q *Request) { q.Folder = dir }, "lies in " + dir},
	} {
		q := Request{Files: []storage.File{in}, Nodes: names(2), MaxRow: 1 << 10, Folder: filepath.Join(dir, "parts")}
		x.edit(&q)
		if _, err := Run(t.Context(), q); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%v, want %q", err, x.want)
		}
		if _, err := os.Stat(filepath.Join(dir, "parts")); !errors.Is(err, os.ErrNotExist) {
			t.Error("a refused partition left its folder")
		}
	}
	if content(t, filepath.Join(ours, "dear.jsonl")) != "{}\n" {
		t.Error("what was there is gone")
	}
}

// TestDisturbed stops in either pass, changes the input in between, and holds
// the lock: the earlier result stays as it was.
func TestDisturbed(t *testing.T) {
	dir := scratch.Dir(t)
	in := file(t, filepath.Join(dir, "in.jsonl"), strings.Join(lines(20000, 3), "\n")+"\n")
	q := Request{Files: []storage.File{in}, Nodes: names(2), MaxRow: 1 << 20, Folder: filepath.Join(dir, "parts")}
	if _, err := Run(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	list := content(t, filepath.Join(q.Folder, listName))
	for _, pass := range []int64{0, in.Size} {
		ctx, cancel := context.WithCancel(t.Context())
		at := int64(0)
		q.Read = func(n int64) {
			if at += n; at > pass {
				cancel()
			}
		}
		if _, err := Run(ctx, q); !errors.Is(err, context.Canceled) {
			t.Errorf("stopped after %d bytes: %v", at, err)
		}
		cancel()
	}
	at := int64(0)
	q.Read = func(n int64) {
		if at += n; at == in.Size {
			file(t, in.Path, strings.Replace(content(t, in.Path), `{"id":0,`, `{"id":9,`, 1))
		}
	}
	if _, err := Run(t.Context(), q); !errors.Is(err, storage.ErrChanged) {
		t.Errorf("of a changed input: %v", err)
	}
	q.Read = nil
	release, err := filelock.Take(q.Folder + ".partial.lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), q); err == nil || !strings.Contains(err.Error(), "another partition") {
		t.Errorf("beside another: %v", err)
	}
	release()
	if left, _ := filepath.Glob(q.Folder + ".*"); len(left) > 0 || content(t, filepath.Join(q.Folder, listName)) != list {
		t.Errorf("left: %v", left)
	}
}

// BenchmarkRun shares out rows of about 600 bytes by their bytes.
func BenchmarkRun(b *testing.B) {
	dir := scratch.Dir(b)
	path := filepath.Join(dir, "in.jsonl")
	row := `{"text":"` + strings.Repeat("lorem ipsum ", 48) + `"}` + "\n"
	if err := os.WriteFile(path, []byte(strings.Repeat(row, 100_000)), 0o666); err != nil {
		b.Fatal(err)
	}
	in := storage.File{Path: path, Size: int64(100_000 * len(row)), Format: "jsonl"}
	b.SetBytes(in.Size)
	for b.Loop() {
		if _, err := Run(b.Context(), Request{Files: []storage.File{in}, Nodes: names(8), MaxRow: 1 << 20, Folder: filepath.Join(dir, "parts")}); err != nil {
			b.Fatal(err)
		}
	}
}
