package exec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/plan"
)

// An index holds, of the rows of finished runs, what later runs need to find
// duplicates of them. Its rows are nodes with segments of their own, which come
// before those of the run. A generation has
//
//	keys-R    entries of the R-th of equal parts of all keys, in order: those
//	          that no earlier generation has, each with the first row that has it
//	losers-R  an edge file of the children of the R-th of equal parts of all
//	          places: the edges from duplicates to the rows that they lost to, as
//	          far as no earlier generation has them
//
// A row that shares a key with a row of the index is connected with it by the
// key's first row; two rows of the index that share one, by the edges. Since
// an edge is never taken back, those of a later generation add to them.
const (
	indexEntrySize = 24 // a key and a node
	// indexLookup is the number of entries that are read in the time that it
	// takes to look one up.
	indexLookup = 8 << 10
	// indexScan is how many bytes of an index a task reads.
	indexScan = 1 << 30
)

// keyIndex is an index to read.
type keyIndex struct {
	folder string
	*plan.Index
}

// generationFolder is that of a generation in the folder of an index.
func generationFolder(folder string, g int) string {
	return filepath.Join(folder, fmt.Sprintf("gen-%d", g))
}

func indexKeys(folder string, r int) string { return filepath.Join(folder, fmt.Sprintf("keys-%d", r)) }
func indexLosers(folder string, r int) string {
	return filepath.Join(folder, fmt.Sprintf("losers-%d", r))
}

func openIndex(u *plan.IndexUse) (*keyIndex, error) {
	x, hash, err := plan.ReadIndex(u.Path)
	if err != nil {
		return nil, err
	}
	if hash != u.Hash {
		return nil, fmt.Errorf("the index %s has changed since the run was planned; start it again", u.Path)
	}
	return &keyIndex{u.Path, x}, nil
}

// has says whether a node is a row of the index. A nil index has none, and
// holds nothing.
func (x *keyIndex) has(n node) bool { return x != nil && int(n.seg()) < len(x.Segments) }

// files calls fn for each file of the index, with what index.json says of it.
func (x *keyIndex) files(fn func(path string, f plan.IndexFile) error) error {
	for g, gen := range x.Generations {
		dir := generationFolder(x.folder, g)
		for r, f := range gen.Keys {
			if err := fn(indexKeys(dir, r), f); err != nil {
				return err
			}
		}
		for r, f := range gen.Losers {
			if err := fn(indexLosers(dir, r), f); err != nil {
				return err
			}
		}
	}
	return nil
}

// check compares the trailers of all files with index.json, and with deep
// reads the files.
func (x *keyIndex) check(deep bool) error {
	return x.files(func(path string, f plan.IndexFile) error {
		r, err := openRec(path)
		if err != nil {
			return x.blame(err)
		}
		defer r.close()
		if r.a != uint64(f.N) || r.sum != f.Sum {
			return x.blame(r.damaged())
		}
		if !deep {
			return nil
		}
		return x.blame(r.check())
	})
}

// blame says of an error in a file of the index what can be done about it.
func (x *keyIndex) blame(err error) error {
	if x == nil || err == nil {
		return err
	}
	var damage *damagedFile
	if errors.As(err, &damage) && x.holds(damage.path) {
		return fmt.Errorf("%s is damaged: the checksum or the length is wrong; the index %s has to be built anew", damage.path, x.folder)
	}
	var lost *fs.PathError
	if errors.As(err, &lost) && errors.Is(err, fs.ErrNotExist) && x.holds(lost.Path) {
		return fmt.Errorf("%w; the index %s isn't whole and has to be built anew", err, x.folder)
	}
	return err
}

func (x *keyIndex) holds(path string) bool {
	return strings.HasPrefix(path, x.folder+string(filepath.Separator))
}

// within calls fn for those of n files, each of an equal part of all keys or
// places, that reach into [lo, hi].
func within(n int, lo, hi uint64, fn func(r int) error) error {
	step := ^uint64(0) / uint64(n)
	for r := min(int(lo/step), n-1); r <= min(int(hi/step), n-1); r++ {
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}

// matching returns the entries of the index within a range whose buckets are
// among those of entries, both in order.
func (x *keyIndex) matching(entries []rangeEntry, lo, hi uint64) (out []rangeEntry, err error) {
	if x == nil || len(entries) == 0 {
		return nil, nil
	}
	for g, gen := range x.Generations {
		dir := generationFolder(x.folder, g)
		err := within(len(gen.Keys), lo, hi, func(r int) (err error) {
			out, err = x.matchingIn(out, indexKeys(dir, r), entries, lo, hi)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, compareRangeEntries)
	return out, nil
}

func (x *keyIndex) matchingIn(out []rangeEntry, path string, entries []rangeEntry, lo, hi uint64) ([]rangeEntry, error) {
	r, err := openRec(path)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if r.a > uint64(r.n) || int64(r.a)*indexEntrySize != r.n {
		return nil, r.damaged()
	}
	hiOf := binary.LittleEndian.Uint64
	each := func(lo, hi uint64, fn func(e []byte) error) error {
		return r.each(0, int(r.a), indexEntrySize, hashed(lo, hi),
			func(e []byte) bool { return hiOf(e) < lo },
			func(e []byte) bool { return hiOf(e) > hi }, fn)
	}
	take := func(e []byte) error {
		n := node(binary.LittleEndian.Uint64(e[16:]))
		if !x.has(n) {
			return r.damaged()
		}
		out = append(out, rangeEntry{getKey(e), n})
		return nil
	}
	if r.a/indexLookup > uint64(len(entries)) {
		for i, e := range entries {
			if k := e.key.Hi; k >= lo && k <= hi && (i == 0 || entries[i-1].key.Hi != k) {
				if err := each(k, k, take); err != nil {
					return nil, err
				}
			}
		}
		return out, nil
	}
	err = each(lo, hi, func(e []byte) error {
		k := hiOf(e)
		for len(entries) > 0 && entries[0].key.Hi < k {
			entries = entries[1:]
		}
		if len(entries) == 0 || entries[0].key.Hi != k {
			return nil
		}
		return take(e)
	})
	return out, err
}

// loserFiles are the edge files with children whose place is in [lo, hi].
func (x *keyIndex) loserFiles(lo, hi uint64) (paths []string) {
	if x == nil {
		return nil
	}
	for g, gen := range x.Generations {
		dir := generationFolder(x.folder, g)
		within(len(gen.Losers), lo, hi, func(r int) error {
			paths = append(paths, indexLosers(dir, r))
			return nil
		})
	}
	return paths
}

// losers are the edges of all children whose place is in [lo, hi], in order.
func (x *keyIndex) losers(lo, hi uint64) (edges []edge, err error) {
	if edges, err = childrenOf(x.loserFiles(lo, hi), lo, hi); err != nil {
		return nil, err
	}
	for _, e := range edges {
		if !x.has(e.child) || e.parent >= e.child {
			return nil, fmt.Errorf("the index %s is damaged: it has a duplicate that is none of its rows; it has to be built anew", x.folder)
		}
	}
	slices.SortFunc(edges, compareEdges)
	return edges, nil
}

// writeIndexKeys writes the first row of each key of entries that isn't among
// old; both are in order.
func writeIndexKeys(w io.Writer, entries, old []rangeEntry) error {
	rw := newRecWriter(w)
	var rec [indexEntrySize]byte
	n := uint64(0)
	for i, e := range entries {
		if i > 0 && entries[i-1].key == e.key {
			continue
		}
		for len(old) > 0 && compareKeys(old[0].key, e.key) < 0 {
			old = old[1:]
		}
		if len(old) > 0 && old[0].key == e.key {
			continue
		}
		putKey(rec[:], e.key)
		binary.LittleEndian.PutUint64(rec[16:], uint64(e.node))
		if _, err := rw.Write(rec[:]); err != nil {
			return err
		}
		n++
	}
	return rw.finish(n, 0)
}

// without returns the edges that aren't among others, in order.
func without(edges, others []edge) (out []edge) {
	slices.SortFunc(edges, compareEdges)
	for _, e := range edges {
		for len(others) > 0 && compareEdges(others[0], e) < 0 {
			others = others[1:]
		}
		if len(others) == 0 || others[0] != e {
			out = append(out, e)
		}
	}
	return out
}

// superseded returns, of losers in order, the rows of the index that hadn't
// lost before.
func (x *keyIndex) superseded(losers, before []edge) (out []edge) {
	for _, e := range losers {
		if !x.has(e.child) {
			break
		}
		for len(before) > 0 && before[0].child < e.child {
			before = before[1:]
		}
		if len(before) == 0 || before[0].child != e.child {
			out = append(out, e)
		}
	}
	return out
}

// sealIndex writes index.json with one more generation: g with the files that
// this run has made.
func sealIndex(dir workDir, x plan.Index, g plan.Generation, keys, losers int) (plan.Generation, error) {
	for r := range keys {
		f, err := indexFile(indexKeys(dir.generation(), r))
		if err != nil {
			return g, err
		}
		g.Keys = append(g.Keys, f)
	}
	for r := range losers {
		f, err := indexFile(indexLosers(dir.generation(), r))
		if err != nil {
			return g, err
		}
		g.Losers = append(g.Losers, f)
	}
	if err := removeTemporary(dir.generation()); err != nil {
		return g, err
	}
	if err := syncDir(dir.generation()); err != nil {
		return g, err
	}
	x.Format = plan.IndexFormat
	x.Generations = append(slices.Clone(x.Generations), g)
	raw, err := x.Encode()
	if err != nil {
		return g, err
	}
	return g, publish(dir.newIndex(), func(f *os.File) error { _, err := f.Write(raw); return err })
}

// removeTemporary removes what workers that were killed have left in a folder.
func removeTemporary(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), tempPrefix) {
			if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
				return diskError(dir, 0, err)
			}
		}
	}
	return nil
}

func indexFile(path string) (plan.IndexFile, error) {
	r, err := openRec(path)
	if err != nil {
		return plan.IndexFile{}, err
	}
	defer r.close()
	return plan.IndexFile{N: int64(r.a), Sum: r.sum}, nil
}
