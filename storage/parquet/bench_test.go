package parquet

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"corpusmill/record"
	"corpusmill/storage"
)

// benchRows are some 16 MB of rows of about 2 kB with text, identity and
// nested metadata.
func benchRows() (rows []string, bytes int64) {
	rnd := rand.New(rand.NewPCG(1, 1))
	words := make([]string, 5000)
	for i := range words {
		b := make([]byte, 2+rnd.IntN(9))
		for j := range b {
			b[j] = byte('a' + rnd.IntN(26))
		}
		words[i] = string(b)
	}
	for i := 0; bytes < 16<<20; i++ {
		var text strings.Builder
		for range 100 + rnd.IntN(400) {
			text.WriteString(words[int(float64(len(words))*rnd.Float64()*rnd.Float64())])
			text.WriteByte(' ')
			if rnd.IntN(60) == 0 {
				text.WriteString(`\n`)
			}
		}
		r := fmt.Sprintf(`{"text":"%s","id":%d,"meta":{"source":"web%d","score":%g,"url":"https://example.org/%d"}}`,
			text.String(), i, i%9, float64(i)/7, rnd.Uint64())
		rows = append(rows, r)
		bytes += int64(len(r))
	}
	return rows, bytes
}

func benchRead(b *testing.B, visit func(rows record.Rows, s *record.Scratch, p record.Path)) {
	rows, bytes := benchRows()
	path := writeJSON(b, nil, WriterOptions{}, rows...)
	f := &record.Fields{}
	p := f.Path("text")
	b.SetBytes(bytes)
	b.ReportAllocs()
	var s record.Scratch
	for b.Loop() {
		err := readRows(path, storage.ReadOptions{Fields: f, MaxRow: 16 << 20}, func(batch *storage.Batch, _ int, err error) {
			if err != nil {
				b.Fatal(err)
			}
			s.Reset()
			visit(batch.Rows, &s, p)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadText(b *testing.B) {
	benchRead(b, func(rows record.Rows, s *record.Scratch, p record.Path) { rows.Field(p, s) })
}

func BenchmarkReadJSON(b *testing.B) {
	var buf []byte
	benchRead(b, func(rows record.Rows, _ *record.Scratch, _ record.Path) { buf = rows.AppendJSON(buf[:0], nil) })
}

func BenchmarkObserve(b *testing.B) {
	rows, bytes := benchRows()
	b.SetBytes(bytes)
	b.ReportAllocs()
	for b.Loop() {
		s := NewSketch(nil)
		for i, r := range rows {
			if err := s.Observe(record.ID{Pos: uint64(i)}, []byte(r)); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	rows, bytes := benchRows()
	s := NewSketch(nil)
	for i, r := range rows {
		if err := s.Observe(record.ID{Pos: uint64(i)}, []byte(r)); err != nil {
			b.Fatal(err)
		}
	}
	sc, err := s.Schema(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("file", func(b *testing.B) {
		b.SetBytes(bytes)
		b.ReportAllocs()
		for b.Loop() {
			w, err := NewWriter(io.Discard, sc, WriterOptions{})
			if err != nil {
				b.Fatal(err)
			}
			for _, r := range rows {
				if err := w.WriteJSON([]byte(r)); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("columns", func(b *testing.B) { // without encoding and compression
		b.SetBytes(bytes)
		b.ReportAllocs()
		sh := newShredder(len(sc.tree.leaves))
		for b.Loop() {
			sh.reset(0, len(sh.cols))
			for _, r := range rows {
				if err := sh.object(sc.tree.root, []byte(r), 0); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
