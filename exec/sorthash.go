package exec

import (
	"math/bits"
	"slices"
)

// sortHashes sorts entries by hashes that lie within [lo, hi], and entries with
// one hash as compare has them. Hashes are even: the entries are spread over
// as many buckets as give each a few, and those are sorted. The memory for that
// is scratch, or what is returned when that doesn't suffice.
func sortHashes[E any](entries, scratch []E, lo, hi uint64, hash func(*E) uint64, compare func(a, b E) int) []E {
	width := 0 // of a bucket's number, in bits
	for len(entries)>>width > 8 && width < 16 {
		width++
	}
	if width == 0 {
		slices.SortFunc(entries, compare)
		return scratch
	}
	if cap(scratch) < len(entries) {
		scratch = make([]E, len(entries), cap(entries))
	}
	var ends [1 << 16]uint32
	shift := max(bits.Len64(hi-lo)-width, 0)
	for i := range entries {
		ends[(hash(&entries[i])-lo)>>shift]++
	}
	total := uint32(0)
	for i := range 1 << width {
		total, ends[i] = total+ends[i], total
	}
	from := scratch[:len(entries)]
	copy(from, entries)
	for i := range from {
		at := &ends[(hash(&from[i])-lo)>>shift]
		entries[*at] = from[i]
		*at++
	}
	start := uint32(0)
	for i := range 1 << width {
		slices.SortFunc(entries[start:ends[i]], compare)
		start = ends[i]
	}
	return scratch
}
