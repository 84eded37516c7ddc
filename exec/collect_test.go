package exec

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/op"
)

// collectionOf writes key files of random keys, some of them in several runs
// and some in several segments, and collects them.
func collectionOf(t *testing.T, ranges int) (paths []string, collection []byte) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	dir := scratch.Dir(t)
	c := &collector{}
	defer c.close()
	for seg := range 5 {
		var out bytes.Buffer
		w := newKeyWriter(&out, op.ByCluster)
		for range seg { // the first has none
			keys := make([]keyEntry, 2000)
			for i := range keys {
				keys[i] = keyEntry{key: op.Key{Hi: rnd.Uint64(), Lo: rnd.Uint64()}, off: uint32(i)}
				if i%10 == 0 {
					keys[i].key = op.Key{Hi: uint64(i) << 52, Lo: 7}
				}
			}
			if err := w.run(keys); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.finish(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, string(rune('a'+seg)))
		if err := os.WriteFile(path, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		if seg == 3 {
			path = "" // of an index
		}
		paths = append(paths, path)
		if err := c.open(path, uint32(seg)); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	c.out = newRecWriter(&out)
	if err := c.run(ranges, 0); err != nil {
		t.Fatal(err)
	}
	return paths, out.Bytes()
}

// TestCollect has ranges of a collection that are those of the key files.
func TestCollect(t *testing.T) {
	for _, ranges := range []int{1, 3, 100} {
		paths, raw := collectionOf(t, ranges)
		collection := []string{bytesFile(t, raw)}
		all := 0
		for r := range ranges {
			lo, hi := rangeOf(r, ranges)
			want, err := readRange(paths, op.ByCluster, lo, hi, 14000)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readCollected(collection, r, ranges, 14000)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("range %d of %d has %d entries, want %d (%v)", r, ranges, len(got), len(want), err)
			}
			all += len(got)
		}
		if all < 12000 {
			t.Errorf("%d ranges have %d entries in all", ranges, all)
		}
	}
}

// TestCollectDamaged damages a collection, and the order of a key file.
func TestCollectDamaged(t *testing.T) {
	_, raw := collectionOf(t, 4)
	for _, at := range []int{10, len(raw) / 2, len(raw) - 2000, len(raw) - 10} {
		bad := slices.Clone(raw)
		bad[at] ^= 1
		path := bytesFile(t, bad)
		var first error
		for r := range 4 {
			if _, err := readCollected([]string{path}, r, 4, 1000); err != nil && first == nil {
				first = err
			}
		}
		if !errors.Is(first, errDamaged) || !strings.Contains(first.Error(), path) {
			t.Errorf("byte %d: %v", at, first)
		}
	}
	path := bytesFile(t, raw)
	if _, err := readCollected([]string{path}, 0, 5, 1000); !errors.Is(err, errDamaged) {
		t.Errorf("of another number of ranges: %v", err)
	}

	var out bytes.Buffer
	w := newRecWriter(&out)
	var rec [keySize]byte
	for _, hi := range []uint64{1 << 63, 5} {
		putKey(rec[:], op.Key{Hi: hi})
		w.Write(rec[:])
	}
	w.Write([]byte{2, 0, 0, 0, 0, 0, 0, 0})
	if err := w.finish(1, 0); err != nil {
		t.Fatal(err)
	}
	c := &collector{out: newRecWriter(&bytes.Buffer{})}
	defer c.close()
	if err := c.open(bytesFile(t, out.Bytes()), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.run(2, 0); !errors.Is(err, errDamaged) {
		t.Errorf("keys that aren't in order: %v", err)
	}
}

// TestCollections collects where pieces are small and many.
func TestCollections(t *testing.T) {
	for _, x := range []struct {
		keys             int64
		segments, ranges int
		want             int
	}{
		{1000, 7, 1000, 0},
		{1000, 1000, 7, 0},
		{1000, 16, 16, 4},
		{50e6, 100, 64, 0},            // 10 GB: pieces of 156 KB
		{125e9, 156_000, 11_200, 395}, // 5 TB: of 1.4 KB
	} {
		if got := collections(x.keys, x.segments, x.ranges); got != x.want {
			t.Errorf("%d keys in %d segments and %d ranges: %d collections, want %d", x.keys, x.segments, x.ranges, got, x.want)
		}
	}
}
