// Package langid tells the language of a text with profiles that are built in.
//
// A naive Bayes model over byte n-grams of up to six bytes, after Lui and
// Baldwin, "Cross-domain Feature Selection for Language Identification" (2011).
// The n-grams and their probabilities are those of py3langid (BSD-3-Clause; the
// repository's NOTICE has its text), chosen, folded and rounded by gen.py.
package langid

import (
	_ "embed"
	"encoding/hex"
	"math"
	"slices"
	"sync"

	"github.com/zeebo/xxh3"
)

// Name names the identifier in plans and reports: what its profiles are from.
const Name = "the built-in language identifier (profiles of py3langid 0.4.0)"

//go:embed profiles.bin
var profiles []byte

// Hash is the XXH3-128 of the profiles, in hexadecimal.
func Hash() string {
	sum := xxh3.Hash128(profiles).Bytes()
	return hex.EncodeToString(sum[:])
}

// Model is what all identifiers of a process share. It is read-only.
type Model struct {
	languages []language
	automaton automaton
	rows      []row // by feature
	labels    []string
}

// language is one class. Several may have the same label.
type language struct {
	label string
	prior float64 // logarithm
	floor float64 // logarithm of the probability of an n-gram that it doesn't have
	first int     // the first class with that label
}

// noLanguage is the class of numbers, markup and identifiers. It has its share
// of the probability, and is never the answer.
const noLanguage = "zxx"

// Default decodes the built-in profiles the first time, which takes about 50 ms
// and leaves 6 MB.
var Default = sync.OnceValues(func() (*Model, error) { return decode(profiles) })

// Languages are the codes that Identify can give, in order: ISO 639-1, and
// ISO 639-3 for languages without such a code.
func (m *Model) Languages() []string { return slices.Clone(m.labels) }

// New returns an identifier for one goroutine. It holds 0.3 MB.
func (m *Model) New() *Identifier {
	return &Identifier{
		model: m, counts: make([]uint16, len(m.rows)), seen: make([]uint16, 0, len(m.rows)+1),
		probabilities: make([]float64, len(m.languages)),
	}
}

// Identifier tells languages. It is not safe for concurrent use.
type Identifier struct {
	model         *Model
	counts        []uint16 // by feature, up to mostCounted; zero between calls
	seen          []uint16 // features with a count
	sums          sums
	probabilities []float64
}

// sharpness is how much the probabilities are drawn apart. At this value the
// score of sentences is the share of those with that score that are identified
// rightly.
const sharpness = 1.25

// decimals is one over the steps of scores, which hide what machines compute
// differently.
const decimals = 1e4

// Identify tells the most likely language of text, which is in lower case, and
// its score, from 0 to 1 in steps of 0.0001: the probability of that language
// among all, and of the text being in one. A text with no known n-gram has the
// language "" and the score 0. Spaces, tabs and line ends count as one space,
// however many there are. Any bytes are fine, though text is expected to be
// UTF-8 in composed form. It allocates nothing.
func (id *Identifier) Identify(text []byte) (language string, score float64) {
	size, matched := id.count(text)
	if len(id.seen) == 0 {
		return "", 0
	}
	id.sums.above, id.sums.all = [mostClasses]int64{}, 0
	for _, f := range id.seen {
		id.sums.add(id.model.rows, f, multiples[id.counts[f]])
		id.counts[f] = 0
	}
	id.sums.finish(id.model.rows)
	return id.judge(float64(size) / float64(matched))
}

// count counts the text's n-grams, the longest one that ends at each byte. It
// returns how many bytes there are with spaces folded, and at how many of them
// an n-gram ends.
func (id *Identifier) count(text []byte) (size, matched int) {
	a, counts, seen := &id.model.automaton, id.counts, id.seen[:cap(id.seen)]
	state, before, distinct := uint32(0), byte(' '), 0
	for _, b := range text {
		if b <= ' ' && (b == ' ' || b-'\t' < 5) {
			if before == ' ' {
				continue
			}
			b = ' '
		}
		size++
		m := a.next(state, before, b)
		state, before = m.to(), b
		f := m.feature()
		if int(f) >= len(counts) {
			continue
		}
		matched++
		n := counts[f]
		counts[f] = min(n+1, mostCounted)
		seen[distinct] = f // of no account if it isn't the first
		if n == 0 {
			distinct++
		}
	}
	id.seen = seen[:distinct]
	return size, matched
}

// judge makes probabilities of the sums. N-grams of one text are far from
// independent: what they say together is divided by the root of how many they
// are, and of how much text there is for each. In a text without repetition that
// is the root of its size, as in py3langid. The products are rounded by
// themselves, so that no machine fuses them with the additions.
func (id *Identifier) judge(bytesPerNgram float64) (language string, score float64) {
	p, classes := id.probabilities, id.model.languages
	scale := sharpness / math.Sqrt(float64(id.sums.all)/one*bytesPerNgram)
	top := math.Inf(-1)
	for c, l := range classes {
		above := float64(float64(id.sums.above[c]) * (step * unit))
		floor := float64(l.floor * float64(float64(id.sums.all)*unit))
		p[c] = (l.prior + floor + above) * scale
		top = max(top, p[c])
	}
	total := 0.0
	for c := range classes {
		below := p[c] - top
		p[c] = 0
		if below < -20 { // all of them together don't show in the score
			continue
		}
		e := math.Exp(below)
		p[classes[c].first] += e
		total += e
	}
	best := -1
	for c, l := range classes {
		if l.label != noLanguage && (best < 0 || p[c] > p[best]) {
			best = c
		}
	}
	return classes[best].label, math.Round(p[best]/total*decimals) / decimals
}
