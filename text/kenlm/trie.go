package kenlm

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// trie holds n-grams as sorted lists: each level has, for each n-gram of the
// level before, the words that come before it, in fields of bits.
type trie struct {
	unigrams []byte // probability, backoff, and where the extensions begin
	middles  []level
	last     level
}

const unigramSize = 16

// level is the n-grams of one order: in each entry the word, then
// probability and backoff, then where the extensions begin.
type level struct {
	data      []byte
	count     uint64
	wordBits  uint
	entryBits uint
	maxWord   uint64

	// Of a quantised level: values by code, the codes having these bits.
	probs, backoffs       []byte
	probBits, backoffBits uint

	// nextBits of where the extensions begin are in the entry; the bits above
	// them are the index of the last of jumps at or before the entry.
	nextAt, nextBits uint
	nextCount        uint64 // entries of the next level
	jumps            []byte // 8 bytes each, empty if all bits are in the entry
}

// read returns n bits, 57 at most, at a place of data.
func read(data []byte, at uint64, n uint) uint64 {
	return binary.LittleEndian.Uint64(data[at>>3:]) >> (at & 7) & (1<<n - 1)
}

func requiredBits(x uint64) uint { return uint(bits.Len64(x)) }

// find looks for a word among the entries begin to end, which are sorted.
func (l *level) find(word uint32, begin, end uint64) (at uint64, ok bool) {
	lo, hi := begin, end
	low, high := uint64(0), l.maxWord
	w := uint64(word)
	for lo < hi {
		if w < low || w > high {
			return 0, false
		}
		// A product that wraps only makes a worse guess.
		guess := lo + min((w-low)*(hi-lo)/(high-low+1), hi-lo-1)
		switch got := read(l.data, guess*uint64(l.entryBits), l.wordBits); {
		case got == w:
			return guess, true
		case got < w:
			lo, low = guess+1, got+1
		default:
			hi, high = guess, got-1
		}
	}
	return 0, false
}

func (l *level) weights(at uint64) (w weights) {
	bit := at*uint64(l.entryBits) + uint64(l.wordBits)
	if l.probs == nil {
		w.prob = math.Float32frombits(uint32(read(l.data, bit, 31)) | signBit)
		w.backoff = math.Float32frombits(uint32(read(l.data, bit+31, 32)))
		return w
	}
	w.backoff = getFloat(l.backoffs[4*read(l.data, bit, l.backoffBits):])
	w.prob = getFloat(l.probs[4*read(l.data, bit+uint64(l.backoffBits), l.probBits):])
	return w
}

func (l *level) prob(at uint64) float32 {
	bit := at*uint64(l.entryBits) + uint64(l.wordBits)
	if l.probs == nil {
		return math.Float32frombits(uint32(read(l.data, bit, 31)) | signBit)
	}
	return getFloat(l.probs[4*read(l.data, bit, l.probBits):])
}

// extensions returns the entries of the next level that extend entry at.
func (l *level) extensions(at uint64) (n node) {
	bit := at*uint64(l.entryBits) + uint64(l.nextAt)
	n.begin = read(l.data, bit, l.nextBits)
	n.end = read(l.data, bit+uint64(l.entryBits), l.nextBits)
	if len(l.jumps) > 0 {
		first, last := l.jump(at)
		n.begin |= first << l.nextBits
		n.end |= last << l.nextBits
	}
	return n.clamp(l.nextCount)
}

// jump returns the indexes of the last of jumps that are at most at and at+1.
func (l *level) jump(at uint64) (first, last uint64) {
	get := func(i uint64) uint64 { return binary.LittleEndian.Uint64(l.jumps[8*i:]) }
	lo, hi := uint64(1), uint64(len(l.jumps)/8)
	for lo < hi {
		mid := (lo + hi) / 2
		if get(mid) <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	first, last = lo-1, lo-1
	for last+1 < uint64(len(l.jumps)/8) && get(last+1) <= at+1 {
		last++
	}
	return first, last
}

// clamp makes the range empty where a damaged file has it beyond count.
func (n node) clamp(count uint64) node {
	if n.begin > n.end || n.end > count {
		return node{}
	}
	return n
}

func (t *trie) unigram(word uint32) (w weights, n node, more bool) {
	e := t.unigrams[int(word)*unigramSize:][:2*unigramSize]
	next := &t.last
	if len(t.middles) > 0 {
		next = &t.middles[0]
	}
	n = node{binary.LittleEndian.Uint64(e[8:]), binary.LittleEndian.Uint64(e[unigramSize+8:])}.clamp(next.count)
	return weights{getFloat(e), getFloat(e[4:])}, n, n.begin < n.end
}

func (t *trie) middle(k int, word uint32, after node) (w weights, n node, found, more bool) {
	l := &t.middles[k]
	at, ok := l.find(word, after.begin, after.end)
	if !ok {
		return weights{}, node{}, false, false
	}
	n = l.extensions(at)
	return l.weights(at), n, true, n.begin < n.end
}

func (t *trie) longest(word uint32, after node) (float32, bool) {
	at, ok := t.last.find(word, after.begin, after.end)
	if !ok {
		return 0, false
	}
	return t.last.prob(at), true
}
