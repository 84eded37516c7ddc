package exec

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"
	"sort"

	"corpusmill/op"
)

// segmentInfo is what later stages need to know of a segment.
type segmentInfo struct {
	Src  uint32 `json:"src"`
	Seg  int    `json:"seg"`
	Base uint64 `json:"base"` // position of its first row
	Line int64  `json:"line"` // number, from 0, of its first line in the file
}

// loser is a row that duplicates an earlier one: the row by segment and
// ordinal, the winner by segment and offset. Segments are indexes into the
// run's list of segments, which is in input order.
type loser struct {
	seg, row  uint32
	win, wOff uint32
}

const loserSize = 16

// rangeOf returns the first and last Hi of part r of n equal parts of all keys.
func rangeOf(r, n int) (lo, hi uint64) {
	step := ^uint64(0) / uint64(n)
	lo = step * uint64(r)
	if r == n-1 {
		return lo, ^uint64(0)
	}
	return lo, lo + step - 1
}

// clusterEntryBytes is the memory that clusterRange needs for an entry of a
// key file.
const clusterEntryBytes = 48

type rangeEntry struct {
	key op.Key
	seg uint32
	row uint32
	off uint32
}

// clusterRange compares the keys of all segments within one range of keys.
// Of rows with one key the first in input order wins.
func clusterRange(paths []string, lo, hi uint64, w io.Writer) error {
	entries, err := readRange(paths, lo, hi)
	if err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b rangeEntry) int {
		if c := compareKeys(a.key, b.key); c != 0 {
			return c
		}
		return cmp.Compare(a.seg, b.seg)
	})
	var losers []loser
	for i := 0; i < len(entries); {
		first := entries[i]
		for i++; i < len(entries) && entries[i].key == first.key; i++ {
			losers = append(losers, loser{entries[i].seg, entries[i].row, first.seg, first.off})
		}
	}
	return writeLosers(w, losers)
}

// readRange reads the entries of all key files within a range. Keys are
// hashes, so a range has its share of each file: memory is taken once, by that.
func readRange(paths []string, lo, hi uint64) ([]rangeEntry, error) {
	var total float64
	for _, path := range paths {
		k, err := openKeys(path)
		if err != nil {
			return nil, err
		}
		total += float64(k.a)
		k.close()
	}
	share := float64(hi-lo) / (1 << 64)
	entries := make([]rangeEntry, 0, int(total*share*1.01)+1024)
	for seg, path := range paths {
		k, err := openKeys(path)
		if err != nil {
			return nil, err
		}
		raw, err := k.span(lo, hi)
		k.close()
		if err != nil {
			return nil, err
		}
		for ; len(raw) > 0; raw = raw[keySize:] {
			entries = append(entries, rangeEntry{
				key: op.Key{Hi: binary.LittleEndian.Uint64(raw), Lo: binary.LittleEndian.Uint64(raw[8:])},
				seg: uint32(seg), row: binary.LittleEndian.Uint32(raw[16:]), off: binary.LittleEndian.Uint32(raw[20:]),
			})
		}
	}
	return entries, nil
}

func compareLosers(a, b loser) int {
	if c := cmp.Compare(a.seg, b.seg); c != 0 {
		return c
	}
	return cmp.Compare(a.row, b.row)
}

func writeLosers(w io.Writer, losers []loser) error {
	slices.SortFunc(losers, compareLosers)
	rw := newRecWriter(w)
	var rec [loserSize]byte
	for _, l := range losers {
		for i, v := range [4]uint32{l.seg, l.row, l.win, l.wOff} {
			binary.LittleEndian.PutUint32(rec[4*i:], v)
		}
		if _, err := rw.Write(rec[:]); err != nil {
			return err
		}
	}
	return rw.finish(uint64(len(losers)), 0)
}

// losersOf collects the losers of one segment, in order of their rows: those
// that lost to another segment, and those that lost within it.
func losersOf(seg uint32, loserFiles []string, keyPath string) ([]loser, error) {
	var out []loser
	for _, path := range loserFiles {
		l, err := readLosers(path, seg)
		if err != nil {
			return nil, err
		}
		out = append(out, l...)
	}
	slices.SortFunc(out, compareLosers)
	k, err := openKeys(keyPath)
	if err != nil {
		return nil, err
	}
	defer k.close()
	dups, err := k.dups()
	if err != nil {
		return nil, err
	}
	across := len(out)
	for _, d := range dups {
		row, first, off := d[0], d[1], d[2]
		l := loser{seg: seg, row: row, win: seg, wOff: off}
		i := sort.Search(across, func(i int) bool { return out[i].row >= first })
		if i < across && out[i].row == first {
			l.win, l.wOff = out[i].win, out[i].wOff
		}
		out = append(out, l)
	}
	slices.SortFunc(out, compareLosers)
	return out, nil
}

func readLosers(path string, seg uint32) ([]loser, error) {
	r, err := openRec(path)
	if err != nil {
		return nil, err
	}
	defer r.close()
	n := int(r.a)
	if int64(n)*loserSize != r.n {
		return nil, errDamaged
	}
	segOf := binary.LittleEndian.Uint32
	raw, err := r.between(n, loserSize,
		func(e []byte) bool { return segOf(e) < seg },
		func(e []byte) bool { return segOf(e) > seg })
	if err != nil {
		return nil, err
	}
	out := make([]loser, 0, len(raw)/loserSize)
	for ; len(raw) > 0; raw = raw[loserSize:] {
		out = append(out, loser{
			binary.LittleEndian.Uint32(raw), binary.LittleEndian.Uint32(raw[4:]),
			binary.LittleEndian.Uint32(raw[8:]), binary.LittleEndian.Uint32(raw[12:]),
		})
	}
	return out, nil
}
