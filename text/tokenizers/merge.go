package tokenizers

import "math"

// pairTable is a hash table of merges by the ids of the two tokens. It is at
// most half full.
type pairTable struct {
	slots []pairSlot
	shift uint8
}

type pairSlot struct {
	key        uint64 // 1 more than the ids, the left one in front; 0 for none
	rank, into uint32
}

const noRank = math.MaxUint32

func newPairTable(n int) pairTable {
	bits := uint8(4)
	for 1<<bits < 2*n {
		bits++
	}
	return pairTable{make([]pairSlot, 1<<bits), 64 - bits}
}

// slot returns the slot that has the key, or the one that may take it.
func (t *pairTable) slot(key uint64) *pairSlot {
	i := int(key * 0x9E3779B97F4A7C15 >> t.shift)
	for {
		s := &t.slots[i&(len(t.slots)-1)]
		if s.key == key || s.key == 0 {
			return s
		}
		i++
	}
}

func pairKey(left, right uint32) uint64 { return (uint64(left)<<32 | uint64(right)) + 1 }

func (t *pairTable) set(left, right, rank, into uint32) {
	*t.slot(pairKey(left, right)) = pairSlot{pairKey(left, right), rank, into}
}

// rank returns the rank of a merge, noRank if there is none.
func (t *pairTable) rank(left, right uint32) uint32 {
	s := t.slot(pairKey(left, right))
	if s.key == 0 {
		return noRank
	}
	return s.rank
}

// into returns the token that a merge makes.
func (t *pairTable) into(left, right uint32) uint32 { return t.slot(pairKey(left, right)).into }

// merger is the memory of merging.
type merger struct {
	ranks []uint32 // of the merge of a symbol with the next one
	// For long words:
	prev, next []int32
	agenda     []uint64 // a heap of rank and place
}

// shortWord is the length up to which looking through all ranks each time is
// faster than keeping them in a heap.
const shortWord = 48

// merge merges the symbols dst[start:] in place, as long as a merge is there:
// the one of the lowest rank first, of equal ones the leftmost.
func (g *merger) merge(t *pairTable, dst []uint32, start int) []uint32 {
	ids := dst[start:]
	if len(ids) < 2 {
		return dst
	}
	g.ranks = g.ranks[:0]
	for i := range len(ids) - 1 {
		g.ranks = append(g.ranks, t.rank(ids[i], ids[i+1]))
	}
	g.ranks = append(g.ranks, noRank)
	if len(ids) > shortWord {
		return dst[:start+g.long(t, ids)]
	}
	ranks := g.ranks
	for {
		at, lowest := 0, uint32(noRank)
		for i, r := range ranks {
			if r < lowest {
				at, lowest = i, r
			}
		}
		if lowest == noRank {
			return dst[:start+len(ids)]
		}
		ids[at] = t.into(ids[at], ids[at+1])
		ids = append(ids[:at+1], ids[at+2:]...)
		ranks = append(ranks[:at+1], ranks[at+2:]...)
		ranks[at] = noRank
		if at+1 < len(ids) {
			ranks[at] = t.rank(ids[at], ids[at+1])
		}
		if at > 0 {
			ranks[at-1] = t.rank(ids[at-1], ids[at])
		}
	}
}

// long merges a word of any length, in time that grows little faster than it.
// A place of the heap whose rank is no longer that of its symbol is passed
// over; a symbol that went into its left neighbour has none.
func (g *merger) long(t *pairTable, ids []uint32) (n int) {
	g.prev, g.next, g.agenda = g.prev[:0], g.next[:0], g.agenda[:0]
	for i, r := range g.ranks {
		g.prev, g.next = append(g.prev, int32(i-1)), append(g.next, int32(i+1))
		if r != noRank {
			g.push(uint64(r)<<32 | uint64(i))
		}
	}
	end := int32(len(ids))
	for len(g.agenda) > 0 {
		top := g.pop()
		at := int32(uint32(top))
		if g.ranks[at] != uint32(top>>32) {
			continue
		}
		gone := g.next[at]
		ids[at] = t.into(ids[at], ids[gone])
		g.next[at] = g.next[gone]
		if g.next[at] < end {
			g.prev[g.next[at]] = at
		}
		g.ranks[gone] = noRank
		g.consider(t, ids, at)
		if g.prev[at] >= 0 {
			g.consider(t, ids, g.prev[at])
		}
	}
	for i := int32(0); i < end; i = g.next[i] {
		ids[n] = ids[i]
		n++
	}
	return n
}

// consider notes the merge of a symbol with the next one, if there is one.
func (g *merger) consider(t *pairTable, ids []uint32, at int32) {
	g.ranks[at] = noRank
	if next := g.next[at]; int(next) < len(ids) {
		if g.ranks[at] = t.rank(ids[at], ids[next]); g.ranks[at] != noRank {
			g.push(uint64(g.ranks[at])<<32 | uint64(at))
		}
	}
}

// push and pop keep agenda a heap with the least at its top.
func (g *merger) push(v uint64) {
	g.agenda = append(g.agenda, v)
	h := g.agenda
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if v >= h[up] {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = v
}

func (g *merger) pop() uint64 {
	h := g.agenda
	top, v := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	g.agenda = h
	i := 0
	for {
		down := 2*i + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && h[down+1] < h[down] {
			down++
		}
		if h[down] >= v {
			break
		}
		h[i] = h[down]
		i = down
	}
	if len(h) > 0 {
		h[i] = v
	}
	return top
}
