package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
)

// order is the length of the longest n-grams.
const order = 3

// marks are the first words and pieces of all models.
var marks = []string{unknownWord: "<unk>", beginWord: "<s>", endWord: "</s>"}

const (
	unknownWord = iota
	beginWord
	endWord
)

// ngram is up to three words, 21 bits each, the last one lowest.
type ngram uint64

const wordBits = 21

func (g ngram) with(word uint32) ngram { return g<<wordBits | ngram(word) }

// words returns the n words of g.
func (g ngram) words(n int) []uint32 {
	out := make([]uint32, n)
	for i := n - 1; i >= 0; i-- {
		out[i] = uint32(g & (1<<wordBits - 1))
		g >>= wordBits
	}
	return out
}

// ngrams counts the n-grams of sentences and gives them probabilities by
// Witten and Bell's method (1991), interpolated: after words h that came N
// times with T different words next,
//
//	P(w|h) = (count(h w) + T P(w|h without its first word)) / (N + T)
//
// The longest n-grams that came once are left out, and what they had goes to
// the shorter ones.
type ngrams struct {
	names  []string
	counts [order]map[ngram]uint32
}

func newNgrams(vocabulary []string) *ngrams {
	g := &ngrams{names: slices.Concat(marks, vocabulary)}
	for i := range g.counts {
		g.counts[i] = map[ngram]uint32{}
	}
	return g
}

// add counts a sentence, given without its marks.
func (g *ngrams) add(sentence []uint32) {
	var before [order - 1]uint32
	known := 1
	before[0] = beginWord
	for i := range len(sentence) + 1 {
		word := uint32(endWord)
		if i < len(sentence) {
			word = sentence[i]
		}
		for n := range known + 1 {
			h := ngram(0)
			for k := n - 1; k >= 0; k-- {
				h = h.with(before[k])
			}
			g.counts[n][h.with(word)]++
		}
		copy(before[1:], before[:])
		before[0] = word
		known = min(known+1, order-1)
	}
}

// follow is what comes after a context.
type follow struct{ total, kinds, left, stays uint64 }

// backoff is the share of a context's probability that is given to shorter
// ones.
func (f follow) backoff() float64 {
	return float64(f.kinds+f.left) / float64(f.total+f.kinds)
}

// writeARPA writes the model as an ARPA file.
func (g *ngrams) writeARPA(to io.Writer) error {
	w := bufio.NewWriter(to)
	var contexts [order]map[ngram]*follow
	for n := range contexts {
		contexts[n] = map[ngram]*follow{}
		for gram, count := range g.counts[n] {
			f := contexts[n][gram>>wordBits]
			if f == nil {
				f = &follow{}
				contexts[n][gram>>wordBits] = f
			}
			f.total += uint64(count)
			f.kinds++
			if n == order-1 && count == 1 {
				f.left++
				delete(g.counts[n], gram)
			} else {
				f.stays++
			}
		}
	}
	unigrams := g.counts[0]
	for word := range uint32(len(g.names)) {
		if _, ok := unigrams[ngram(word)]; !ok {
			unigrams[ngram(word)] = 0
		}
	}
	fmt.Fprint(w, "\\data\\\n")
	for n := range g.counts {
		fmt.Fprintf(w, "ngram %d=%d\n", n+1, len(g.counts[n]))
	}
	probs := map[ngram]float64{} // of the n-grams one word shorter
	for n := range g.counts {
		fmt.Fprintf(w, "\n\\%d-grams:\n", n+1)
		grams := make([]ngram, 0, len(g.counts[n]))
		for gram := range g.counts[n] {
			grams = append(grams, gram)
		}
		slices.Sort(grams)
		now := make(map[ngram]float64, len(grams))
		mask := ngram(1)<<(wordBits*n) - 1
		for _, gram := range grams {
			f := contexts[n][gram>>wordBits]
			shorter := 1 / float64(len(g.names)-1) // <s> never follows
			if n > 0 {
				shorter = probs[gram&mask]
			}
			p := float64(g.counts[n][gram])/float64(f.total+f.kinds) + f.backoff()*shorter
			now[gram] = p
			log := math.Log10(p)
			if gram == beginWord && n == 0 {
				log = -99
			}
			fmt.Fprintf(w, "%.6f\t", log)
			for i, word := range gram.words(n + 1) {
				if i > 0 {
					w.WriteByte(' ')
				}
				w.WriteString(g.names[word])
			}
			if n+1 < order {
				if f := contexts[n+1][gram]; f != nil && f.stays > 0 {
					fmt.Fprintf(w, "\t%.6f", math.Log10(f.backoff()))
				}
			}
			w.WriteByte('\n')
		}
		probs = now
	}
	fmt.Fprint(w, "\n\\end\\\n")
	return w.Flush()
}

// kept is the number of n-grams of all lengths that were written.
func (g *ngrams) kept() (n int) {
	for _, c := range g.counts {
		n += len(c)
	}
	return n
}
