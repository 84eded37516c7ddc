package exec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
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
		first := map[op.Key][2]uint32{} // segment and offset
		var want [][]loser
		var paths []string
		for seg := range uint32(segments) {
			var keys []keyEntry
			lost := []loser{}
			for row := range uint32(rnd.IntN(80)) {
				if rnd.IntN(10) == 0 {
					continue // a row without a key
				}
				k := keyEntry{key: pool[rnd.IntN(distinct)], row: row, off: row * 11}
				keys = append(keys, k)
				if w, ok := first[k.key]; ok {
					lost = append(lost, loser{seg, row, w[0], w[1]})
				} else {
					first[k.key] = [2]uint32{seg, k.off}
				}
			}
			rnd.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			paths = append(paths, keysFile(t, dir, keys))
			want = append(want, lost)
		}
		var files []string
		for r := range ranges {
			lo, hi := rangeOf(r, ranges)
			files = append(files, losersFile(t, dir, func(f *os.File) error { return clusterRange(paths, lo, hi, f) }))
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

func keysFile(t *testing.T, dir string, keys []keyEntry) string {
	t.Helper()
	return losersFile(t, dir, func(f *os.File) error { _, err := writeKeys(f, keys); return err })
}

func losersFile(t *testing.T, dir string, write func(*os.File) error) string {
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
		keys[i] = keyEntry{key: op.Key{Hi: rnd.Uint64()}, row: uint32(i)}
	}
	whole, err := os.ReadFile(keysFile(t, scratch.Dir(t), keys))
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := rangeOf(1, 5)
	span := func(path string) ([]byte, error) {
		k, err := openKeys(path)
		if err != nil {
			return nil, err
		}
		defer k.close()
		return k.span(lo, hi)
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
	for n := 0; n < 12_000*keySize; n += 24 * 19 {
		b := bytes.Clone(whole)
		b[n+7] ^= 0xff // the highest byte of an entry's key
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := span(path); err != nil {
			seen++
		} else if !bytes.Equal(got, want) {
			t.Fatalf("a damaged entry %d gives %d bytes, want %d", n/24, len(got), len(want))
		}
	}
	if seen == 0 {
		t.Error("no damage was seen")
	}
}
