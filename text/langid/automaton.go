package langid

import (
	"cmp"
	"slices"
)

// automaton finds the longest n-gram that ends at each byte of a text, after
// Aho and Corasick. Its states are the beginnings of n-grams that have two bytes
// or more and can go on. State 0 stands for all shorter texts; which one, the
// last byte tells.
type automaton struct {
	// moves is a double array (Aoe 1989): the move of a state with a byte is at
	// their sum, if the move there is one of that state.
	moves []move
	// suffixes has, for each state, the longest state that it ends with.
	suffixes []uint32
	// pairs are the moves of state 0, by the last byte and the next one.
	pairs []move
}

// move leads to a state and to the longest n-gram that ends there. From the
// low end it has the feature in 16 bits, and the state that it leads to and the
// one that it is of in 24 bits each.
type move uint64

const (
	stateBits = 24
	// none is the feature when no n-gram ends.
	none = 1<<16 - 1
	// nobody is no state.
	nobody = 1<<stateBits - 1
)

func newMove(of, to uint32, feature uint16) move {
	return move(of)<<(16+stateBits) | move(to)<<16 | move(feature)
}

func (m move) of() uint32      { return uint32(m >> (16 + stateBits)) }
func (m move) to() uint32      { return uint32(m>>16) & (1<<stateBits - 1) }
func (m move) feature() uint16 { return uint16(m) }

// next is the move with the byte b from a state; before is the byte that
// precedes b.
func (a *automaton) next(from uint32, before, b byte) move {
	for from != 0 {
		if m := a.moves[from+uint32(b)]; m.of() == from {
			return m
		}
		from = a.suffixes[from]
	}
	return a.pairs[int(before)<<8|int(b)]
}

// prefix is the beginning of some n-grams.
type prefix struct {
	from, to int // the n-grams that begin with it
	depth    int // bytes that it has
	parent   int // the prefix without its last byte; -1 for those of two bytes
	first    int // the prefixes with a byte more, and their number
	children int
	state    uint32 // that after it: of a prefix without children, its suffix's
	suffix   int    // the longest prefix that it ends with; -1 for none
	feature  uint16
}

// newAutomaton is for n-grams of two bytes or more, in order of their bytes;
// each one's feature is its index.
func newAutomaton(ngrams [][]byte) automaton {
	all := prefixes(ngrams)
	byName := make(map[string]int, len(all))
	for i, p := range all {
		byName[string(ngrams[p.from][:p.depth])] = i
	}
	var parents []*prefix
	// Suffixes are shorter, and shorter prefixes come first.
	for i := range all {
		p := &all[i]
		name := ngrams[p.from][:p.depth]
		p.suffix = -1
		for k := 1; k+2 <= p.depth && p.suffix < 0; k++ {
			if s, ok := byName[string(name[k:])]; ok {
				p.suffix = s
			}
		}
		if p.feature == none && p.suffix >= 0 {
			p.feature = all[p.suffix].feature
		}
		if p.children > 0 {
			parents = append(parents, p)
		}
	}
	// Those with most children are placed while there is most room.
	slices.SortStableFunc(parents, func(a, b *prefix) int { return cmp.Compare(b.children, a.children) })
	var room placer
	var bytes []byte
	for _, p := range parents {
		bytes = bytes[:0]
		for _, c := range all[p.first : p.first+p.children] {
			bytes = append(bytes, ngrams[c.from][p.depth])
		}
		p.state = room.place(bytes)
	}
	a := automaton{moves: make([]move, len(room.cells)+256), suffixes: make([]uint32, len(room.cells)), pairs: make([]move, 1<<16)}
	for i := range a.moves {
		a.moves[i] = newMove(nobody, 0, none)
	}
	for i := range a.pairs {
		a.pairs[i] = newMove(0, 0, none)
	}
	for i := range all {
		p := &all[i]
		name := ngrams[p.from][:p.depth]
		suffix := uint32(0)
		if p.suffix >= 0 {
			suffix = all[p.suffix].state
		}
		if p.children == 0 {
			p.state = suffix
		} else {
			a.suffixes[p.state] = suffix
		}
		if p.parent < 0 {
			a.pairs[int(name[0])<<8|int(name[1])] = newMove(0, p.state, p.feature)
		} else {
			of := all[p.parent].state
			a.moves[of+uint32(name[p.depth-1])] = newMove(of, p.state, p.feature)
		}
	}
	return a
}

// prefixes lists the n-grams' prefixes, shorter ones first.
func prefixes(ngrams [][]byte) []prefix {
	out := []prefix{{to: len(ngrams), parent: -1, feature: none}}
	for i := 0; i < len(out); i++ {
		p := &out[i]
		from, depth := p.from, p.depth
		if depth > 0 && len(ngrams[from]) == depth {
			p.feature = uint16(from)
			from++
		}
		end, first := p.to, len(out)
		for from < end {
			to := from + 1
			for to < end && ngrams[to][depth] == ngrams[from][depth] {
				to++
			}
			child := prefix{from: from, to: to, depth: depth + 1, parent: i, feature: none}
			out = append(out, child)
			from = to
		}
		out[i].first, out[i].children = first, len(out)-first
	}
	long := slices.IndexFunc(out, func(p prefix) bool { return p.depth > 1 })
	if long < 0 {
		return nil
	}
	out = out[long:]
	for i := range out {
		out[i].first -= long
		if out[i].parent -= long; out[i].depth == 2 {
			out[i].parent = -1
		}
	}
	return out
}

// placer finds room in a double array.
type placer struct {
	cells []struct{ move, state bool } // what is taken: a move's place, a state's number
	from  int                          // where to look for room
	bytes int                          // for that many bytes
}

// place finds a number for a state whose moves have these bytes, which are in
// order. It doesn't look again where there was no room for as many.
func (p *placer) place(bytes []byte) (state uint32) {
	if p.bytes != len(bytes) {
		p.bytes, p.from = len(bytes), 1
	}
	for ; ; p.from++ {
		for p.from+256 > len(p.cells) {
			p.cells = append(p.cells, struct{ move, state bool }{})
		}
		taken := func(b byte) bool { return p.cells[p.from+int(b)].move }
		if p.cells[p.from].state || slices.ContainsFunc(bytes, taken) {
			continue
		}
		for _, b := range bytes {
			p.cells[p.from+int(b)].move = true
		}
		p.cells[p.from].state = true
		return uint32(p.from)
	}
}
