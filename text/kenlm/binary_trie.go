package kenlm

import (
	"encoding/binary"
	"fmt"
)

// cursor walks over the parts of a file.
type cursor struct {
	data []byte
	at   uint64
	err  error
}

// take returns the next n bytes; an empty slice once the file is too short.
func (c *cursor) take(n uint64) []byte {
	if c.err != nil || n > uint64(len(c.data))-c.at {
		c.err = errShort
		return nil
	}
	c.at += n
	return c.data[c.at-n : c.at]
}

// quantisation is what a file says of the codes of its weights.
type quantisation struct {
	on                    bool
	probBits, backoffBits uint
	tables                []byte
}

// parseTrie reads, one after the other: the vocabulary, the tables of
// quantised weights, the unigrams, the middle levels and the longest n-grams.
func (m *Model) parseTrie(h head, data []byte) error {
	c := &cursor{data: data, at: uint64(h.size)}
	size := c.take(8)
	if c.err != nil {
		return c.err
	}
	words := binary.LittleEndian.Uint64(size)
	hashes := c.take(8 * h.counts[0])
	if c.err != nil || words > h.counts[0] {
		return errShort
	}
	var q quantisation
	if h.kind == quantTrieType || h.kind == quantArrayTrieType {
		if err := q.parse(c, m.order); err != nil {
			return err
		}
	}
	t := &trie{unigrams: c.take((h.counts[0] + 2) * unigramSize)}
	jumpBits := uint(0)
	isArray := h.kind >= arrayTrieType
	if isArray && m.order > 2 {
		if c.at+2 > uint64(len(data)) || c.err != nil {
			return errShort
		}
		if version := data[c.at]; version != 0 {
			return fmt.Errorf("its compressed pointers have version %d, which is unknown", version)
		}
		jumpBits = uint(data[c.at+1])
	}
	for k := range m.order - 2 {
		l := level{count: h.counts[k+1], maxWord: h.counts[0], nextCount: h.counts[k+2]}
		weightBits := uint(31 + 32)
		if q.on {
			weightBits = q.probBits + q.backoffBits
			l.probBits, l.backoffBits = q.probBits, q.backoffBits
			l.probs, q.tables = split(q.tables, 4<<q.probBits)
			l.backoffs, q.tables = split(q.tables, 4<<q.backoffBits)
		}
		l.nextBits = requiredBits(l.nextCount)
		if isArray {
			l.nextBits -= chop(l.count+1, l.nextCount, jumpBits)
			jumps := l.nextCount>>l.nextBits + 1
			start := (c.at+7)&^7 + 8
			all := c.take(8*(1+jumps) + 7)
			if c.err != nil {
				return c.err
			}
			l.jumps = all[start-(c.at-uint64(len(all))):][:8*jumps]
		}
		l.wordBits = requiredBits(l.maxWord)
		l.nextAt = l.wordBits + weightBits
		l.entryBits = l.nextAt + l.nextBits
		l.data = c.take(l.size())
		t.middles = append(t.middles, l)
	}
	t.last = level{count: h.counts[m.order-1], maxWord: h.counts[0], wordBits: requiredBits(h.counts[0])}
	t.last.entryBits = t.last.wordBits + 31
	if q.on {
		t.last.probBits, t.last.probs = q.probBits, q.tables
		t.last.entryBits = t.last.wordBits + q.probBits
	}
	t.last.data = c.take(t.last.size())
	if c.err != nil {
		return c.err
	}
	m.vocab, m.search = sortedVocabulary(hashes[:8*words]), t
	return nil
}

func split(b []byte, n int) (head, tail []byte) { return b[:n], b[n:] }

// size is that of a level in bytes. There is one entry more, which ends the
// last one's extensions, and room for reading eight bytes anywhere.
func (l *level) size() uint64 {
	return ((1+l.count)*uint64(l.entryBits)+7)/8 + 8
}

// parse reads the numbers of bits and the tables of all orders above one.
func (q *quantisation) parse(c *cursor, order int) error {
	b := c.take(8)
	if c.err != nil {
		return c.err
	}
	if b[0] != 2 {
		return fmt.Errorf("its quantisation has version %d, which is unknown", b[0])
	}
	q.on, q.probBits, q.backoffBits = true, uint(b[1]), uint(b[2])
	if q.probBits < 1 || q.probBits > 25 || q.backoffBits < 1 || q.backoffBits > 25 {
		return fmt.Errorf("its weights have %d and %d bits; 1 to 25 are possible", q.probBits, q.backoffBits)
	}
	q.tables = c.take(uint64(order-2)*(4<<q.probBits+4<<q.backoffBits) + 4<<q.probBits)
	return c.err
}

// chop is how many of the upper bits of pointers a compressed level leaves
// out, chosen to make it smallest: each takes a bit off the entries and
// doubles the jumps.
func chop(entries, next uint64, most uint) (best uint) {
	required := requiredBits(next)
	lowest := int64(1<<63 - 1)
	for n := uint(0); n <= min(required, most); n++ {
		if change := int64(next>>(required-n))*64 - int64(entries)*int64(n); change < lowest {
			lowest, best = change, n
		}
	}
	return best
}
