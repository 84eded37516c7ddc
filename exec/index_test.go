package exec

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/op"
	"corpusmill/plan"
)

// indexModel is an index on the disk beside what it holds.
type indexModel struct {
	*keyIndex
	first map[op.Key]node
	edges []edge
}

// randomIndex writes an index of some generations, with keys of a pool.
func randomIndex(t *testing.T, rnd *rand.Rand, pool []op.Key) indexModel {
	t.Helper()
	m := indexModel{&keyIndex{scratch.Dir(t), &plan.Index{Segments: make([]plan.Segment, 5)}}, map[op.Key]node{}, nil}
	for g := range 1 + rnd.IntN(3) {
		var entries []rangeEntry
		for range rnd.IntN(200) {
			entries = append(entries, rangeEntry{pool[rnd.IntN(len(pool))], nodeOf(uint32(rnd.IntN(5)), rnd.Uint32N(1000))})
		}
		slices.SortFunc(entries, compareRangeEntries)
		var edges []edge
		for range rnd.IntN(100) {
			parent := nodeOf(uint32(rnd.IntN(4)), rnd.Uint32N(1000))
			edges = append(edges, edge{parent + node(1+rnd.Uint32N(10)), parent})
		}
		slices.SortFunc(edges, compareEdges)
		edges = without(slices.Compact(edges), m.edges)
		dir := generationFolder(m.folder, g)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		var gen plan.Generation
		seal := func(path string, write func(*os.File) error) plan.IndexFile {
			if err := publish(path, write); err != nil {
				t.Fatal(err)
			}
			f, err := indexFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		parts := 1 + rnd.IntN(4)
		for r := range parts {
			lo, hi := rangeOf(r, parts)
			part := slices.DeleteFunc(slices.Clone(entries), func(e rangeEntry) bool { return e.key.Hi < lo || e.key.Hi > hi })
			old, err := m.matching(part, lo, hi)
			if err != nil {
				t.Fatal(err)
			}
			gen.Keys = append(gen.Keys, seal(indexKeys(dir, r), func(f *os.File) error { return writeIndexKeys(f, part, old) }))
			mine := slices.DeleteFunc(slices.Clone(edges), func(e edge) bool { return e.child.place() < lo || e.child.place() > hi })
			gen.Losers = append(gen.Losers, seal(indexLosers(dir, r), func(f *os.File) error { return writeEdges(f, mine, 0) }))
		}
		for _, e := range entries {
			if _, known := m.first[e.key]; !known {
				m.first[e.key] = e.node
			}
		}
		m.edges = append(m.edges, edges...)
		slices.SortFunc(m.edges, compareEdges)
		m.Generations = append(m.Generations, gen)
	}
	return m
}

// query compares what the index says of random rows with what it holds. An
// error is that of a damaged file.
func (m indexModel) query(t *testing.T, rnd *rand.Rand, pool []op.Key) error {
	t.Helper()
	parts := 1 + rnd.IntN(5)
	for r := range parts {
		lo, hi := rangeOf(r, parts)
		var entries, want []rangeEntry
		asked := map[uint64]bool{}
		for range rnd.IntN(60) {
			if k := pool[rnd.IntN(len(pool))]; k.Hi >= lo && k.Hi <= hi {
				entries = append(entries, rangeEntry{k, nodeOf(7, rnd.Uint32())})
				asked[k.Hi] = true
			}
		}
		slices.SortFunc(entries, compareRangeEntries)
		for k, n := range m.first {
			if asked[k.Hi] {
				want = append(want, rangeEntry{k, n})
			}
		}
		slices.SortFunc(want, compareRangeEntries)
		got, err := m.matching(entries, lo, hi)
		if err != nil {
			return err
		}
		if !slices.Equal(got, want) {
			t.Fatalf("part %d of %d: %d rows ask, %v answer, want %v", r, parts, len(entries), got, want)
		}
		if merged := merge(entries, got); len(merged) != len(entries)+len(got) || !slices.IsSortedFunc(merged, compareRangeEntries) {
			t.Fatalf("%v and %v are merged to %v", entries, got, merged)
		}
		edges, err := m.losers(lo, hi)
		if err != nil {
			return err
		}
		if all := slices.DeleteFunc(slices.Clone(m.edges), func(e edge) bool { return e.child.place() < lo || e.child.place() > hi }); !slices.Equal(edges, all) {
			t.Fatalf("part %d of %d: the edges are %v, want %v", r, parts, edges, all)
		}
	}
	return nil
}

func randomPool(rnd *rand.Rand) []op.Key {
	pool := make([]op.Key, 1+rnd.IntN(150))
	for i := range pool {
		pool[i] = op.Key{Hi: rnd.Uint64(), Lo: rnd.Uint64()}
		switch rnd.IntN(5) {
		case 0:
			pool[i].Hi = ^uint64(0) * uint64(rnd.IntN(2)) // the ends of the ranges
		case 1:
			pool[i].Hi = pool[0].Hi
		}
	}
	return pool
}

func TestIndex(t *testing.T) {
	rnd := rand.New(rand.NewPCG(41, 42))
	for range 60 {
		pool := randomPool(rnd)
		m := randomIndex(t, rnd, pool)
		if err := m.check(true); err != nil {
			t.Fatal(err)
		}
		if err := m.query(t, rnd, pool); err != nil {
			t.Fatal(err)
		}
	}
}

// TestIndexLookup asks a large index for a few keys, which are looked up
// instead of met while all are read.
func TestIndexLookup(t *testing.T) {
	rnd := rand.New(rand.NewPCG(43, 44))
	pool := make([]op.Key, 10*indexLookup)
	var entries []rangeEntry
	for i := range pool {
		pool[i] = op.Key{Hi: rnd.Uint64() >> 1 << 1} // even
		entries = append(entries, rangeEntry{pool[i], nodeOf(0, uint32(i))})
	}
	slices.SortFunc(entries, compareRangeEntries)
	x := &keyIndex{scratch.Dir(t), &plan.Index{Segments: make([]plan.Segment, 1), Generations: []plan.Generation{{Keys: make([]plan.IndexFile, 1)}}}}
	dir := generationFolder(x.folder, 0)
	if err := publish(indexKeys(dir, 0), func(f *os.File) error { return writeIndexKeys(f, entries, nil) }); err != nil {
		t.Fatal(err)
	}
	var few, want []rangeEntry
	for i := 0; i < len(entries); i += 2 * indexLookup {
		few = append(few, entries[i], rangeEntry{op.Key{Hi: entries[i].key.Hi + 1}, 0})
		want = append(want, entries[i])
	}
	for _, ask := range [][]rangeEntry{few[:4], few} {
		got, err := x.matching(ask, 0, ^uint64(0))
		if err != nil || !slices.Equal(got, want[:len(ask)/2]) {
			t.Errorf("%d keys find %v, want %v: %v", len(ask), got, want[:len(ask)/2], err)
		}
	}
}

// TestIndexMutated changes files of an index at random: what it says is right,
// or an error that names the file.
func TestIndexMutated(t *testing.T) {
	rnd := rand.New(rand.NewPCG(45, 46))
	seen := 0
	for range 40 {
		pool := randomPool(rnd)
		m := randomIndex(t, rnd, pool)
		files, err := filepath.Glob(filepath.Join(m.folder, "gen-*", "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%d files: %v", len(files), err)
		}
		for range 30 {
			path := files[rnd.IntN(len(files))]
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b := bytes.Clone(whole)
			switch at := rnd.IntN(len(b)); rnd.IntN(3) {
			case 0:
				b = b[:at]
			case 1:
				b[at] ^= 1 << rnd.IntN(8)
			case 2:
				b = append(b[:at:at], whole[rnd.IntN(len(b)):]...)
			}
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := m.query(t, rnd, pool); err != nil {
				seen++
				if got, want := m.blame(err).Error(), fmt.Sprintf("%s is damaged: the checksum or the length is wrong; the index %s has to be built anew", path, m.folder); got != want {
					t.Fatalf("got %q, want %q", got, want)
				}
			}
			if err := m.check(true); err == nil && !bytes.Equal(b, whole) {
				t.Fatalf("%s: the damage isn't seen when all is read", path)
			}
			if err := os.WriteFile(path, whole, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if seen < 500 {
		t.Errorf("of 1200 damages %d were met", seen)
	}
}

// TestSealIndex seals a generation beside which a killed worker has left what
// it was writing.
func TestSealIndex(t *testing.T) {
	dir := workDir(scratch.Dir(t))
	for _, path := range []string{indexKeys(dir.generation(), 0), indexKeys(dir.generation(), 1), indexLosers(dir.generation(), 0)} {
		if err := publish(path, func(f *os.File) error { return writeEdges(f, nil, 0) }); err != nil {
			t.Fatal(err)
		}
	}
	left, err := newTemp(indexKeys(dir.generation(), 1))
	if err != nil {
		t.Fatal(err)
	}
	left.Close()
	g, err := sealIndex(dir, plan.Index{}, plan.Generation{}, 2, 1)
	if err != nil || len(g.Keys) != 2 || len(g.Losers) != 1 {
		t.Errorf("the generation is %+v: %v", g, err)
	}
	if files, err := os.ReadDir(dir.generation()); err != nil || len(files) != 3 {
		t.Errorf("the generation has the files %v: %v", files, err)
	}
	if _, err := sealIndex(dir, plan.Index{}, plan.Generation{}, 3, 1); err == nil {
		t.Error("a file that isn't there is sealed")
	}
}
