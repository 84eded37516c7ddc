//go:build unix

package csv

import (
	"io"
	"strings"
	"syscall"
	"testing"

	"corpusmill/record"
	"corpusmill/storage"
)

// cpuSeconds is what the process has used, so that figures hold on a machine
// that others use, too.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// benchFiles are 32 MiB of what a reader spends time on.
func benchFiles(b *testing.B) map[string]storage.File {
	files := map[string]storage.File{}
	for name, row := range map[string]string{
		"text":   `doc-1,"` + strings.Repeat("All work, and no play, makes \"\"Jack\"\" a dull boy.\n敏捷的棕色狐狸 ", 32) + "\",en\n",
		"ascii":  `doc-1,"` + strings.Repeat("All work, and no play, makes Jack a dull boy, says the book.\n", 32) + "\",en\n",
		"short":  "doc-1,the quick brown fox jumps over the lazy dog,en\n",
		"quoted": "\"doc-1\",\"the quick brown fox jumps over the lazy dog\",\"en\"\n",
	} {
		files[name] = write(b, name+".csv", "id,text,lang\n"+strings.Repeat(row, 32<<20/len(row)))
	}
	return files
}

func report(b *testing.B, f storage.File, fn func()) {
	b.SetBytes(f.Size)
	b.ReportAllocs()
	began := cpuSeconds()
	for b.Loop() {
		fn()
	}
	b.ReportMetric(float64(f.Size)*float64(b.N)/1e6/(cpuSeconds()-began), "MB/cpu-s")
}

// BenchmarkRead reads files from the page cache: rows alone; each row checked
// and its text found; and written as JSON.
func BenchmarkRead(b *testing.B) {
	fields := &record.Fields{}
	text := fields.Path("text")
	for name, f := range benchFiles(b) {
		for depth, what := range []string{"rows", "fields", "json"} {
			b.Run(name+"/"+what, func(b *testing.B) {
				var s record.Scratch
				var out []byte
				report(b, f, func() {
					r, err := comma.Open(b.Context(), f, storage.Split{End: f.Size}, storage.ReadOptions{Fields: fields, Segment: 32 << 20, MaxRow: 16 << 20})
					if err != nil {
						b.Fatal(err)
					}
					defer r.Close()
					for {
						batch, err := r.Next()
						if err == io.EOF {
							break
						}
						if err != nil {
							b.Fatal(err)
						}
						for i := 0; depth > 0 && i < batch.Rows.Len(); i++ {
							if err := batch.Rows.Seek(i); err != nil {
								b.Fatal(err)
							}
							s.Reset()
							batch.Rows.Field(text, &s)
							if depth > 1 {
								out = batch.Rows.AppendJSON(out[:0], nil)
							}
						}
					}
				})
			})
		}
	}
}

// BenchmarkSplits finds where rows begin in 1 MiB segments.
func BenchmarkSplits(b *testing.B) {
	for name, f := range benchFiles(b) {
		b.Run(name, func(b *testing.B) {
			report(b, f, func() {
				if _, err := rowStarts(f, ',', 1<<20, 1); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// BenchmarkWrite makes CSV of JSON rows.
func BenchmarkWrite(b *testing.B) {
	row := []byte(`{"id":"doc-1","text":"` + strings.Repeat(`All work, and no play, makes \"Jack\" a dull boy.\n敏捷的棕色狐狸 `, 32) + `","lang":"en"}`)
	s, _ := comma.NewSketch(nil)
	for name, fn := range map[string]func(w storage.RowWriter) error{
		"sketch": func(storage.RowWriter) error { return s.Observe(record.ID{}, row) },
		"write":  func(w storage.RowWriter) error { return w.WriteJSON(row) },
	} {
		b.Run(name, func(b *testing.B) {
			if err := s.Observe(record.ID{}, row); err != nil {
				b.Fatal(err)
			}
			w, err := comma.NewWriter(io.Discard, s)
			if err != nil {
				b.Fatal(err)
			}
			report(b, storage.File{Size: int64(len(row))}, func() {
				if err := fn(w); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
