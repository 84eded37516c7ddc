//go:build unix

package jsonl

import (
	"fmt"
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

// BenchmarkRead reads a file of 64 MiB from the page cache: lines alone, and
// with each row checked and its text found.
func BenchmarkRead(b *testing.B) {
	line := `{"id":"doc-1","text":"` + strings.Repeat(`All work and no play makes Jack a dull boy.\n敏捷的棕色狐狸 `, 32) + "\"}\n"
	f := write(b, "in.jsonl", strings.Repeat(line, 64<<20/len(line)))
	fields := &record.Fields{}
	text := fields.Path("text")
	for _, seek := range []bool{false, true} {
		b.Run(fmt.Sprintf("seek=%v", seek), func(b *testing.B) {
			b.SetBytes(f.Size)
			b.ReportAllocs()
			began := cpuSeconds()
			for b.Loop() {
				r, err := Format{}.Open(b.Context(), f, storage.Split{End: f.Size}, storage.ReadOptions{Fields: fields, Segment: 32 << 20, MaxRow: 16 << 20})
				if err != nil {
					b.Fatal(err)
				}
				var s record.Scratch
				for {
					batch, err := r.Next()
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					for i := 0; seek && i < batch.Rows.Len(); i++ {
						if err := batch.Rows.Seek(i); err != nil {
							b.Fatal(err)
						}
						s.Reset()
						batch.Rows.Field(text, &s)
					}
				}
				r.Close()
			}
			b.ReportMetric(float64(f.Size)*float64(b.N)/1e6/(cpuSeconds()-began), "MB/cpu-s")
		})
	}
}
