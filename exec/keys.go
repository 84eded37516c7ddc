package exec

import (
	"cmp"
	"encoding/binary"
	"io"

	"corpusmill/op"
)

// keyEntry is one key of a row: the row by its position less the segment's
// base, and the key by its place among those of the row.
type keyEntry struct {
	key  op.Key
	off  uint32
	part uint32
}

// keyRun is how many keys of a segment are sorted and written at once, so that
// a segment of many short rows doesn't take more memory than others.
const keyRun = 512 << 10

// A key file holds the keys of one segment as a record file: runs of sorted
// keys, and behind them for each run its two counts, uint32. Within a run are
// first the distinct keys in order, each with the first row that has it, then
// what the run knows of the other rows: see links and parts.
const (
	keySize     = 20 // a key and an offset
	linkSize    = 8  // the offsets of a row and of the one it duplicates
	partKeySize = 24 // a key, the number of its rows and that of their parts
	partSize    = 8  // an offset and a place
	runSize     = 8
)

// keyWriter writes the key file of one segment.
type keyWriter struct {
	rw      *recWriter
	by      op.GroupBy
	runs    []byte
	scratch []keyEntry
	edges   []edge
	n       keyCounts
}

// keyCounts are the distinct keys of the runs, summed up, and the links
// between rows of a segment.
type keyCounts struct {
	Keys  int64 `json:"keys"`
	Links int64 `json:"links"`
}

func (n *keyCounts) add(o keyCounts) {
	n.Keys += o.Keys
	n.Links += o.Links
}

func newKeyWriter(w io.Writer, by op.GroupBy) *keyWriter {
	return &keyWriter{rw: newRecWriter(w), by: by}
}

// run writes keys, which it sorts.
func (k *keyWriter) run(keys []keyEntry) error {
	k.scratch = sortKeys(keys, k.scratch)
	if k.by == op.ByPart {
		return k.partRun(keys)
	}
	k.edges = k.edges[:0]
	var rec [keySize]byte
	distinct := 0
	var first keyEntry
	for i, e := range keys {
		if i > 0 && e.key == first.key {
			if e.off != first.off {
				k.edges = append(k.edges, edge{node(e.off), node(first.off)})
			}
			continue
		}
		first = e
		distinct++
		putKey(rec[:], e.key)
		binary.LittleEndian.PutUint32(rec[16:], e.off)
		if _, err := k.rw.Write(rec[:]); err != nil {
			return err
		}
	}
	links := stars(k.edges)
	for _, e := range links {
		binary.LittleEndian.PutUint32(rec[:], uint32(e.child))
		binary.LittleEndian.PutUint32(rec[4:], uint32(e.parent))
		if _, err := k.rw.Write(rec[:linkSize]); err != nil {
			return err
		}
	}
	k.note(distinct, len(links))
	return nil
}

// partRun writes keys of parts: each key with the number of rows and of parts
// that have it, then the parts in the same order.
func (k *keyWriter) partRun(keys []keyEntry) error {
	var rec [partKeySize]byte
	distinct := 0
	for i := 0; i < len(keys); {
		start, rows := i, uint32(0)
		for ; i < len(keys) && keys[i].key == keys[start].key; i++ {
			if i == start || keys[i].off != keys[i-1].off {
				rows++
			}
		}
		distinct++
		putKey(rec[:], keys[start].key)
		binary.LittleEndian.PutUint32(rec[16:], rows)
		binary.LittleEndian.PutUint32(rec[20:], uint32(i-start))
		if _, err := k.rw.Write(rec[:]); err != nil {
			return err
		}
	}
	for _, e := range keys {
		binary.LittleEndian.PutUint32(rec[:], e.off)
		binary.LittleEndian.PutUint32(rec[4:], e.part)
		if _, err := k.rw.Write(rec[:partSize]); err != nil {
			return err
		}
	}
	k.note(distinct, len(keys))
	return nil
}

func (k *keyWriter) note(distinct, rest int) {
	k.runs = binary.LittleEndian.AppendUint32(k.runs, uint32(distinct))
	k.runs = binary.LittleEndian.AppendUint32(k.runs, uint32(rest))
	k.n.add(keyCounts{int64(distinct), int64(rest)})
}

func (k *keyWriter) finish() (keyCounts, error) {
	if _, err := k.rw.Write(k.runs); err != nil {
		return k.n, err
	}
	return k.n, k.rw.finish(uint64(len(k.runs)/runSize), 0)
}

// sortKeys sorts by key, then by row and place. The memory for that is
// scratch, or what is returned when that doesn't suffice.
func sortKeys(keys, scratch []keyEntry) []keyEntry {
	return sortHashes(keys, scratch, 0, ^uint64(0), func(e *keyEntry) uint64 { return e.key.Hi }, compareEntries)
}

func compareEntries(a, b keyEntry) int {
	if a.key.Hi != b.key.Hi {
		if a.key.Hi < b.key.Hi {
			return -1
		}
		return 1
	}
	if c := cmp.Compare(a.key.Lo, b.key.Lo); c != 0 {
		return c
	}
	if c := cmp.Compare(a.off, b.off); c != 0 {
		return c
	}
	return cmp.Compare(a.part, b.part)
}

func compareKeys(a, b op.Key) int {
	if c := cmp.Compare(a.Hi, b.Hi); c != 0 {
		return c
	}
	return cmp.Compare(a.Lo, b.Lo)
}

func putKey(b []byte, k op.Key) {
	binary.LittleEndian.PutUint64(b, k.Hi)
	binary.LittleEndian.PutUint64(b[8:], k.Lo)
}

func getKey(b []byte) op.Key {
	return op.Key{Hi: binary.LittleEndian.Uint64(b), Lo: binary.LittleEndian.Uint64(b[8:])}
}

// keyFile is a segment's keys as a keyWriter left them.
type keyFile struct {
	*recReader
	runs          []keyRunAt
	entry, behind int64 // sizes
}

// keyRunAt is one run: where it begins and its two counts.
type keyRunAt struct{ at, keys, rest int64 }

func openKeys(path string, by op.GroupBy) (*keyFile, error) {
	r, err := openRec(path)
	if err != nil {
		return nil, err
	}
	k := &keyFile{recReader: r, entry: keySize, behind: linkSize}
	if by == op.ByPart {
		k.entry, k.behind = partKeySize, partSize
	}
	if err := k.readRuns(); err != nil {
		r.close()
		return nil, err
	}
	return k, nil
}

func (k *keyFile) readRuns() error {
	if k.a > uint64(k.n/runSize) {
		return k.damaged()
	}
	raw, err := k.read(k.n-int64(k.a)*runSize, k.n)
	if err != nil {
		return err
	}
	at := int64(0)
	for ; len(raw) > 0; raw = raw[runSize:] {
		r := keyRunAt{at, int64(binary.LittleEndian.Uint32(raw)), int64(binary.LittleEndian.Uint32(raw[4:]))}
		k.runs = append(k.runs, r)
		at += r.keys*k.entry + r.rest*k.behind
	}
	if at+int64(k.a)*runSize != k.n {
		return k.damaged()
	}
	return nil
}

// span returns the entries of a run whose key.Hi is in [lo, hi], raw, and the
// number of entries before them.
func (k *keyFile) span(r keyRunAt, lo, hi uint64) (raw []byte, before int64, err error) {
	key := binary.LittleEndian.Uint64
	return k.between(r.at, int(r.keys), int(k.entry), hashed(lo, hi),
		func(e []byte) bool { return key(e) < lo },
		func(e []byte) bool { return key(e) > hi })
}

// links returns, of each run, the rows that repeat a key of an earlier row of
// their segment, each with the first row of those that are linked to it.
func (k *keyFile) links() ([]edge, error) {
	var out []edge
	for _, r := range k.runs {
		at := r.at + r.keys*k.entry
		raw, err := k.read(at, at+r.rest*k.behind)
		if err != nil {
			return nil, err
		}
		for ; len(raw) > 0; raw = raw[linkSize:] {
			out = append(out, edge{node(binary.LittleEndian.Uint32(raw)), node(binary.LittleEndian.Uint32(raw[4:]))})
		}
	}
	return out, nil
}

// checkKeys reads a key file to see whether it is whole.
func checkKeys(path string, by op.GroupBy) error {
	k, err := openKeys(path, by)
	if err != nil {
		return err
	}
	defer k.close()
	return k.check()
}
