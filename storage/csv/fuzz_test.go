package csv

import (
	"os"
	"path/filepath"
	"testing"

	"corpusmill/storage"
)

// FuzzRead holds, of any bytes and any segments, that the splits' rows are
// those of the plain reading byte by byte: none is lost, none panics.
func FuzzRead(f *testing.F) {
	for _, data := range texts() {
		if len(data) < 4<<10 {
			f.Add([]byte(data), uint8(5))
		}
	}
	f.Add([]byte("a,b\n\"\"\"\",\"\n\"\n"), uint8(1))
	f.Add([]byte("\"\",\n\"0\",\"\n\"0\",\""), uint8(1))
	path := filepath.Join(f.TempDir(), "in.csv")
	var stamp int64
	f.Fuzz(func(t *testing.T, data []byte, segment uint8) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		stamp++
		file := storage.File{Path: path, Size: int64(len(data)), Mod: stamp, Format: "csv"}
		o := storage.ReadOptions{Segment: int64(segment) + 1, MaxRow: 40}
		splits, err := comma.Splits(file, 0, o.Segment)
		want, bad := model(string(data), o)
		if err != nil {
			if bad == nil && string(data[:2]) != "\xff\xfe" && string(data[:2]) != "\xfe\xff" {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		if bad != nil {
			t.Fatalf("%q passes: %v", data, bad)
		}
		got, err := read(t, file, splits, o)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		compare(t, string(data), got, want)
	})
}
