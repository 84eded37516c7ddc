package exec

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"
)

// Connected components are found in rounds of independent tasks, none of
// which has all edges in memory. Nodes are spread over equal parts by their
// place. The files of a round hold edges from rows to earlier rows:
//
//	join  takes the edges of the children of one part and connects each of the
//	      rows that they name to the first that it is connected with
//	jump  takes the edges to the parents of one part, or a slice of them, and
//	      moves each to the parent's own parent, the earliest it has
//
// Both keep what is connected, and put no row behind a later one than before.
// When a jump has moved no edge and the next join has found no row with two
// parents, every row is linked to the first of its component. A jump halves
// the length of chains, so this takes some log n rounds. The idea is that of
// alternating large and small stars (Kiveris et al., "Connected Components in
// MapReduce and Beyond", 2014); the work of a part is even also when one row
// has a large share of all edges, since a jump can be sliced.
//
// When all edges fit one task, one task does it all.

// phase is a kind of task of a components stage.
type phase string

const (
	phaseCollect phase = "collect" // of EndCluster: keys of segments, by range
	phaseDeal    phase = "deal"    // of what leaves losers: those of a group of segments
	phaseLinks   phase = "links"   // edges of what lost within some segments
	phaseJoin    phase = "join"
	phaseJump    phase = "jump"
	phaseEnd     phase = "end"   // the losers among one part of the children
	phaseWhole   phase = "whole" // all at once
)

// componentEdgeBytes is the memory that a task needs for an edge.
const componentEdgeBytes = 128

// linkSegments is how many segments a task of phaseLinks takes.
const linkSegments = 64

// appendLinks appends what lost within one segment.
func appendLinks(dst []edge, seg uint32, links []edge) []edge {
	for _, l := range links {
		dst = append(dst, edge{nodeOf(seg, l.child.off()), nodeOf(seg, l.parent.off())})
	}
	return dst
}

// joinPart connects the rows that the edges of the children of one part name.
// conflict says that some child had two parents.
func joinPart(files []string, lo, hi uint64) (edges []edge, conflict bool, err error) {
	edges, err = childrenOf(files, lo, hi)
	if err != nil {
		return nil, false, err
	}
	slices.SortFunc(edges, compareEdges)
	edges = slices.Compact(edges)
	for i := 1; i < len(edges) && !conflict; i++ {
		conflict = edges[i].child == edges[i-1].child
	}
	return stars(edges), conflict, nil
}

// childrenOf returns the edges in files of the children of one part.
func childrenOf(files []string, lo, hi uint64) (edges []edge, err error) {
	read := edgesOf(func(f edgeFile) ([]byte, error) { return f.children(lo, hi) })
	err = gather(files, read, func(_ int, raw []byte) error { edges = appendEdges(edges, raw); return nil })
	return edges, err
}

// parentsOf returns, in order of the children, the children of one part, each
// with the earliest parent that it has in any of the files.
func parentsOf(files []string, lo, hi uint64) ([]edge, error) {
	edges, err := childrenOf(files, lo, hi)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(edges, compareEdges)
	return slices.CompactFunc(edges, func(a, b edge) bool { return a.child == b.child }), nil
}

// jumpPart moves those edges to one part's parents that are from the from-th
// to the to-th, over all files, to their parents' parents, and returns them
// with the number of those that moved.
func jumpPart(files []string, lo, hi uint64, from, to int64) (edges []edge, moved uint64, err error) {
	table, err := parentsOf(files, lo, hi)
	if err != nil {
		return nil, 0, err
	}
	edges = make([]edge, 0, to-from)
	at := int64(0)
	read := edgesOf(func(f edgeFile) ([]byte, error) { return f.parents(lo, hi) })
	err = gather(files, read, func(_ int, raw []byte) error {
		n := int64(len(raw) / edgeSize)
		first, last := max(from-at, 0), min(to-at, n)
		at += n
		if first < last {
			edges = appendEdges(edges, raw[first*edgeSize:last*edgeSize])
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range edges {
		e := &edges[i]
		k, ok := slices.BinarySearchFunc(table, e.parent, func(t edge, n node) int { return cmp.Compare(t.child, n) })
		if ok {
			e.parent = table[k].parent
			moved++
		}
	}
	return edges, moved, nil
}

// writeJoin writes the edges of a join in both orders, and behind them how
// many there are to the parents of each part.
func writeJoin(w io.Writer, edges []edge, parts int, conflict bool) error {
	rw := newRecWriter(w)
	slices.SortFunc(edges, byChild)
	if err := putEdges(rw, edges); err != nil {
		return err
	}
	slices.SortFunc(edges, byParent)
	if err := putEdges(rw, edges); err != nil {
		return err
	}
	counts := make([]byte, 8*parts)
	part := 0
	for _, e := range edges {
		for _, hi := rangeOf(part, parts); e.parent.place() > hi; _, hi = rangeOf(part, parts) {
			part++
		}
		binary.LittleEndian.PutUint64(counts[8*part:], binary.LittleEndian.Uint64(counts[8*part:])+1)
	}
	if _, err := rw.Write(counts); err != nil {
		return err
	}
	note := uint64(0)
	if conflict {
		note = 1
	}
	return rw.finish(uint64(len(edges)), note)
}

// joinCounts returns how many edges of a join's file go to the parents of each
// part.
func joinCounts(path string, parts int) (counts []int64, err error) {
	f, err := openEdges(path)
	if err != nil {
		return nil, err
	}
	defer f.close()
	at := 2 * int64(f.a) * edgeSize
	if at+8*int64(parts) != f.n {
		return nil, f.damaged()
	}
	raw, err := f.read(at, f.n)
	for ; len(raw) > 0; raw = raw[8:] {
		counts = append(counts, int64(binary.LittleEndian.Uint64(raw)))
	}
	return counts, err
}
