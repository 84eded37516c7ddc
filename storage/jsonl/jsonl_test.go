package jsonl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"corpusmill/record"
	"corpusmill/storage"
	"corpusmill/storage/codec"
)

type row struct {
	pos  uint64
	line int
	raw  string
	err  string
}

type result struct {
	rows         []row
	bytes        int64
	lines, blank int64
}

// read reads the splits of a file one after the other and checks what must
// hold of each batch.
func read(t testing.TB, f storage.File, splits []storage.Split, o storage.ReadOptions) (result, error) {
	t.Helper()
	var res result
	for _, s := range splits {
		r, err := Format{}.Open(t.Context(), f, s, o)
		if err != nil {
			return res, err
		}
		for {
			b, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				r.Close()
				return res, err
			}
			for i := range b.Rows.Len() {
				id := b.Rows.ID(i)
				if int(id.Pos/uint64(o.Segment)) != b.Seg || id.Src != s.Src || int64(id.Pos) < s.Start || s.End >= 0 && int64(id.Pos) >= s.End {
					t.Fatalf("row %v in segment %d of split %+v", id, b.Seg, s)
				}
				e := ""
				if err := b.Rows.Seek(i); err != nil {
					e = err.Error()
				}
				res.rows = append(res.rows, row{id.Pos, b.Rows.Line(i), string(b.Rows.Raw()), e})
			}
			res.bytes += b.Bytes
			res.lines += b.Lines
			res.blank += b.Blank
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal("second Close:", err)
		}
	}
	return res, nil
}

// simple is what a file holds, by the plain rules.
func simple(data string, o storage.ReadOptions) result {
	var res result
	seg, line := int64(-1), 0
	for pos := 0; pos < len(data); {
		l, _, _ := strings.Cut(data[pos:], "\n")
		next := min(pos+len(l)+1, len(data))
		res.bytes += int64(next - pos)
		res.lines++
		if s := int64(pos) / o.Segment; s != seg {
			seg, line = s, 0
		}
		l = strings.TrimSuffix(l, "\r")
		if pos == 0 {
			l = strings.TrimPrefix(l, "\ufeff")
		}
		if strings.Trim(l, " \t\r") == "" {
			res.blank++
		} else {
			r := row{pos: uint64(pos), line: line, raw: l}
			if int64(len(l)) > o.MaxRow {
				r.err = storage.ErrTooLong{Bytes: int64(len(l)), Max: o.MaxRow}.Error()
				r.raw = l[:min(len(l), rawBytes)]
			} else {
				j := record.NewJSONRows(o.Fields)
				j.Reset(0, []byte(l))
				j.Add(0, len(l), 0, 0)
				if err := j.Seek(0); err != nil {
					r.err = err.Error()
				}
			}
			res.rows = append(res.rows, r)
		}
		line++
		pos = next
	}
	return res
}

func compare(t *testing.T, what string, got, want result) {
	t.Helper()
	if got.bytes != want.bytes || got.lines != want.lines || got.blank != want.blank {
		t.Errorf("%s: %d bytes, %d lines, %d blank; want %d, %d, %d", what, got.bytes, got.lines, got.blank, want.bytes, want.lines, want.blank)
	}
	if !slices.Equal(got.rows, want.rows) {
		for i := range max(len(got.rows), len(want.rows)) {
			if i >= len(got.rows) || i >= len(want.rows) || got.rows[i] != want.rows[i] {
				t.Fatalf("%s: %d rows, want %d; row %d differs: %.300q, want %.300q", what, len(got.rows), len(want.rows), i, at(got.rows, i), at(want.rows, i))
			}
		}
	}
}

func at(r []row, i int) string {
	if i >= len(r) {
		return "nothing"
	}
	return fmt.Sprint(r[i])
}

// texts are files with what goes wrong at boundaries.
func texts() map[string]string {
	rnd := rand.New(rand.NewPCG(1, 2))
	var mixed strings.Builder
	for i := range 400 {
		switch rnd.IntN(9) {
		case 0:
			mixed.WriteString(strings.Repeat(" ", rnd.IntN(4)) + "\n")
		case 1:
			mixed.WriteString("{\"broken\":\n")
		case 2:
			fmt.Fprintf(&mixed, "{\"i\":%d}\r\n", i)
		default:
			fmt.Fprintf(&mixed, "{\"i\":%d,\"text\":\"%s\"}\n", i, strings.Repeat("é", rnd.IntN(90)))
		}
	}
	long := `{"text":"` + strings.Repeat("x", 3<<20) + `"}`
	many := strings.Repeat("{}\n", 30000)
	return map[string]string{
		"empty":         "",
		"one":           `{"a":1}`,
		"one, ended":    "{\"a\":1}\n",
		"blank":         "\n \t\r\n\n",
		"blank, no end": "\n  ",
		"mark":          "\ufeff{\"a\":1}\n{\"b\":2}\n",
		"mark alone":    "\ufeff",
		"crlf":          "{\"a\":1}\r\n\r\n{\"b\":2}\r\r\n{}\r",
		"mixed":         mixed.String(),
		"mixed, cut":    mixed.String() + `{"last":1}`,
		"long":          "{}\n" + long + "\n{\"a\":1}\n",
		"long, last":    "{}\n\n" + long,
		"long, crlf":    long + "\r\n" + long + "\r",
		"long, mark":    "\ufeff" + long + "\n",
		"many":          many,
		"big lines":     strings.Repeat(`{"text":"`+strings.Repeat("y", 400_000)+"\"}\n", 9),
	}
}

func write(t testing.TB, name, data string) storage.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
	return storage.File{Path: path, Size: int64(len(data)), Format: "jsonl"}
}

// TestSplits holds that the rows of all splits are those of the file, for
// every segment size, codec and row limit.
func TestSplits(t *testing.T) {
	fields := &record.Fields{}
	fields.Path("text")
	for name, data := range texts() {
		f := write(t, "in.jsonl", data)
		for _, segment := range []int64{1, 3, 64, 1 << 10, 1 << 20, 32 << 20} {
			if int64(len(data))/segment > 3000 {
				continue
			}
			for _, maxRow := range []int64{10, 200_000, 2 << 20, 16 << 20} {
				o := storage.ReadOptions{Fields: fields, Segment: segment, MaxRow: maxRow}
				what := fmt.Sprintf("%s, segment %d, longest row %d", name, segment, maxRow)
				splits, err := Format{}.Splits(f, 3, segment)
				if err != nil {
					t.Fatal(err)
				}
				got, err := read(t, f, splits, o)
				if err != nil {
					t.Fatal(what, err)
				}
				want := simple(data, o)
				compare(t, what, got, want)
				whole, err := read(t, f, []storage.Split{{End: -1}}, o)
				if err != nil {
					t.Fatal(what, err)
				}
				compare(t, what+", one split", whole, want)
			}
		}
	}
}

func TestCompressed(t *testing.T) {
	for _, c := range []storage.Codec{storage.Gzip, storage.Zstd} {
		for name, data := range texts() {
			frames, err := codec.NewFrames(c)
			if err != nil {
				t.Fatal(err)
			}
			var packed []byte
			for part := range slices.Chunk([]byte(data), 1<<20) {
				if packed, err = frames.AppendFrame(packed, part); err != nil {
					t.Fatal(err)
				}
			}
			if data == "" {
				continue
			}
			f := write(t, "in.jsonl.x", string(packed))
			f.Codec = c
			o := storage.ReadOptions{Fields: &record.Fields{}, Segment: 1 << 10, MaxRow: 1 << 20}
			splits, err := Format{}.Splits(f, 0, o.Segment)
			if whole := map[storage.Codec]int{storage.Zstd: len(data) >> 20}[c]; err != nil || len(splits) < max(1, whole) || len(splits) > whole+1 {
				t.Fatal(name, c, splits, err)
			}
			want := simple(data, o)
			got, err := read(t, f, splits, o)
			if err != nil {
				t.Fatal(name, err)
			}
			compare(t, name, got, want)
			// From a later segment on, as after a resume.
			from := int64(len(data)) / 2 / o.Segment * o.Segment
			got, err = read(t, f, []storage.Split{{Start: from, End: -1}}, o)
			if err != nil {
				t.Fatal(name, err)
			}
			want.rows = want.rows[slices.IndexFunc(append(want.rows, row{pos: 1 << 62}), func(r row) bool { return int64(r.pos) >= from }):]
			got.bytes, got.lines, got.blank = want.bytes, want.lines, want.blank
			compare(t, name+" from the middle", got, want)
		}
	}
}

// TestFrames holds that the rows don't depend on where frames begin: in rows,
// at their ends, in blank lines; nor on the segments, or on which splits make
// one task.
func TestFrames(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	data := texts()["mixed, cut"]
	frames, err := codec.NewFrames(storage.Zstd)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for range 60 {
		var packed []byte
		for rest := []byte(data); len(rest) > 0; {
			n := min(1+rnd.IntN(2000), len(rest))
			if packed, err = frames.AppendFrame(packed, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		f := write(t, "in.jsonl.zst", string(packed))
		f.Codec = storage.Zstd
		o := storage.ReadOptions{Fields: &record.Fields{}, Segment: int64(1 + rnd.IntN(3000)), MaxRow: 1 << 20}
		splits, err := Format{}.Splits(f, 0, o.Segment)
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, len(splits))
		var joined []storage.Split
		for _, s := range splits {
			if len(joined) > 0 && rnd.IntN(3) == 0 {
				joined[len(joined)-1].End = s.End
			} else {
				joined = append(joined, s)
			}
		}
		got, err := read(t, f, joined, o)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, fmt.Sprintf("segment %d, %d splits", o.Segment, len(joined)), got, simple(data, o))
	}
	if most < 10 {
		t.Errorf("at most %d splits", most)
	}
}

// TestFrameDamage cuts files of several frames and flips their bits: what is
// wrong in one frame ends one of the splits.
func TestFrameDamage(t *testing.T) {
	rnd := rand.New(rand.NewPCG(13, 14))
	data := texts()["mixed"]
	o := storage.ReadOptions{Fields: &record.Fields{}, Segment: 1 << 10, MaxRow: 1 << 20}
	want := simple(data, o)
	frames, _ := codec.NewFrames(storage.Zstd)
	var packed []byte
	for part := range slices.Chunk([]byte(data), 3000) {
		packed, _ = frames.AppendFrame(packed, part)
	}
	path := filepath.Join(t.TempDir(), "in.jsonl.zst")
	for i := range 300 {
		bad := bytes.Clone(packed)
		if i%3 == 0 {
			bad = bad[:1+rnd.IntN(len(bad)-1)]
		} else {
			bad[rnd.IntN(len(bad))] ^= 1 << rnd.IntN(8)
		}
		if err := os.WriteFile(path, bad, 0o666); err != nil {
			t.Fatal(err)
		}
		f := storage.File{Path: path, Size: int64(len(bad)), Format: "jsonl", Codec: storage.Zstd}
		splits, err := Format{}.Splits(f, 0, o.Segment)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(t, f, splits, o)
		if err == nil && i%3 > 0 {
			compare(t, fmt.Sprintf("flip %d", i), got, want)
		} else if err == nil && len(got.rows) == len(want.rows) {
			t.Fatalf("a file of %d bytes of %d has all rows", len(bad), len(packed))
		} else if err != nil && !strings.Contains(err.Error(), path+": ") {
			t.Fatal(err)
		}
	}
}

func TestDamage(t *testing.T) {
	o := storage.ReadOptions{Fields: &record.Fields{}, Segment: 1 << 20, MaxRow: 1 << 10}
	t.Run("shrunk", func(t *testing.T) {
		f := write(t, "in.jsonl", "{}\n{\"a\":1}\n{\"b")
		f.Size = 100
		res, err := read(t, f, []storage.Split{{End: 100}}, o)
		if err == nil || !strings.Contains(err.Error(), "ends at byte 14, but had 100") || len(res.rows) != 2 {
			t.Errorf("%v after %d rows", err, len(res.rows))
		}
	})
	t.Run("bomb", func(t *testing.T) {
		frames, _ := codec.NewFrames(storage.Gzip)
		packed, _ := frames.AppendFrame(nil, append([]byte("{}\n"), bytes.Repeat([]byte("x"), 1<<20)...))
		f := write(t, "in.jsonl.gz", string(packed))
		f.Codec = storage.Gzip
		res, err := read(t, f, []storage.Split{{End: -1}}, o)
		if err == nil || !strings.Contains(err.Error(), "at uncompressed byte 3: ") || !strings.Contains(err.Error(), "raise --max-row") || len(res.rows) != 1 {
			t.Errorf("%v after %d rows", err, len(res.rows))
		}
	})
	t.Run("list", func(t *testing.T) {
		f := write(t, "in.json", " \n[{\"a\":1}]")
		if _, err := (Format{}).Splits(f, 0, 1<<20); err == nil || !strings.Contains(err.Error(), "jq -c '.[]'") {
			t.Error(err)
		}
		f = write(t, "in.jsonl", "[1]\n")
		if _, err := (Format{}).Splits(f, 0, 1<<20); err != nil {
			t.Error(err)
		}
	})
	t.Run("missing", func(t *testing.T) {
		_, err := read(t, storage.File{Path: "nowhere.jsonl", Size: 5}, []storage.Split{{End: 5}}, o)
		if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		f := write(t, "in.jsonl", "{}\n")
		ctx, cancel := context.WithCancel(t.Context())
		r, err := Format{}.Open(ctx, f, storage.Split{End: 3}, o)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		cancel()
		if _, err := r.Next(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestFlips cuts compressed files and flips their bits: the rows are right or
// there is an error, and the rows before it are right.
func TestFlips(t *testing.T) {
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "{\"i\":%d,\"text\":\"%x\"}\n", i, i*i*i)
	}
	o := storage.ReadOptions{Fields: &record.Fields{}, Segment: 1 << 20, MaxRow: 1 << 10}
	want := simple(text.String(), o)
	rnd := rand.New(rand.NewPCG(9, 10))
	path := filepath.Join(t.TempDir(), "in")
	for _, c := range []storage.Codec{storage.Gzip, storage.Zstd} {
		frames, _ := codec.NewFrames(c)
		packed, _ := frames.AppendFrame(nil, []byte(text.String()))
		for i := range 500 {
			bad := bytes.Clone(packed)
			if i%2 == 0 {
				bad = bad[:1+rnd.IntN(len(bad)-1)]
			} else {
				bad[rnd.IntN(len(bad))] ^= 1 << rnd.IntN(8)
			}
			if err := os.WriteFile(path, bad, 0o666); err != nil {
				t.Fatal(err)
			}
			f := storage.File{Path: path, Size: int64(len(bad)), Format: "jsonl", Codec: c}
			got, err := read(t, f, []storage.Split{{End: -1}}, o)
			if err == nil {
				compare(t, fmt.Sprintf("%s %x", c, bad), got, want)
			} else if !strings.Contains(err.Error(), path+": at uncompressed byte ") {
				t.Fatalf("%s %x: %v", c, bad, err)
			}
		}
	}
}

// TestBombMemory reads a line of 1 GiB out of 1 MiB: memory stays bounded.
func TestBombMemory(t *testing.T) {
	frames, _ := codec.NewFrames(storage.Gzip)
	piece, _ := frames.AppendFrame(nil, bytes.Repeat([]byte("x"), 16<<20))
	f := write(t, "in.jsonl.gz", strings.Repeat(string(piece), 64))
	f.Codec = storage.Gzip
	for _, c := range []struct {
		maxRow int64
		err    string
	}{{1 << 20, "looks like a decompression bomb"}, {17 << 20, ""}} {
		o := storage.ReadOptions{Fields: &record.Fields{}, Segment: 32 << 20, MaxRow: c.maxRow}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		res, err := read(t, f, []storage.Split{{End: -1}}, o)
		runtime.ReadMemStats(&after)
		if used, limit := after.TotalAlloc-before.TotalAlloc, uint64(3*c.maxRow+8<<20); used > limit {
			t.Errorf("longest row %d: %d bytes allocated, want at most %d", c.maxRow, used, limit)
		}
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Error(err)
			}
			continue
		}
		if err != nil || len(res.rows) != 1 || res.bytes != 1<<30 || len(res.rows[0].raw) != rawBytes {
			t.Errorf("%d rows of %d bytes, %v", len(res.rows), res.bytes, err)
		}
	}
}
