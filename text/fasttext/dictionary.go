package fasttext

import (
	"encoding/binary"
	"math/bits"
)

const endOfLine = "</s>"

// labelPrefix begins the words of a text that aren't words. Files don't hold
// the prefix that a model was trained with; this is the usual one.
var labelPrefix = []byte("__label__")

// dictionary numbers words, then labels.
type dictionary struct {
	data    []byte // the file
	entries []entry
	words   int // entries that are words; those behind them are labels
	labels  []string
	counts  []int64 // of the labels
	index   []slot  // open addressing, a power of 2
	// pruned is the number of n-gram buckets that a quantised model kept; -1
	// for all of them.
	pruned  int
	kept    []bucket // open addressing, a power of 2
	shift   uint     // of kept's hash
	largest int      // row of a kept bucket; -1 for none
	eos     int32    // id of endOfLine, -1 for none
}

type entry struct{ from, to int }

// slot holds an entry's hash and its number plus one; 0 is empty.
type slot struct {
	hash uint32
	id   uint32
}

// bucket holds an n-gram's bucket plus one, 0 being empty, and its row behind
// the words.
type bucket struct{ key, row uint32 }

// hashStart and hashStep are FNV-1a over bytes that are sign-extended.
const hashStart = 2166136261

func hashStep(h uint32, b byte) uint32 { return (h ^ uint32(int8(b))) * 16777619 }

func hashOf(s []byte) uint32 {
	h := uint32(hashStart)
	for _, b := range s {
		h = hashStep(h, b)
	}
	return h
}

const (
	leastEntry = 10      // bytes: an empty word's NUL, its count, its type
	mostCount  = 1 << 48 // of all labels together; above it their tree isn't defined
)

func (d *dictionary) read(c *cursor) {
	size := c.int32("the size of the dictionary")
	words := c.int32("the number of words")
	labels := c.int32("the number of labels")
	c.int64("the number of tokens")
	pruned := c.int64("the number of pruned buckets")
	size = c.count(int64(size), leastEntry, "the size of the dictionary")
	if c.err == nil && (words < 0 || labels < 0 || words+labels != size) {
		c.fail("%d words and %d labels don't make a dictionary of %d entries: the file is damaged", words, labels, size)
	}
	if c.err != nil {
		return
	}
	d.data, d.words = c.data, words
	d.entries = make([]entry, 0, size)
	d.labels, d.counts = make([]string, 0, labels), make([]int64, 0, labels)
	d.index = make([]slot, 1<<bits.Len(uint(2*size)))
	total := int64(0)
	for i := range size {
		from := c.off
		word := c.text("an entry of the dictionary")
		count := c.int64("a word's count")
		kind := c.take(1, "a word's type")
		if c.err != nil {
			return
		}
		if isLabel := kind[0] == 1; kind[0] > 1 || isLabel != (i >= words) {
			c.fail("entry %d of the dictionary has type %d; it has %d words, then %d labels: the file is damaged", i, kind[0], words, labels)
			return
		}
		if i >= words {
			if total += count; count < 0 || count > mostCount || total > mostCount {
				c.fail("label %q has the count %d: the file is damaged", word, count)
				return
			}
			d.labels, d.counts = append(d.labels, string(word)), append(d.counts, count)
		}
		d.entries = append(d.entries, entry{from, from + len(word)})
		d.put(word, i)
	}
	d.eos = d.find([]byte(endOfLine), hashOf([]byte(endOfLine)))
	d.readPruned(c, pruned)
}

func (d *dictionary) readPruned(c *cursor, n int64) {
	d.pruned, d.largest = -1, -1
	if n < 0 {
		return
	}
	d.pruned = c.count(n, 8, "the number of kept n-grams")
	size := bits.Len(uint(2*d.pruned + 1))
	d.kept, d.shift = make([]bucket, 1<<size), uint(32-size)
	pairs := c.take(8*d.pruned, "the kept n-grams")
	for i := 0; i < len(pairs); i += 8 {
		key, row := int32(binary.LittleEndian.Uint32(pairs[i:])), int32(binary.LittleEndian.Uint32(pairs[i+4:]))
		if key < 0 || row < 0 {
			c.fail("n-gram bucket %d is kept in row %d: the file is damaged", key, row)
			return
		}
		d.largest = max(d.largest, int(row))
		at := d.place(uint32(key))
		for d.kept[at].key != 0 && d.kept[at].key != uint32(key)+1 {
			at = (at + 1) & uint32(len(d.kept)-1)
		}
		d.kept[at] = bucket{uint32(key) + 1, uint32(row)}
	}
}

// place is where the search for a kept bucket begins.
func (d *dictionary) place(key uint32) uint32 { return (key * 2654435769) >> d.shift }

// row returns the row of a bucket behind the words, -1 when it was pruned.
func (d *dictionary) row(key uint32) int32 {
	if d.pruned < 0 {
		return int32(key)
	}
	for at := d.place(key); ; at = (at + 1) & uint32(len(d.kept)-1) {
		switch b := d.kept[at]; b.key {
		case key + 1:
			return int32(b.row)
		case 0:
			return -1
		}
	}
}

// put numbers a word. Of equal ones the last counts.
func (d *dictionary) put(word []byte, id int) {
	h := hashOf(word)
	mask := uint32(len(d.index) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := &d.index[at]
		if s.id == 0 || s.hash == h && string(d.word(s.id-1)) == string(word) {
			*s = slot{h, uint32(id) + 1}
			return
		}
	}
}

// find returns the number of a word or label with its hash, -1 for none.
func (d *dictionary) find(word []byte, h uint32) int32 {
	mask := uint32(len(d.index) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := d.index[at]
		if s.id == 0 {
			return -1
		}
		if s.hash == h && string(d.word(s.id-1)) == string(word) {
			return int32(s.id - 1)
		}
	}
}

func (d *dictionary) word(id uint32) []byte {
	e := d.entries[id]
	return d.data[e.from:e.to]
}
