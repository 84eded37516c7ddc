package parquet

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"corpusmill/record"
	"corpusmill/storage"
)

// readRows reads a whole file and calls fn with each row made current; err
// is Seek's.
func readRows(path string, o storage.ReadOptions, fn func(b *storage.Batch, row int, err error)) error {
	f := storage.File{Path: path}
	splits, err := Format{}.Splits(f, 7, 32<<20)
	if err != nil {
		return err
	}
	for _, s := range splits {
		r, err := Format{}.Open(context.Background(), f, s, o)
		if err != nil {
			return err
		}
		for {
			b, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				r.Close()
				return err
			}
			for i := range b.Rows.Len() {
				fn(b, i, b.Rows.Seek(i))
			}
		}
		if err := r.Close(); err != nil {
			return err
		}
	}
	return nil
}

// readJSON returns the rows of a file as JSON.
func readJSON(t testing.TB, path string) (rows []string) {
	t.Helper()
	err := readRows(path, storage.ReadOptions{}, func(b *storage.Batch, i int, err error) {
		if err != nil {
			t.Fatalf("%s: row %v: %v", path, b.Rows.ID(i), err)
		}
		rows = append(rows, string(b.Rows.AppendJSON(nil, nil)))
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// writeJSON writes rows as a file with the schema that a sketch makes of
// them.
func writeJSON(t testing.TB, hint *Schema, o WriterOptions, rows ...string) (path string) {
	t.Helper()
	sk := NewSketch(hint)
	for i, r := range rows {
		if err := sk.Observe(record.ID{Pos: uint64(i)}, []byte(r)); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
	s, err := sk.Schema(hint)
	if err != nil {
		t.Fatal(err)
	}
	return writeWith(t, s, o, rows...)
}

func writeWith(t testing.TB, s *Schema, o WriterOptions, rows ...string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "out.parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(f, s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.WriteJSON([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func fileAt(path string) storage.File { return storage.File{Path: path} }

func hintOf(t testing.TB, path string) *Schema {
	t.Helper()
	s, err := FromParquet([]storage.File{{Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
