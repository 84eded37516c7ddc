package sentencepiece

import "slices"

// pathEnd is the best path that ends at a place of the text: its score, and
// its last piece and where that one starts; no path ends where start is
// noPath.
type pathEnd struct {
	score float32
	id    int32
	start uint32
}

const noPath = 1<<32 - 1

// unigram adds the pieces of the best path through e.normal. Scores add up
// from left to right in single precision and the first of equal paths wins, so
// that near ties fall as they do in the library.
func (e *Encoder) unigram() {
	m, text := e.m, e.normal
	e.best = slices.Grow(e.best[:0], len(text)+1)[:len(text)+1]
	best := e.best
	for i := range best {
		best[i] = pathEnd{start: noPath}
	}
	best[0] = pathEnd{}
	units := m.trie.Units
	for start := 0; start < len(text); {
		before := best[start].score
		width := min(int(runeLength(text[start])), len(text)-start)
		single := false
		at := units[0].Node
		for i := start; i < len(text); i++ {
			c := text[i]
			u := &units[at>>8^uint32(c)]
			if byte(u.Node) != c || c == 0 {
				break
			}
			at = u.Node
			if u.Value < 0 {
				continue
			}
			length := i + 1 - start
			p := &m.scores[u.Value]
			if p.unused {
				continue
			}
			score := float64(p.score)
			if p.symbol {
				score = float64(float32(length)*m.maxScore) - 0.1
			}
			score += float64(before)
			if end := &best[i+1]; end.start == noPath || score > float64(end.score) {
				*end = pathEnd{float32(score), u.Value, uint32(start)}
			}
			single = single || length == width
		}
		if !single {
			score := m.unkScore + before
			if end := &best[start+width]; end.start == noPath || score > end.score {
				*end = pathEnd{score, m.unknown, uint32(start)}
			}
		}
		start += width
	}
	// The path is found from its end, and turned round within e.best: a piece
	// is noted where the next one starts.
	end := uint32(len(text))
	next := pathEnd{start: noPath}
	for {
		p := best[end]
		best[end] = next
		if end == 0 {
			break
		}
		next = pathEnd{id: p.id, start: end}
		end = p.start
	}
	for at := uint32(0); int(at) < len(text); {
		p := best[at]
		e.emit(p.id, at, p.start)
		at = p.start
	}
}
