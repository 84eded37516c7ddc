package exec

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/op"
)

// TestClusters compares the files of keys and losers with what a map finds,
// for random keys in random segments and several numbers of ranges.
func TestClusters(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		dir := scratch.Dir(t)
		segments, distinct, ranges := 1+rnd.IntN(6), 1+rnd.IntN(60), 1+rnd.IntN(5)
		pool := make([]op.Key, distinct)
		for i := range pool {
			pool[i] = op.Key{Hi: rnd.Uint64(), Lo: rnd.Uint64()}
			switch rnd.IntN(4) {
			case 0:
				pool[i].Hi = ^uint64(0) * uint64(rnd.IntN(2)) // the ends of the ranges
			case 1:
				pool[i].Hi = pool[0].Hi
			}
		}
		first := map[op.Key]node{}
		var want [][]edge
		var paths []string
		for seg := range uint32(segments) {
			var keys []keyEntry
			lost := []edge{}
			for row := range uint32(rnd.IntN(80)) {
				if rnd.IntN(10) == 0 {
					continue // a row without a key
				}
				k := keyEntry{key: pool[rnd.IntN(distinct)], off: row * 11}
				keys = append(keys, k)
				if w, ok := first[k.key]; ok {
					lost = append(lost, edge{nodeOf(seg, k.off), w})
				} else {
					first[k.key] = nodeOf(seg, k.off)
				}
			}
			var runs [][]keyEntry
			for len(keys) > 20 && rnd.IntN(2) == 0 {
				n := rnd.IntN(len(keys))
				runs, keys = append(runs, keys[:n]), keys[n:]
			}
			runs = append(runs, keys)
			for _, keys := range runs {
				rnd.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			}
			paths = append(paths, keysFile(t, dir, op.ByKey, runs...))
			want = append(want, lost)
		}
		var files []string
		for r := range ranges {
			lo, hi := rangeOf(r, ranges)
			entries, err := readRange(paths, op.ByKey, lo, hi, 100)
			if err != nil {
				t.Fatal(err)
			}
			edges := connect(entries, nil)
			files = append(files, file(t, dir, func(f *os.File) error { return writeLosers(f, edges) }))
		}
		for seg := range segments {
			got, err := losersOf(uint32(seg), files, paths[seg])
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want[seg]) {
				t.Fatalf("round %d, segment %d of %d, %d ranges:\ngot  %v\nwant %v", round, seg, segments, ranges, got, want[seg])
			}
		}
	}
}

func keysFile(t *testing.T, dir string, by op.GroupBy, runs ...[]keyEntry) string {
	t.Helper()
	return file(t, dir, func(f *os.File) error {
		w := newKeyWriter(f, by)
		for _, keys := range runs {
			if err := w.run(keys); err != nil {
				return err
			}
		}
		_, err := w.finish()
		return err
	})
}

func file(t *testing.T, dir string, write func(*os.File) error) string {
	t.Helper()
	f, err := os.CreateTemp(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := write(f); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// TestKeysDamaged takes a part of a damaged file: it is an error, or right.
// Damage outside of that part must not lead the search astray.
func TestKeysDamaged(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	keys := make([]keyEntry, 12_000)
	for i := range keys {
		keys[i] = keyEntry{key: op.Key{Hi: rnd.Uint64()}, off: uint32(i)}
	}
	whole, err := os.ReadFile(keysFile(t, scratch.Dir(t), op.ByKey, keys))
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := rangeOf(1, 5)
	span := func(path string) ([]byte, error) {
		k, err := openKeys(path, op.ByKey)
		if err != nil {
			return nil, err
		}
		defer k.close()
		raw, _, err := k.span(k.runs[0], lo, hi)
		return raw, err
	}
	path := filepath.Join(scratch.Dir(t), "keys")
	if err := os.WriteFile(path, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	want, err := span(path)
	if err != nil || len(want) == 0 {
		t.Fatalf("%v, %d bytes", err, len(want))
	}
	for i := 0; i < len(want); i += keySize {
		if k := binary.LittleEndian.Uint64(want[i:]); k < lo || k > hi {
			t.Fatalf("the key %x isn't in the range", k)
		}
	}
	seen := 0
	for n := 0; n < 12_000*keySize; n += keySize * 19 {
		b := bytes.Clone(whole)
		b[n+7] ^= 0xff // the highest byte of an entry's key
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := span(path); err != nil {
			seen++
		} else if !bytes.Equal(got, want) {
			t.Fatalf("a damaged entry %d gives %d bytes, want %d", n/keySize, len(got), len(want))
		}
	}
	if seen == 0 {
		t.Error("no damage was seen")
	}
}

// TestSortKeys compares the sort by buckets with that of the library, for keys
// that are spread and such that are not.
func TestSortKeys(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	var scratch []keyEntry
	for _, n := range []int{0, 1, 8, 9, 100, 5000, 70_000} {
		for _, mask := range []uint64{^uint64(0), 7, 7 << 61, 0} {
			keys := make([]keyEntry, n)
			for i := range keys {
				keys[i] = keyEntry{key: op.Key{Hi: rnd.Uint64() & mask, Lo: rnd.Uint64N(3)}, off: rnd.Uint32N(50), part: rnd.Uint32N(4)}
			}
			want := slices.Clone(keys)
			slices.SortFunc(want, compareEntries)
			if scratch = sortKeys(keys, scratch); !slices.Equal(keys, want) {
				t.Fatalf("%d keys with mask %x are out of order", n, mask)
			}
		}
		for _, parts := range []int{1, 2, 7, 1000} {
			lo, hi := rangeOf(parts/2, parts)
			entries := make([]rangeEntry, n)
			for i := range entries {
				entries[i] = rangeEntry{op.Key{Hi: lo + rnd.Uint64N(hi-lo), Lo: rnd.Uint64N(3)}, node(rnd.Uint64N(5))}
			}
			want := slices.Clone(entries)
			slices.SortFunc(want, compareRangeEntries)
			sortHashes(entries, nil, lo, hi, func(e *rangeEntry) uint64 { return e.key.Hi }, compareRangeEntries)
			if !slices.Equal(entries, want) {
				t.Fatalf("%d entries of one of %d ranges are out of order", n, parts)
			}
		}
	}
}

// TestParts compares the parts that are to go with what maps find.
func TestParts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	for round := range 30 {
		dir := scratch.Dir(t)
		pool := make([]op.Key, 1+rnd.IntN(30))
		for i := range pool {
			pool[i] = op.Key{Hi: rnd.Uint64(), Lo: rnd.Uint64()}
		}
		most := rnd.Int64N(12)
		rows := map[op.Key]map[node]bool{}
		segments := make([][]keyEntry, 1+rnd.IntN(5))
		var paths []string
		for seg := range segments {
			var runs [][]keyEntry
			for range 1 + rnd.IntN(3) {
				var run []keyEntry
				for range rnd.IntN(20) {
					off := uint32(len(segments[seg]) * 7)
					for part := range uint32(rnd.IntN(5)) {
						k := keyEntry{pool[rnd.IntN(len(pool))], off, part}
						run = append(run, k)
						if rows[k.key] == nil {
							rows[k.key] = map[node]bool{}
						}
						rows[k.key][nodeOf(uint32(seg), off)] = true
					}
					segments[seg] = append(segments[seg], keyEntry{}) // so that the next offset is another
				}
				runs = append(runs, run)
			}
			segments[seg] = slices.Concat(runs...)
			paths = append(paths, keysFile(t, dir, op.ByPart, runs...))
		}
		var files []string
		ranges := 1 + rnd.IntN(4)
		for r := range ranges {
			lo, hi := rangeOf(r, ranges)
			keys, err := commonRange(paths, lo, hi, most)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file(t, dir, func(f *os.File) error { return writeCommon(f, keys) }))
		}
		for seg := range segments {
			want := []rowPart{}
			for _, k := range segments[seg] {
				if int64(len(rows[k.key])) > most {
					want = append(want, rowPart{k.off, k.part})
				}
			}
			slices.SortFunc(want, func(a, b rowPart) int {
				return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.part, b.part))
			})
			got, err := partsOf(files, paths[seg])
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("round %d, segment %d:\ngot  %v\nwant %v", round, seg, got, want)
			}
		}
	}
}
