package exec

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"

	"corpusmill/op"
	"corpusmill/plan"
)

// segmentInfo is what later stages need to know of a segment.
type segmentInfo = plan.Segment

// rangeOf returns the first and last Hi of part r of n equal parts of all keys.
func rangeOf(r, n int) (lo, hi uint64) {
	step := ^uint64(0) / uint64(n)
	lo = step * uint64(r)
	if r == n-1 {
		return lo, ^uint64(0)
	}
	return lo, lo + step - 1
}

// clusterEntryBytes is the memory that a range needs for an entry of a key
// file.
const clusterEntryBytes = 48

type rangeEntry struct {
	key  op.Key
	node node
}

func compareRangeEntries(a, b rangeEntry) int {
	if c := compareKeys(a.key, b.key); c != 0 {
		return c
	}
	return cmp.Compare(a.node, b.node)
}

// connect compares entries, in order. Rows with one key are edges to the first
// of them. With match, rows that share key.Hi are connected when it says so of
// their key.Lo.
func connect(entries []rangeEntry, match func(a, b uint64) bool) []edge {
	var edges []edge
	for i := 0; i < len(entries); {
		first := i
		for i++; i < len(entries) && entries[i].key == entries[first].key; i++ {
			if entries[i].node != entries[first].node {
				edges = append(edges, edge{entries[i].node, entries[first].node})
			}
		}
	}
	if match != nil {
		edges = matchBuckets(edges, entries, match)
	}
	return edges
}

// merge puts two lists in order together. The second is that of rows which
// come first.
func merge(entries, first []rangeEntry) []rangeEntry {
	if len(first) == 0 {
		return entries
	}
	out := make([]rangeEntry, 0, len(entries)+len(first))
	for _, e := range entries {
		for len(first) > 0 && compareKeys(first[0].key, e.key) <= 0 {
			out, first = append(out, first[0]), first[1:]
		}
		out = append(out, e)
	}
	return append(out, first...)
}

// matchBuckets compares the distinct key.Lo of each bucket with each other.
func matchBuckets(edges []edge, entries []rangeEntry, match func(a, b uint64) bool) []edge {
	var bucket []rangeEntry
	for i := 0; i < len(entries); {
		bucket = bucket[:0]
		for hi := entries[i].key.Hi; i < len(entries) && entries[i].key.Hi == hi; i++ {
			e := entries[i]
			if n := len(bucket); n > 0 && bucket[n-1].key.Lo == e.key.Lo {
				continue
			}
			for _, other := range bucket {
				if other.node != e.node && match(other.key.Lo, e.key.Lo) {
					edges = append(edges, edge{max(other.node, e.node), min(other.node, e.node)})
				}
			}
			bucket = append(bucket, e)
		}
	}
	return edges
}

// readRange reads the entries of all key files within a range, and puts them in
// order. Keys are hashes, so a range has its share of the total of keys: memory
// is taken once, by that. A path is "" for a segment without a key file.
func readRange(paths []string, by op.GroupBy, lo, hi uint64, total int64) ([]rangeEntry, error) {
	entries := roomFor(total, lo, hi)
	err := eachSpan(paths, by, lo, hi, func(seg uint32, raw []byte) {
		for ; len(raw) > 0; raw = raw[keySize:] {
			entries = append(entries, rangeEntry{getKey(raw), nodeOf(seg, binary.LittleEndian.Uint32(raw[16:]))})
		}
	})
	sortEntries(entries, lo, hi)
	return entries, err
}

// roomFor is memory for the entries of a range.
func roomFor(total int64, lo, hi uint64) []rangeEntry {
	share := float64(hi-lo) / (1 << 64)
	return make([]rangeEntry, 0, int(float64(total)*share*1.01)+1024)
}

func sortEntries(entries []rangeEntry, lo, hi uint64) {
	sortHashes(entries, nil, lo, hi, func(e *rangeEntry) uint64 { return e.key.Hi }, compareRangeEntries)
}

// eachSpan calls fn with the entries of each run within a range of keys.
func eachSpan(paths []string, by op.GroupBy, lo, hi uint64, fn func(seg uint32, raw []byte)) error {
	spans := func(path string) (out [][]byte, err error) {
		k, err := openKeys(path, by)
		if err != nil {
			return nil, err
		}
		defer k.close()
		for _, r := range k.runs {
			raw, _, err := k.span(r, lo, hi)
			if err != nil {
				return nil, err
			}
			out = append(out, raw)
		}
		return out, nil
	}
	return gather(paths, spans, func(seg int, spans [][]byte) error {
		for _, raw := range spans {
			fn(uint32(seg), raw)
		}
		return nil
	})
}

// A losers file is a record file of edges in input order of the children: each
// row that loses and the row that stays. Behind them are the rows that stay,
// in order, each once. Its counts are those of both.

const nodeSize = 8

func writeLosers(w io.Writer, losers []edge) error {
	stay := make([]node, len(losers))
	for i, e := range losers {
		stay[i] = e.parent
	}
	return writeStandings(w, standings{losers, stay})
}

// writeStandings writes a losers file. It sorts s.
func writeStandings(w io.Writer, s standings) error {
	slices.SortFunc(s.losers, compareEdges)
	slices.Sort(s.winners)
	winners := slices.Compact(s.winners)
	rw := newRecWriter(w)
	if err := putEdges(rw, s.losers); err != nil {
		return err
	}
	if err := putNodes(rw, winners); err != nil {
		return err
	}
	return rw.finish(uint64(len(s.losers)), uint64(len(winners)))
}

func putNodes(rw *recWriter, nodes []node) error {
	var rec [nodeSize]byte
	for _, n := range nodes {
		binary.LittleEndian.PutUint64(rec[:], uint64(n))
		if _, err := rw.Write(rec[:]); err != nil {
			return err
		}
	}
	return nil
}

// losers returns those of segments from first to before last.
func (f edgeFile) losers(first, last uint32) ([]edge, error) {
	segOf := func(e []byte) uint32 { return getEdge(e).child.seg() }
	raw, _, err := f.between(0, int(f.a), edgeSize, anywhere,
		func(e []byte) bool { return segOf(e) < first },
		func(e []byte) bool { return segOf(e) >= last })
	return appendEdges(nil, raw), err
}

// winners returns the rows of segments from first to before last that losers
// lost to.
func (f edgeFile) winners(first, last uint32) ([]node, error) {
	at := int64(f.a) * edgeSize
	if at+int64(f.b)*nodeSize != f.n {
		return nil, f.damaged()
	}
	segOf := func(e []byte) uint32 { return node(binary.LittleEndian.Uint64(e)).seg() }
	raw, _, err := f.between(at, int(f.b), nodeSize, anywhere,
		func(e []byte) bool { return segOf(e) < first },
		func(e []byte) bool { return segOf(e) >= last })
	var out []node
	for ; len(raw) > 0; raw = raw[nodeSize:] {
		out = append(out, node(binary.LittleEndian.Uint64(raw)))
	}
	return out, err
}

// standings are losers and the rows that others lost to.
type standings struct {
	losers  []edge
	winners []node
}

// standingsOf collects those of segments from first to before last, in no order.
func standingsOf(loserFiles []string, first, last uint32) (all standings, err error) {
	read := edgesOf(func(f edgeFile) (s standings, err error) {
		if s.losers, err = f.losers(first, last); err == nil {
			s.winners, err = f.winners(first, last)
		}
		return s, err
	})
	err = gather(loserFiles, read, func(_ int, s standings) error {
		all.losers, all.winners = append(all.losers, s.losers...), append(all.winners, s.winners...)
		return nil
	})
	return all, err
}

// membersOf returns the rows of one segment that are in clusters, each with
// the one that stays, in order.
func membersOf(seg uint32, loserFiles []string) ([]edge, error) {
	s, err := standingsOf(loserFiles, seg, seg+1)
	if err != nil {
		return nil, err
	}
	out := s.losers
	for _, n := range s.winners {
		out = append(out, edge{n, n})
	}
	slices.SortFunc(out, compareEdges)
	return slices.Compact(out), nil
}

// losersOf collects the losers of one segment, in order. With a key file also
// those that lost within the segment: to a row that may itself have lost to
// one of another.
func losersOf(seg uint32, loserFiles []string, keyPath string) ([]edge, error) {
	var out []edge
	read := edgesOf(func(f edgeFile) ([]edge, error) { return f.losers(seg, seg+1) })
	err := gather(loserFiles, read, func(_ int, l []edge) error { out = append(out, l...); return nil })
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, compareEdges)
	if keyPath == "" {
		return out, nil
	}
	k, err := openKeys(keyPath, op.ByKey)
	if err != nil {
		return nil, err
	}
	defer k.close()
	links, err := k.links()
	if err != nil {
		return nil, err
	}
	across := out
	find := func(n node) (edge, bool) {
		i, ok := slices.BinarySearchFunc(across, n, func(e edge, n node) int { return cmp.Compare(e.child, n) })
		if !ok {
			return edge{}, false
		}
		return across[i], true
	}
	for _, l := range links {
		l = edge{nodeOf(seg, l.child.off()), nodeOf(seg, l.parent.off())}
		if w, lost := find(l.parent); lost {
			l.parent = w.parent
		}
		out = append(out, l)
	}
	slices.SortFunc(out, compareEdges)
	return out, nil
}
