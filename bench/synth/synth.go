// Package synth makes corpora of JSON Lines for benchmarks and for tests of
// size: rows that look like a crawl, of which nobody owns the text.
//
// A row is {"id":7,"text":"…","meta":{"source":"…","url":"…"}}. Each document
// is a function of the seed and its number alone, so duplicates need no
// memory, and a corpus is a prefix of every longer one with the same options.
package synth

import (
	"fmt"
	"strconv"
	"strings"
)

// Version counts the changes that gave corpora other bytes.
const Version = 1

// Options say what a corpus is like.
type Options struct {
	// Seed chooses the words and the documents; corpora of different seeds
	// share no rows.
	Seed uint64
	// Mean is the average size of a text in bytes of UTF-8; 0 means 2,000.
	// Sizes are about log-normal.
	Mean int
	// Distinct makes every text different from all others: no duplicates,
	// and the row's number as last word.
	Distinct bool
	// Crowded makes every other row a repeat, and half of these repeat the
	// first row: of 200,000 rows some 50,000 do, and of thousands of other
	// rows one to some hundreds.
	Crowded bool
}

// Relation is how a row's text relates to an earlier one.
type Relation uint8

const (
	Original Relation = iota
	Exact             // the text of an earlier row
	Near              // the same with some words replaced, dropped or inserted
)

func (r Relation) String() string { return [...]string{"original", "exact", "near"}[r] }

// Row tells the truth about one row, for measuring a deduplicator.
type Row struct {
	ID       uint64
	Origin   uint64 // the row it repeats; its own ID for an original
	Relation Relation
	EditRate int // expected edits in 1,000 words, for Near
	Kind     Kind
}

// Shares of 1,000 rows.
const (
	exactShare = 50
	nearShare  = 150

	crowdedExactShare = 100
	crowdedNearShare  = 400
)

// Generator makes the rows of one corpus in order. It belongs to one
// goroutine.
type Generator struct {
	options   Options
	languages *languages
	next      uint64
	text      []byte
	copied    []byte
}

// New starts a corpus. It makes the vocabularies, some 10 ms of work.
func New(o Options) *Generator {
	if o.Mean <= 0 {
		o.Mean = 2000
	}
	return &Generator{options: o, languages: newLanguages(o.Seed)}
}

// AppendRow appends the next row and a newline, and says what it is.
func (g *Generator) AppendRow(dst []byte) ([]byte, Row) {
	row, r := g.decide(g.next)
	g.next++
	switch row.Relation {
	case Original:
		g.text = g.write(g.text[:0], row, &r)
	case Exact, Near:
		origin, or := g.decide(row.Origin)
		g.text = g.write(g.text[:0], origin, &or)
		row.Kind = origin.Kind
		if row.Relation == Near {
			g.copied = append(g.copied[:0], g.text...)
			g.text = g.edit(g.text[:0], g.copied, row.EditRate, &r)
		}
	}
	if g.options.Distinct {
		g.text = append(g.text, ' ')
		g.text = strconv.AppendUint(g.text, row.ID, 10)
	}

	dst = append(dst, `{"id":`...)
	dst = strconv.AppendUint(dst, row.ID, 10)
	dst = append(dst, `,"text":"`...)
	if r.oneIn(5) {
		dst = appendASCII(dst, g.text)
	} else {
		dst = appendQuoted(dst, g.text)
	}
	dst = append(dst, `","meta":{"source":"`...)
	dst = append(dst, sources[r.below(len(sources))]...)
	dst = append(dst, `","url":"`...)
	dst = g.appendURL(dst, &r)
	return append(dst, "\"}}\n"...), row
}

var sources = []string{"crawl", "forum", "news", "wiki", "repo"}

// decide draws what row n is, and returns the source of its further draws.
func (g *Generator) decide(n uint64) (Row, rng) {
	r := rng(mix(g.options.Seed ^ mix(n+golden)))
	row := Row{ID: n, Origin: n}
	exact, near := exactShare, nearShare
	if g.options.Crowded {
		exact, near = crowdedExactShare, crowdedNearShare
	}
	if share := r.below(1000); n > 0 && !g.options.Distinct && share < exact+near {
		row.Relation = Near
		row.EditRate = r.between(5, 100)
		if share < exact {
			row.Relation, row.EditRate = Exact, 0
		}
		row.Origin = g.origin(n, &r)
		// A row that repeats one which repeats another repeats that one.
		if of, _ := g.decide(row.Origin); of.Relation != Original {
			row.Origin = of.Origin
		}
	}
	row.Kind = drawKind(&r)
	return row, r
}

// origin draws an earlier row for row n to repeat.
func (g *Generator) origin(n uint64, r *rng) uint64 {
	switch {
	case !g.options.Crowded:
		// Half of the repeated rows come from the first rows of the corpus, as
		// templates and licences do: clusters have all sizes.
		from := n
		if r.oneIn(2) {
			from = min(n, 1+n>>uint(r.below(10)))
		}
		return r.next() % from
	case r.oneIn(4):
		return 0
	default:
		// Row k with a weight of about 1/k, up to 2^17.
		return r.next() >> uint(64-r.below(18)) % n
	}
}

// ParseSize reads a number of bytes: "100MB", "1.5GB", "64KiB", "4096". KB,
// MB and GB are powers of 1,000.
func ParseSize(s string) (int64, error) {
	number, unit := s, int64(1)
	for _, u := range []struct {
		suffix string
		bytes  int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			number, unit = rest, u.bytes
			break
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || !(f > 0) || f*float64(unit) > 1<<60 {
		return 0, fmt.Errorf("%q is no size: write it like 100MB or 64KiB", s)
	}
	return int64(f * float64(unit)), nil
}
