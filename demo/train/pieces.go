package main

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// space stands for the space before a word, U+2581.
const space = '\u2581'

// longestPiece is that of a piece in characters.
const longestPiece = 16

// coverage is the share of the text's characters that are pieces; the rarest
// are left out.
const coverage = 0.9998

// learnPieces finds the pieces of a text by byte-pair encoding (Sennrich et
// al., 2016), size of them: those made by merging two others, in the order of
// their merges, and then the characters. Ties are decided by the order of the
// pieces' texts, so that the same texts give the same pieces.
func learnPieces(texts []string, size int) []string {
	counts := map[string]int{}
	for _, t := range texts {
		for _, w := range strings.FieldsFunc(t, apart) {
			counts[w]++
		}
	}
	characters := commonCharacters(counts)
	l := &learner{ids: map[string]int32{}, pairs: map[pair]*pairUse{}}
	for _, w := range slices.Sorted(maps.Keys(counts)) {
		l.add(w, counts[w], characters)
	}
	merged := l.learn(size - len(characters))
	for _, c := range characters {
		merged = append(merged, string(c))
	}
	return merged
}

// apart says of what no piece has.
func apart(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError || r == space
}

// commonCharacters are sorted; the space is among them.
func commonCharacters(words map[string]int) []rune {
	counts, total := map[rune]int{}, 0
	for w, n := range words {
		counts[space] += n
		for _, c := range w {
			counts[c] += n
			total += n
		}
	}
	order := slices.Collect(maps.Keys(counts))
	slices.SortFunc(order, func(a, b rune) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	covered := 0
	for i, c := range order {
		if c == space {
			continue
		}
		if float64(covered) >= coverage*float64(total) {
			order = order[:i]
			break
		}
		covered += counts[c]
	}
	if !slices.Contains(order, space) {
		order = append(order, space)
	}
	slices.Sort(order)
	return order
}

// pair is two symbols that follow each other.
type pair struct{ left, right int32 }

// pairUse is how often a pair is in the text, and the words that have it; a
// word may be there twice, or not have it any more.
type pairUse struct {
	count   int
	words   []int32
	pending bool // it is in learner.grown
}

type word struct {
	symbols []int32
	count   int
}

// candidate is a pair with the count that it had when it was noted, and the
// texts of its symbols.
type candidate struct {
	pair
	count               int
	leftText, rightText string
}

// learner is the state of byte-pair encoding.
type learner struct {
	words   []word
	symbols []string // texts by id
	ids     map[string]int32
	pairs   map[pair]*pairUse
	grown   []pair // pairs with a count that agenda doesn't know yet
	agenda  candidates
}

func (l *learner) symbol(text string) (id int32, isNew bool) {
	id, ok := l.ids[text]
	if !ok {
		id = int32(len(l.symbols))
		l.ids[text] = id
		l.symbols = append(l.symbols, text)
	}
	return id, !ok
}

// add takes a word up. Characters that are no pieces part it.
func (l *learner) add(text string, count int, characters []rune) {
	w := word{count: count}
	flush := func() {
		if len(w.symbols) > 1 {
			n := int32(len(l.words))
			l.words = append(l.words, w)
			for i := range len(w.symbols) - 1 {
				l.change(pair{w.symbols[i], w.symbols[i+1]}, count, n)
			}
		}
		w.symbols = nil
	}
	for _, c := range string(space) + text {
		if _, ok := slices.BinarySearch(characters, c); !ok {
			flush()
			continue
		}
		id, _ := l.symbol(string(c))
		w.symbols = append(w.symbols, id)
	}
	flush()
}

// change adds to the count of a pair in a word.
func (l *learner) change(p pair, by int, word int32) {
	u := l.pairs[p]
	if u == nil {
		u = &pairUse{}
		l.pairs[p] = u
	}
	u.count += by
	if by > 0 {
		u.words = append(u.words, word)
		if !u.pending {
			u.pending = true
			l.grown = append(l.grown, p)
		}
	}
}

// note puts the grown pairs on the agenda.
func (l *learner) note() {
	for _, p := range l.grown {
		u := l.pairs[p]
		u.pending = false
		heap.Push(&l.agenda, l.candidate(p, u.count))
	}
	l.grown = l.grown[:0]
}

func (l *learner) candidate(p pair, count int) candidate {
	return candidate{p, count, l.symbols[p.left], l.symbols[p.right]}
}

// learn merges the commonest pair until there are that many pieces, or no pair
// is there twice.
func (l *learner) learn(size int) (pieces []string) {
	for l.note(); len(pieces) < size && len(l.agenda) > 0; l.note() {
		top := heap.Pop(&l.agenda).(candidate)
		use := l.pairs[top.pair]
		if use.count != top.count { // it was noted before a merge nearby
			if use.count > 0 && use.count < top.count {
				heap.Push(&l.agenda, l.candidate(top.pair, use.count))
			}
			continue
		}
		if use.count < 2 {
			break
		}
		text := top.leftText + top.rightText
		if utf8.RuneCountInString(text) > longestPiece || slices.Contains(marks, text) {
			continue
		}
		id, isNew := l.symbol(text)
		if isNew {
			pieces = append(pieces, text)
		}
		words := use.words
		use.words = nil
		for _, n := range words {
			l.merge(n, top.pair, id)
		}
	}
	return pieces
}

// merge replaces a pair by a symbol in a word.
func (l *learner) merge(n int32, p pair, by int32) {
	w := &l.words[n]
	for i := 0; i+1 < len(w.symbols); i++ {
		s := w.symbols
		if s[i] != p.left || s[i+1] != p.right {
			continue
		}
		l.change(p, -w.count, n)
		if i > 0 {
			l.change(pair{s[i-1], s[i]}, -w.count, n)
			l.change(pair{s[i-1], by}, w.count, n)
		}
		if i+2 < len(s) {
			l.change(pair{s[i+1], s[i+2]}, -w.count, n)
			l.change(pair{by, s[i+2]}, w.count, n)
		}
		s[i] = by
		w.symbols = slices.Delete(s, i+1, i+2)
	}
}

// candidates is a heap with the commonest pair at its top.
type candidates []candidate

func (c candidates) Len() int { return len(c) }
func (c candidates) Less(i, j int) bool {
	a, b := &c[i], &c[j]
	return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.leftText, b.leftText), cmp.Compare(a.rightText, b.rightText)) < 0
}
func (c candidates) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *candidates) Push(x any)   { *c = append(*c, x.(candidate)) }
func (c *candidates) Pop() any {
	last := len(*c) - 1
	x := (*c)[last]
	*c = (*c)[:last]
	return x
}
