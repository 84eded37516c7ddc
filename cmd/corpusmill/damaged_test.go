package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/storage"
	"corpusmill/storage/codec"
)

// packed compresses data as one piece.
func packed(t testing.TB, c storage.Codec, data []byte) []byte {
	t.Helper()
	f, err := codec.NewFrames(c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.AppendFrame(nil, data)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// asTable is data as the program writes it to a format with columns.
func asTable(t *testing.T, data []byte, name string) []byte {
	t.Helper()
	dir := scratch.Dir(t)
	out := filepath.Join(dir, name)
	in := write(t, filepath.Join(dir, "in.jsonl"), string(data))
	corpusmill(t, "process", "--dataset_path", in, "--export_path", out, "--quiet").want(t, 0)
	return []byte(read(t, out))
}

// TestDamagedInput reads files that end too early or have flipped bits: each
// ends with a message that names the file, and without a result. Flips in
// Parquet may go unseen, since its pages need have no checksum; they may end
// in other values, never in a crash.
func TestDamagedInput(t *testing.T) {
	data := rows(1<<20, 0.1)
	for _, x := range []struct {
		ending  string
		whole   []byte
		checked bool // every flip is to be noticed
	}{
		{"jsonl.gz", packed(t, storage.Gzip, data), true},
		{"jsonl.zst", packed(t, storage.Zstd, data), true},
		{"csv.zst", asTable(t, data, "out.csv.zst"), true},
		{"parquet", asTable(t, data, "out.parquet"), false},
	} {
		rnd := rand.New(rand.NewPCG(11, uint64(len(x.whole))))
		run := func(t *testing.T, b []byte) outcome {
			t.Helper()
			dir := scratch.Dir(t)
			in, out := filepath.Join(dir, "in."+x.ending), filepath.Join(dir, "out.jsonl")
			write(t, in, string(b))
			o := corpusmill(t, "process", "--dataset_path", in, "--export_path", out, "--quiet", "--segment", "64KiB")
			if o.code != 0 {
				o.want(t, exitFailure, in)
				if exists(out) {
					t.Error("the failed run left a result")
				}
			}
			return o
		}
		t.Run(x.ending+"/truncated", func(t *testing.T) {
			cuts := []int{1, 5, len(x.whole) / 2, len(x.whole) - 1}
			for range 6 {
				cuts = append(cuts, rnd.IntN(len(x.whole)))
			}
			for _, n := range cuts {
				if o := run(t, x.whole[:n]); o.code != exitFailure {
					t.Errorf("cut to %d of %d bytes: exit %d", n, len(x.whole), o.code)
				}
			}
		})
		t.Run(x.ending+"/flipped", func(t *testing.T) {
			for range 20 {
				b := bytes.Clone(x.whole)
				at := rnd.IntN(len(b))
				b[at] ^= 1 << rnd.IntN(8)
				if o := run(t, b); o.code != exitFailure && x.checked && at > 32 {
					t.Errorf("a bit of byte %d of %d flipped: exit %d", at, len(b), o.code)
				}
			}
		})
	}
}

// TestGoesOnAfterRepair resumes when a damaged file among others is whole
// again: the part that was done stays done only if the file that has changed
// is told apart, so that the run is refused, and begins anew with --restart.
func TestGoesOnAfterRepair(t *testing.T) {
	dir := scratch.Dir(t)
	whole := packed(t, storage.Gzip, rows(1<<20, 0.1))
	in, out := filepath.Join(dir, "in.jsonl.gz"), filepath.Join(dir, "out.jsonl")
	args := []string{"process", "--dataset_path", in, "--export_path", out, "--quiet", "--segment", "64KiB"}
	write(t, in, string(whole[:len(whole)*3/4]))
	corpusmill(t, args...).want(t, exitFailure, "truncated")
	write(t, in, string(whole))
	corpusmill(t, args...).want(t, exitResume, "input "+in+" has changed", "--restart")
	corpusmill(t, append(args, "--restart")...).want(t, 0)
}

// TestBomb reads small files that unpack to 100 MB without a line end.
func TestBomb(t *testing.T) {
	text := bytes.Repeat([]byte{'x'}, 100<<20)
	for ending, c := range map[string]storage.Codec{"gz": storage.Gzip, "zst": storage.Zstd} {
		t.Run(ending, func(t *testing.T) {
			dir := scratch.Dir(t)
			in, out := filepath.Join(dir, "in.jsonl."+ending), filepath.Join(dir, "out.jsonl")
			write(t, in, string(packed(t, c, append([]byte(`{"text":"`), text...))))
			o, peak := corpusmillMemory(t, "process", "--dataset_path", in, "--export_path", out, "--quiet", "--text_length_filter.min_len", "1")
			o.want(t, exitQuarantine, "1 of 1 rows were quarantined")
			if q := read(t, filepath.Join(out+".run", "quarantine", "stage-00.jsonl")); len(q) > 200<<10 || !strings.Contains(q, `"raw_bytes":104857609`) {
				t.Errorf("the quarantine has %d bytes: %.200s", len(q), q)
			}
			t.Logf("%d MB of memory", peak>>20)
			if peak > 150<<20 {
				t.Errorf("a long row took %d MB of memory", peak>>20)
			}
			os.Remove(out)
			o, peak = corpusmillMemory(t, "process", "--dataset_path", in, "--export_path", out, "--quiet", "--max_row", "1MiB")
			o.want(t, exitFailure, in, "decompression bomb", "--max-row")
			if peak > 100<<20 {
				t.Errorf("a bomb took %d MB of memory", peak>>20)
			}
		})
	}
}
