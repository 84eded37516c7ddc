package sentencepiece

// merger holds the state of BPE between texts.
type merger struct {
	symbols []symbol
	agenda  []pair
	// splits holds, for unused pieces, where the last pair that could be
	// merged to one was divided.
	splits map[int32]uint32
}

// symbol is a part of the text that has been merged so far; an empty one has
// gone into its left neighbour. Neighbours are indexes, -1 for none.
type symbol struct {
	start, end uint32
	prev, next int32
	frozen     bool // a user-defined symbol, never merged
}

// pair is two neighbours that make a piece.
type pair struct {
	score       float32
	left, right int32
	size        uint32 // of the piece, in bytes
}

func (p pair) before(q pair) bool {
	return p.score > q.score || p.score == q.score && p.left < q.left
}

// bpe adds the pieces of e.normal from start to end.
func (e *Encoder) bpe(start, end int) {
	m, g, text := e.m, &e.merge, e.normal[:end]
	g.symbols, g.agenda = g.symbols[:0], g.agenda[:0]
	if m.hasUnused {
		if g.splits == nil {
			g.splits = map[int32]uint32{}
		}
		clear(g.splits)
	}
	for at := start; at < len(text); {
		n := m.normalizer.symbols.Longest(text[at:])
		frozen := n > 0
		if !frozen {
			n = min(int(runeLength(text[at])), len(text)-at)
		}
		i := int32(len(g.symbols))
		g.symbols = append(g.symbols, symbol{uint32(at), uint32(at + n), i - 1, i + 1, frozen})
		at += n
	}
	g.symbols[len(g.symbols)-1].next = -1
	for i := range int32(len(g.symbols) - 1) {
		e.consider(i, i+1)
	}
	for len(g.agenda) > 0 {
		top := g.pop()
		left, right := &g.symbols[top.left], &g.symbols[top.right]
		if left.start == left.end || right.start == right.end || right.end-left.start != top.size {
			continue
		}
		left.end, left.next = right.end, right.next
		if right.next >= 0 {
			g.symbols[right.next].prev = top.left
		}
		right.start = right.end
		e.consider(left.prev, top.left)
		e.consider(top.left, left.next)
	}
	for i := int32(0); i >= 0; i = g.symbols[i].next {
		e.resegment(g.symbols[i].start, g.symbols[i].end)
	}
}

// consider notes that two neighbours make a piece, if they do.
func (e *Encoder) consider(left, right int32) {
	g := &e.merge
	if left < 0 || right < 0 || g.symbols[left].frozen || g.symbols[right].frozen {
		return
	}
	l, r := g.symbols[left], g.symbols[right]
	id, ok := e.m.trie.Find(e.normal[l.start:r.end])
	if !ok {
		return
	}
	g.push(pair{e.m.pieces[id].score, left, right, r.end - l.start})
	if e.m.scores[id].unused {
		g.splits[id] = l.end - l.start
	}
}

// resegment adds the pieces of one symbol. An unused piece is taken apart
// again.
func (e *Encoder) resegment(start, end uint32) {
	text := e.normal[start:end]
	id, ok := e.m.reserved[string(text)]
	if !ok {
		if id, ok = e.m.trie.Find(text); !ok {
			id = e.m.unknown
		}
	}
	if split, ok := e.merge.splits[id]; ok {
		e.resegment(start, start+split)
		e.resegment(start+split, end)
		return
	}
	e.emit(id, start, end)
}

// push and pop keep agenda a heap with the pair to merge next at its top.
func (g *merger) push(p pair) {
	g.agenda = append(g.agenda, p)
	h := g.agenda
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !p.before(h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = p
}

func (g *merger) pop() pair {
	h := g.agenda
	top, p := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	g.agenda = h
	if len(h) == 0 {
		return top
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && h[down+1].before(h[down]) {
			down++
		}
		if !h[down].before(p) {
			break
		}
		h[i] = h[down]
		i = down
	}
	h[i] = p
	return top
}
