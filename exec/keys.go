package exec

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"

	"corpusmill/op"
)

// keyEntry is a row's key: the row by its ordinal in the segment and by its
// position less the segment's base.
type keyEntry struct {
	key op.Key
	row uint32
	off uint32
}

const (
	keySize = 24
	dupSize = 12
)

// writeKeys writes the keys of one segment as a record file: one entry for
// each distinct key, that of its first row, in order of the keys, then the
// other rows in order, each with its first row. So many rows of one key in a
// segment are one entry for the stage that compares segments. It returns the
// number of distinct keys and leaves the keys sorted.
func writeKeys(w io.Writer, keys []keyEntry) (int64, error) {
	slices.SortFunc(keys, func(a, b keyEntry) int {
		if c := compareKeys(a.key, b.key); c != 0 {
			return c
		}
		return cmp.Compare(a.row, b.row)
	})
	rw := newRecWriter(w)
	var rec [keySize]byte
	var dups [][3]uint32
	var distinct uint64
	var first keyEntry
	for i, k := range keys {
		if i > 0 && k.key == first.key {
			dups = append(dups, [3]uint32{k.row, first.row, first.off})
			continue
		}
		first = k
		distinct++
		binary.LittleEndian.PutUint64(rec[:], k.key.Hi)
		binary.LittleEndian.PutUint64(rec[8:], k.key.Lo)
		binary.LittleEndian.PutUint32(rec[16:], k.row)
		binary.LittleEndian.PutUint32(rec[20:], k.off)
		if _, err := rw.Write(rec[:]); err != nil {
			return 0, err
		}
	}
	slices.SortFunc(dups, func(a, b [3]uint32) int { return cmp.Compare(a[0], b[0]) })
	for _, d := range dups {
		for i, v := range d {
			binary.LittleEndian.PutUint32(rec[4*i:], v)
		}
		if _, err := rw.Write(rec[:dupSize]); err != nil {
			return 0, err
		}
	}
	return int64(distinct), rw.finish(distinct, uint64(len(dups)))
}

func compareKeys(a, b op.Key) int {
	if c := cmp.Compare(a.Hi, b.Hi); c != 0 {
		return c
	}
	return cmp.Compare(a.Lo, b.Lo)
}

// keyFile is a segment's keys as writeKeys left them.
type keyFile struct{ *recReader }

func openKeys(path string) (keyFile, error) {
	r, err := openRec(path)
	if err != nil {
		return keyFile{}, err
	}
	k := keyFile{r}
	if k.a > uint64(r.n) || k.b > uint64(r.n) || int64(k.a*keySize+k.b*dupSize) != r.n {
		r.close()
		return keyFile{}, errDamaged
	}
	return k, nil
}

// span returns the entries whose Hi is in [lo, hi], raw.
func (k keyFile) span(lo, hi uint64) ([]byte, error) {
	key := binary.LittleEndian.Uint64
	return k.between(int(k.a), keySize,
		func(e []byte) bool { return key(e) < lo },
		func(e []byte) bool { return key(e) > hi })
}

// dups returns the rows that repeat an earlier row of their segment: row,
// first row, and the first row's offset.
func (k keyFile) dups() ([][3]uint32, error) {
	raw, err := k.read(int64(k.a)*keySize, k.n)
	if err != nil {
		return nil, err
	}
	out := make([][3]uint32, len(raw)/dupSize)
	for i := range out {
		for j := range 3 {
			out[i][j] = binary.LittleEndian.Uint32(raw[i*dupSize+4*j:])
		}
	}
	return out, nil
}

// checkKeys reads a key file to see whether it is whole.
func checkKeys(path string) error {
	k, err := openKeys(path)
	if err != nil {
		return err
	}
	defer k.close()
	for off := int64(0); off < k.n; off += 16 * recBlock {
		if _, err := k.read(off, min(off+16*recBlock, k.n)); err != nil {
			return err
		}
	}
	return nil
}
