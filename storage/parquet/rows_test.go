package parquet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"corpusmill/record"
	"corpusmill/storage"
)

// batchOf returns the first batch of a file.
func batchOf(t testing.TB, path string, o storage.ReadOptions) *storage.Batch {
	t.Helper()
	splits, err := Format{}.Splits(fileAt(path), 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Format{}.Open(context.Background(), fileAt(path), splits[0], o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	b, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const nestedRow = `{"text":"t\"1","n":1.5,"meta":{"src":"web","deep":{"x":null},"tags":["a","b"]},"a.b":"literal","a":{"b":"inner","c":7}}`

func TestFields(t *testing.T) {
	path := writeJSON(t, nil, WriterOptions{}, nestedRow, `{"text":null,"n":null,"meta":null,"a.b":null,"a":null}`)
	f := &record.Fields{}
	type want struct {
		kind record.Kind
		text string
	}
	cases := []struct {
		name          string
		first, second want
	}{
		{"text", want{record.String, `t"1`}, want{record.Null, "null"}},
		{"n", want{record.Number, "1.5"}, want{record.Null, "null"}},
		{"meta", want{record.Object, `{"src":"web","deep":{"x":null},"tags":["a","b"]}`}, want{record.Null, "null"}},
		{"meta.src", want{record.String, "web"}, want{record.Missing, ""}},
		{"meta.tags", want{record.List, `["a","b"]`}, want{record.Missing, ""}},
		{"meta.deep.x", want{record.Null, "null"}, want{record.Missing, ""}},
		{"meta.none", want{record.Missing, ""}, want{record.Missing, ""}},
		{"meta.tags.x", want{record.Missing, ""}, want{record.Missing, ""}},
		{"a.b", want{record.String, "literal"}, want{record.Null, "null"}},
		{"a.c", want{record.Number, "7"}, want{record.Missing, ""}},
		{"none", want{record.Missing, ""}, want{record.Missing, ""}},
	}
	for _, c := range cases {
		f.Path(c.name)
	}
	b := batchOf(t, path, storage.ReadOptions{Fields: f})
	if b.Lines != 2 || b.Seg != 0 || b.Rows.Len() != 2 || b.Rows.Line(1) != -1 || b.Rows.ID(1) != (record.ID{Src: 3, Pos: 1}) {
		t.Errorf("batch %+v, row %v", b, b.Rows.ID(1))
	}
	var s record.Scratch
	for row := range 2 {
		if err := b.Rows.Seek(row); err != nil {
			t.Fatal(err)
		}
		for p, c := range cases {
			w := c.first
			if row == 1 {
				w = c.second
			}
			if v, k := b.Rows.Field(record.Path(p), &s); k != w.kind || string(v) != w.text {
				t.Errorf("row %d, %s: %v %q, want %v %q", row, c.name, k, v, w.kind, w.text)
			}
		}
	}
}

func TestEdits(t *testing.T) {
	path := writeJSON(t, nil, WriterOptions{}, nestedRow, `{"meta":null,"a":{"c":1}}`)
	for _, c := range []struct {
		set         map[string]string
		extra       string
		drop        []string
		first, null string
	}{
		{map[string]string{"text": "new\n"}, "", nil,
			strings.Replace(nestedRow, `t\"1`, `new\n`, 1), `{"text":"new\n","n":null,"meta":null,"a.b":null,"a":{"b":null,"c":1}}`},
		{map[string]string{"meta.src": ""}, "", nil,
			strings.Replace(nestedRow, `"web"`, `""`, 1), `{"text":null,"n":null,"meta":null,"a.b":null,"a":{"b":null,"c":1},"meta.src":""}`},
		{map[string]string{"meta.deep": "s", "n": "x"}, "", nil,
			strings.Replace(strings.Replace(nestedRow, `{"x":null}`, `"s"`, 1), "1.5", `"x"`, 1), `{"text":null,"n":"x","meta":null,"a.b":null,"a":{"b":null,"c":1},"meta.deep":"s"}`},
		{map[string]string{"a.new": "v", "top": "w"}, "", nil,
			strings.Replace(nestedRow, `"c":7}}`, `"c":7,"new":"v"},"top":"w"}`, 1), `{"text":null,"n":null,"meta":null,"a.b":null,"a":{"b":null,"c":1,"new":"v"},"top":"w"}`},
		{nil, `"stats":{"x":1}`, []string{"text", "a"},
			`{"n":1.5,"meta":{"src":"web","deep":{"x":null},"tags":["a","b"]},"a.b":"literal","stats":{"x":1}}`, `{"n":null,"meta":null,"a.b":null,"stats":{"x":1}}`},
		{nil, "", []string{"text", "n", "meta", "a.b", "a"}, `{}`, `{}`},
		{nil, `"q":1`, []string{"text", "n", "meta", "a.b", "a"}, `{"q":1}`, `{"q":1}`},
	} {
		f := &record.Fields{}
		for name := range c.set {
			f.Path(name)
		}
		// Members that are added follow the order of the paths.
		if len(c.set) == 2 {
			f = &record.Fields{}
			for _, name := range []string{"a.new", "meta.deep", "n", "top"} {
				if _, ok := c.set[name]; ok {
					f.Path(name)
				}
			}
		}
		e := &record.Edits{Fields: f, Text: make([][]byte, f.Len()), Set: make([]bool, f.Len()), Extra: []byte(c.extra), Drop: c.drop}
		for name, text := range c.set {
			p := f.Path(name)
			e.Text[p], e.Set[p] = []byte(text), true
			e.N++
		}
		b := batchOf(t, path, storage.ReadOptions{Fields: f})
		for row, want := range []string{c.first, c.null} {
			if err := b.Rows.Seek(row); err != nil {
				t.Fatal(err)
			}
			before := string(b.Rows.AppendJSON(nil, nil))
			got := string(b.Rows.AppendJSON([]byte("x"), e))
			if got != "x"+want || !json.Valid([]byte(want)) {
				t.Errorf("%v: row %d:\n got %s\nwant x%s", c.set, row, got, want)
			}
			if after := string(b.Rows.AppendJSON(nil, nil)); after != before {
				t.Errorf("%v: the edit stayed: %s", c.set, after)
			}
		}
	}
}

func TestTooLong(t *testing.T) {
	path := writeJSON(t, nil, WriterOptions{}, `{"text":"short"}`, `{"text":"`+strings.Repeat("long ", 50_000)+`"}`)
	b := batchOf(t, path, storage.ReadOptions{MaxRow: 1000})
	if err := b.Rows.Seek(0); err != nil {
		t.Error(err)
	}
	var long storage.ErrTooLong
	if err := b.Rows.Seek(1); !errors.As(err, &long) || long.Bytes < 250_000 || long.Max != 1000 {
		t.Errorf("a long row: %v", err)
	}
	if raw := b.Rows.Raw(); len(raw) != rawLimit || !strings.HasPrefix(string(raw), `{"text":"long long`) {
		t.Errorf("raw: %d bytes, %.20s", len(raw), raw)
	}
	if err := b.Rows.Seek(0); err != nil || string(b.Rows.Raw()) != `{"text":"short"}` {
		t.Errorf("after the long row: %v %s", err, b.Rows.Raw())
	}
}

func TestNotUTF8(t *testing.T) {
	file, err := os.ReadFile("testdata/plain.parquet")
	if err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(string(file), "document number 7 ", "docum\xffnt number 7 ", 1)
	if bad == string(file) {
		t.Fatal("the text isn't found in the file")
	}
	path := t.TempDir() + "/bad.parquet"
	if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	err = readRows(path, storage.ReadOptions{}, func(b *storage.Batch, i int, err error) {
		if b.Rows.ID(i).Pos != 7 {
			if err != nil {
				t.Error(err)
			}
			return
		}
		if err == nil || !strings.Contains(err.Error(), "column text: the string is not UTF-8 at byte 5") {
			t.Errorf("invalid UTF-8: %v", err)
		}
		if raw := string(b.Rows.Raw()); !strings.Contains(raw, "docum\xffnt") {
			t.Errorf("raw: %q", raw)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSegments(t *testing.T) {
	rows := readJSON(t, "testdata/plain.parquet")
	splits, err := Format{}.Splits(fileAt("testdata/plain.parquet"), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	var bytes int64
	next := 0
	for i, s := range splits {
		if s.Seg != i || s.Src != 2 || s.Start != int64(next) {
			t.Errorf("split %d: %+v", i, s)
		}
		for _, whole := range []bool{false, true} { // one split, and all that follow it
			at := s
			if whole {
				at.End = -1
			}
			r, err := Format{}.Open(context.Background(), fileAt("testdata/plain.parquet"), at, storage.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			n := int(s.Start)
			for {
				b, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if !whole {
					bytes += b.Bytes
				}
				for row := range b.Rows.Len() {
					if err := b.Rows.Seek(row); err != nil {
						t.Fatal(err)
					}
					if id := b.Rows.ID(row); id != (record.ID{Src: 2, Pos: uint64(n)}) {
						t.Errorf("row %d has ID %v", n, id)
					}
					if got := string(b.Rows.AppendJSON(nil, nil)); got != rows[n] {
						t.Errorf("row %d: %s", n, got)
					}
					n++
				}
			}
			if err := errors.Join(r.Close(), r.Close()); err != nil {
				t.Error(err)
			}
			if want := map[bool]int{false: int(s.End), true: len(rows)}[whole]; n != want {
				t.Errorf("split %d ends at row %d of %d", i, n, want)
			}
		}
		next = int(s.End)
	}
	fd, ft, err := openFooter(t.Context(), fileAt("testdata/plain.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	fd.Close()
	var want int64
	for _, g := range ft.groups {
		want += g.bytes
	}
	if len(splits) != 3 || next != 300 || bytes != want {
		t.Errorf("%d splits, %d rows, %d bytes of %d", len(splits), next, bytes, want)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	text := dir + "/text.parquet"
	if err := os.WriteFile(text, []byte("this is no such file at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f    storage.File
		want string
	}{
		{storage.File{Path: "-"}, "standard input"},
		{storage.File{Path: "x.parquet.gz", Codec: storage.Gzip}, "unpack it"},
		{storage.File{Path: text}, "PAR1"},
		{storage.File{Path: dir + "/none.parquet"}, "no such file"},
	} {
		if _, err := (Format{}).Splits(c.f, 0, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.f.Path, err)
		}
	}
	_, err := Format{}.Open(context.Background(), fileAt("testdata/plain.parquet"), storage.Split{Seg: 1, Start: 7, End: 9}, storage.ReadOptions{})
	if err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("a split of another file: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := Format{}.Open(ctx, fileAt("testdata/plain.parquet"), storage.Split{End: 120}, storage.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled read: %v", err)
	}
}

func TestReadAllocatesNothingPerRow(t *testing.T) {
	f := &record.Fields{}
	paths := []record.Path{f.Path("text"), f.Path("us"), f.Path("struct.b.c"), f.Path("structs"), f.Path("f64")}
	b := batchOf(t, "testdata/types.parquet", storage.ReadOptions{Fields: f, MaxRow: 1 << 20})
	var s record.Scratch
	var buf []byte
	drop := []string{"dec128", "dec256"} // decimals beyond 64 bits need big integers
	e := &record.Edits{Fields: f, Text: make([][]byte, f.Len()), Set: make([]bool, f.Len()), Extra: []byte(`"x":1`), Drop: drop}
	e.Set[0], e.Text[0], e.N = true, []byte("edited"), 1
	row := 0
	visit := func() {
		row = (row + 1) % b.Rows.Len()
		if err := b.Rows.Seek(row); err != nil {
			t.Fatal(err)
		}
		s.Reset()
		for _, p := range paths {
			b.Rows.Field(p, &s)
		}
		buf = b.Rows.AppendJSON(buf[:0], e)
	}
	for range 100 {
		visit()
	}
	if n := testing.AllocsPerRun(200, visit); n > 0 {
		t.Errorf("%v allocations a row", n)
	}
}
