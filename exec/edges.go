package exec

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"
)

// node is a row as the search for duplicates sees it: the segment, an index
// of the run's list of segments, in the upper half, and its position less the
// segment's base in the lower. Nodes are in input order.
type node uint64

func nodeOf(seg, off uint32) node { return node(seg)<<32 | node(off) }

func (n node) seg() uint32 { return uint32(n >> 32) }
func (n node) off() uint32 { return uint32(n) }

// place is where a node lies among the parts into which nodes are spread: a
// mixture of its bits, another for each node.
func (n node) place() uint64 {
	x := uint64(n)
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	return x ^ x>>32
}

// edge says that a row duplicates an earlier one: parent < child.
type edge struct{ child, parent node }

const edgeSize = 16

func compareEdges(a, b edge) int {
	if c := cmp.Compare(a.child, b.child); c != 0 {
		return c
	}
	return cmp.Compare(a.parent, b.parent)
}

// stars replaces edges by one for each row that isn't the first of those it is
// connected with: to that first one. They are sorted by child, and share
// memory with edges.
func stars(edges []edge) []edge {
	if len(edges) == 0 {
		return edges
	}
	ids := make([]node, 0, 2*len(edges))
	for _, e := range edges {
		ids = append(ids, e.child, e.parent)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	f := newForest(len(ids))
	for _, e := range edges {
		a, _ := slices.BinarySearch(ids, e.child)
		b, _ := slices.BinarySearch(ids, e.parent)
		f.union(uint32(a), uint32(b))
	}
	edges = edges[:0]
	for i, id := range ids {
		if root := f.find(uint32(i)); int(root) != i {
			edges = append(edges, edge{id, ids[root]})
		}
	}
	return edges
}

// forest is a disjoint-set forest over 0..n-1 in which a root is the least of
// its set (Tarjan and van Leeuwen, 1984, path halving).
type forest []uint32

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = uint32(i)
	}
	return f
}

func (f forest) find(x uint32) uint32 {
	for f[x] != x {
		f[x] = f[f[x]]
		x = f[x]
	}
	return x
}

func (f forest) union(a, b uint32) {
	a, b = f.find(a), f.find(b)
	f[max(a, b)] = min(a, b)
}

// An edge file is a record file of edges in the order of the children's
// places; that of a join has them once more in the order of the parents'. Its
// first count is that of the edges.

func byChild(a, b edge) int {
	if c := cmp.Compare(a.child.place(), b.child.place()); c != 0 {
		return c
	}
	return cmp.Compare(a.parent, b.parent)
}

func byParent(a, b edge) int {
	if c := cmp.Compare(a.parent.place(), b.parent.place()); c != 0 {
		return c
	}
	return cmp.Compare(a.child, b.child)
}

func putEdges(rw *recWriter, edges []edge) error {
	var rec [edgeSize]byte
	for _, e := range edges {
		binary.LittleEndian.PutUint64(rec[:], uint64(e.child))
		binary.LittleEndian.PutUint64(rec[8:], uint64(e.parent))
		if _, err := rw.Write(rec[:]); err != nil {
			return err
		}
	}
	return nil
}

// writeEdges writes an edge file, with a second count of the caller's. It
// sorts edges.
func writeEdges(w io.Writer, edges []edge, note uint64) error {
	slices.SortFunc(edges, byChild)
	rw := newRecWriter(w)
	if err := putEdges(rw, edges); err != nil {
		return err
	}
	return rw.finish(uint64(len(edges)), note)
}

type edgeFile struct{ *recReader }

func openEdges(path string) (edgeFile, error) {
	r, err := openRec(path)
	if err != nil {
		return edgeFile{}, err
	}
	if r.a > uint64(r.n/edgeSize) {
		r.close()
		return edgeFile{}, r.damaged()
	}
	return edgeFile{r}, nil
}

// edgesOf reads a part of an edge file, for gather.
func edgesOf[T any](part func(edgeFile) (T, error)) func(path string) (T, error) {
	return func(path string) (v T, err error) {
		f, err := openEdges(path)
		if err != nil {
			return v, err
		}
		defer f.close()
		return part(f)
	}
}

// all returns, raw, all edges, in the order of children.
func (f edgeFile) all() ([]byte, error) { return f.read(0, int64(f.a)*edgeSize) }

// children returns, raw, the edges whose child's place is in [lo, hi].
func (f edgeFile) children(lo, hi uint64) ([]byte, error) {
	raw, _, err := f.places(0, 0, lo, hi)
	return raw, err
}

// parents returns, raw, the edges whose parent's place is in [lo, hi], of a
// file that has that order.
func (f edgeFile) parents(lo, hi uint64) ([]byte, error) {
	raw, _, err := f.places(int64(f.a)*edgeSize, 8, lo, hi)
	return raw, err
}

// eachParent calls fn for the edges whose parent's place is in [lo, hi], in
// that order, of a file that has it.
func (f edgeFile) eachParent(lo, hi uint64, fn func(edge)) error {
	place := func(e []byte) uint64 { return getEdge(e).parent.place() }
	return f.each(int64(f.a)*edgeSize, int(f.a), edgeSize, hashed(lo, hi),
		func(e []byte) bool { return place(e) < lo },
		func(e []byte) bool { return place(e) > hi },
		func(e []byte) error { fn(getEdge(e)); return nil })
}

func (f edgeFile) places(at int64, field int, lo, hi uint64) ([]byte, int64, error) {
	place := func(e []byte) uint64 { return node(binary.LittleEndian.Uint64(e[field:])).place() }
	return f.between(at, int(f.a), edgeSize, hashed(lo, hi),
		func(e []byte) bool { return place(e) < lo },
		func(e []byte) bool { return place(e) > hi })
}

func appendEdges(dst []edge, raw []byte) []edge {
	for ; len(raw) >= edgeSize; raw = raw[edgeSize:] {
		dst = append(dst, getEdge(raw))
	}
	return dst
}

func getEdge(raw []byte) edge {
	return edge{node(binary.LittleEndian.Uint64(raw)), node(binary.LittleEndian.Uint64(raw[8:]))}
}

// fileCounts are the two counts of an edge file.
type fileCounts struct{ edges, note uint64 }

func edgeCounts(path string) (fileCounts, error) {
	f, err := openEdges(path)
	if err != nil {
		return fileCounts{}, err
	}
	defer f.close()
	return fileCounts{f.a, f.b}, nil
}
