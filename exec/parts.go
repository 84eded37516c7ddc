package exec

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"

	"corpusmill/op"
)

// rowPart is a part of a row of a segment: the row by its offset, the part by
// the place of its key among those of the row.
type rowPart struct{ off, part uint32 }

const commonSize = 16

// commonRange returns the keys within a range that more than most rows have,
// in order.
func commonRange(paths []string, lo, hi uint64, most int64) ([]op.Key, error) {
	type count struct {
		key  op.Key
		rows int64
	}
	var counts []count
	sum := func() {
		slices.SortFunc(counts, func(a, b count) int { return compareKeys(a.key, b.key) })
		n := 0
		for i := 0; i < len(counts); n++ {
			counts[n] = counts[i]
			for i++; i < len(counts) && counts[i].key == counts[n].key; i++ {
				counts[n].rows += counts[i].rows
			}
		}
		counts = counts[:n]
	}
	summed := 1 << 16
	err := eachSpan(paths, op.ByPart, lo, hi, func(_ uint32, raw []byte) {
		for ; len(raw) > 0; raw = raw[partKeySize:] {
			counts = append(counts, count{getKey(raw), int64(binary.LittleEndian.Uint32(raw[16:]))})
		}
		if len(counts) > 2*summed {
			sum()
			summed = max(summed, len(counts))
		}
	})
	sum()
	var out []op.Key
	for _, c := range counts {
		if c.rows > most {
			out = append(out, c.key)
		}
	}
	return out, err
}

func writeCommon(w io.Writer, keys []op.Key) error {
	rw := newRecWriter(w)
	var rec [commonSize]byte
	for _, k := range keys {
		putKey(rec[:], k)
		if _, err := rw.Write(rec[:]); err != nil {
			return err
		}
	}
	return rw.finish(uint64(len(keys)), 0)
}

func readCommon(path string) ([]op.Key, error) {
	r, err := openRec(path)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if int64(r.a)*commonSize != r.n {
		return nil, r.damaged()
	}
	raw, err := r.read(0, r.n)
	out := make([]op.Key, 0, len(raw)/commonSize)
	for ; len(raw) > 0; raw = raw[commonSize:] {
		out = append(out, getKey(raw))
	}
	return out, err
}

// partsOf returns the parts of a segment's rows that have one of the common
// keys, in the order of the rows.
func partsOf(commonFiles []string, keyPath string) ([]rowPart, error) {
	k, err := openKeys(keyPath, op.ByPart)
	if err != nil {
		return nil, err
	}
	defer k.close()
	var out []rowPart
	for _, r := range k.runs {
		if out, err = k.partsOf(out, r, commonFiles); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b rowPart) int {
		if c := cmp.Compare(a.off, b.off); c != 0 {
			return c
		}
		return cmp.Compare(a.part, b.part)
	})
	return out, nil
}

func (k *keyFile) partsOf(out []rowPart, r keyRunAt, commonFiles []string) ([]rowPart, error) {
	entries, err := k.read(r.at, r.at+r.keys*partKeySize)
	if err != nil {
		return nil, err
	}
	parts := r.at + r.keys*partKeySize
	for _, path := range commonFiles { // in the order of their keys
		common, err := readCommon(path)
		if err != nil {
			return nil, err
		}
		for len(common) > 0 && len(entries) > 0 {
			c := compareKeys(getKey(entries), common[0])
			if c > 0 {
				common = common[1:]
				continue
			}
			n := int64(binary.LittleEndian.Uint32(entries[20:]))
			if c == 0 {
				raw, err := k.read(parts, parts+n*partSize)
				if err != nil {
					return nil, err
				}
				for ; len(raw) > 0; raw = raw[partSize:] {
					out = append(out, rowPart{binary.LittleEndian.Uint32(raw), binary.LittleEndian.Uint32(raw[4:])})
				}
			}
			parts += n * partSize
			entries = entries[partKeySize:]
		}
	}
	return out, nil
}
