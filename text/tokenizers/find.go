package tokenizers

import (
	"bytes"
	"unicode/utf8"

	"corpusmill/text"
	"corpusmill/text/tokenizers/pattern"
)

// finder finds places in a text.
type finder interface {
	// find returns the first place at or after at.
	find(m *pattern.Matcher, b []byte, at int) (start, end int, ok bool)
}

// literal finds a string.
type literal []byte

func (l literal) find(_ *pattern.Matcher, b []byte, at int) (start, end int, ok bool) {
	i := bytes.Index(b[at:], l)
	return at + i, at + i + len(l), i >= 0
}

// regex finds matches of a pattern.
type regex struct{ *pattern.Pattern }

func (r regex) find(m *pattern.Matcher, b []byte, at int) (start, end int, ok bool) {
	return r.Find(m, b, at)
}

// places goes through all places of a text.
type places struct {
	finder
	at, last int // where to look, and where the last place ended
}

// placesOf finds the places of f.
func placesOf(f finder) places { return places{f, 0, -1} }

// next returns the next place. An empty one right after another is none.
func (p *places) next(m *pattern.Matcher, b []byte) (start, end int, ok bool) {
	for p.at <= len(b) {
		if start, end, ok = p.find(m, b, p.at); !ok {
			return 0, 0, false
		}
		if start < end || start != p.last {
			p.at, p.last = end, end
			return start, end, true
		}
		p.at++
		for p.at < len(b) && !utf8.RuneStart(b[p.at]) {
			p.at++
		}
	}
	return 0, 0, false
}

// behaviour is what becomes of the places where a text is cut.
type behaviour uint8

const (
	isolated behaviour = iota
	removed
	contiguous
	mergedWithPrevious
	mergedWithNext
)

var behaviours = map[string]behaviour{
	"Isolated": isolated, "Removed": removed, "Contiguous": contiguous,
	"MergedWithPrevious": mergedWithPrevious, "MergedWithNext": mergedWithNext,
}

// cutter cuts words at the places that it finds.
type cutter struct {
	finder finder
	// invert takes what lies between the places for them.
	invert bool
	behaviour
}

func (c *cutter) apply(w *words) {
	out := w.next[:0]
	for _, s := range w.spans {
		out = c.cut(w, out, s)
	}
	w.spans, w.next = out, w.spans
}

// cut appends the parts of one word.
func (c *cutter) cut(w *words, out []text.Span, s text.Span) []text.Span {
	b := w.text[s.Start:s.End]
	g := gatherer{out: out, base: s.Start, behaviour: c.behaviour, first: len(out)}
	done := 0
	for p := placesOf(c.finder); ; {
		start, end, ok := p.next(&w.matcher, b)
		if !ok {
			break
		}
		if done < start {
			g.add(done, start, c.invert)
		}
		g.add(start, end, !c.invert)
		done = end
	}
	if done < len(b) {
		g.add(done, len(b), c.invert)
	}
	return g.finish()
}

// gatherer joins the places of one word, and what lies between, to words.
type gatherer struct {
	out  []text.Span
	base uint32
	behaviour
	first int // of out, that is of this word
	// match says whether the part before was a place; with open, the next
	// part is joined to it.
	match, open bool
}

func (g *gatherer) add(start, end int, match bool) {
	s := text.Span{Start: g.base + uint32(start), End: g.base + uint32(end)}
	join := false
	switch g.behaviour {
	case removed:
		if match {
			return
		}
	case contiguous:
		join = match == g.match
	case mergedWithPrevious:
		join = match && !g.match
	case mergedWithNext:
		join = !match && g.match
	}
	g.match = match
	if join && len(g.out) > g.first {
		g.out[len(g.out)-1].End = s.End
		return
	}
	g.out = append(g.out, s)
}

// finish drops what is empty.
func (g *gatherer) finish() []text.Span {
	kept := g.out[:g.first]
	for _, s := range g.out[g.first:] {
		if s.Start < s.End {
			kept = append(kept, s)
		}
	}
	return kept
}
