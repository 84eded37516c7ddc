package kenlm

import (
	"encoding/binary"
	"math"
)

// hashed holds n-grams in hash tables. The sign of a probability, which is
// never positive, is cleared for n-grams that a longer one ends with.
type hashed struct {
	unigrams []byte // probability, backoff, and rest cost if stride is 12
	stride   int
	middles  []table
	last     table // probabilities
}

// combine extends the hash of an n-gram by the word before it.
func combine(hash uint64, word uint32) uint64 {
	return hash*8978948897894561157 ^ (1+uint64(word))*17894857484156487943
}

func getFloat(b []byte) float32    { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
func putFloat(b []byte, x float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(x)) }

// getWeights reads a probability and a backoff.
func getWeights(b []byte) (w weights, more bool) {
	x := binary.LittleEndian.Uint64(b)
	p := uint32(x)
	return weights{math.Float32frombits(p | signBit), math.Float32frombits(uint32(x >> 32))}, p&signBit == 0
}

// A node's begin is the hash of its n-gram.

func (h *hashed) unigram(word uint32) (w weights, n node, more bool) {
	w, more = getWeights(h.unigrams[int(word)*h.stride:])
	return w, node{begin: uint64(word)}, more
}

func (h *hashed) middle(k int, word uint32, after node) (w weights, n node, found, more bool) {
	n.begin = combine(after.begin, word)
	value := h.middles[k].find(n.begin)
	if value == nil {
		return weights{}, node{}, false, false
	}
	w, more = getWeights(value)
	return w, n, true, more
}

func (h *hashed) longest(word uint32, after node) (float32, bool) {
	value := h.last.find(combine(after.begin, word))
	if value == nil {
		return 0, false
	}
	return getFloat(value), true
}
