//go:build unix

package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// benchRows are shapes of rows that differ in what a scan spends time on.
func benchRows() map[string]string {
	ascii, err := json.Marshal(strings.Repeat("All work and no play makes Jack a dull boy, says the book.\n", 34))
	if err != nil {
		panic(err)
	}
	var units strings.Builder
	for i := range 300 {
		fmt.Fprintf(&units, `\u%04x`, 0x4e00+i)
	}
	var small strings.Builder
	for i := range 60 {
		fmt.Fprintf(&small, `,"key_%d":{"n":%d,"on":true,"s":"v%d"}`, i, i*i, i)
	}
	return map[string]string{
		"mixed":   sampleRow(2000),
		"ascii":   `{"text":` + string(ascii) + `}`,
		"chinese": `{"text":"` + strings.Repeat("敏捷的棕色狐狸跳过了那只懒狗。", 45) + `"}`,
		"units":   `{"text":"` + units.String() + `"}`,
		"small":   `{"text":"x"` + small.String() + `}`,
	}
}

func benchBatch(row string) (*JSONRows, int64) {
	lines := make([]string, max(1, 1<<20/len(row)))
	for i := range lines {
		lines[i] = row
	}
	j := rowsOf(fieldsOf("text"), lines...)
	return j, int64(len(j.buf))
}

func bench(b *testing.B, each func(j *JSONRows)) {
	for name, row := range benchRows() {
		b.Run(name, func(b *testing.B) {
			j, size := benchBatch(row)
			b.SetBytes(size)
			b.ReportAllocs()
			began := cpuSeconds()
			for b.Loop() {
				for i := range j.Len() {
					if err := j.Seek(i); err != nil {
						b.Fatal(err)
					}
					each(j)
				}
			}
			b.ReportMetric(float64(size)*float64(b.N)/1e6/(cpuSeconds()-began), "MB/cpu-s")
		})
	}
}

// cpuSeconds is what the process has used, so that figures hold on a machine
// that others use, too.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func BenchmarkScan(b *testing.B) { bench(b, func(*JSONRows) {}) }

func BenchmarkScanAndText(b *testing.B) {
	var s Scratch
	bench(b, func(j *JSONRows) {
		s.Reset()
		j.Field(0, &s)
	})
}

func BenchmarkSplice(b *testing.B) {
	var s Scratch
	var out []byte
	bench(b, func(j *JSONRows) {
		s.Reset()
		text, _ := j.Field(0, &s)
		e := Edits{Text: [][]byte{text}, Set: []bool{true}, N: 1}
		out = j.AppendJSON(out[:0], &e)
	})
}
