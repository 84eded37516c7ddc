package kenlm

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
)

// MaxOrder is the longest n-gram that a model may have.
const MaxOrder = 16

// Model is a language model. Word 0 is every word that it doesn't know.
type Model struct {
	order  int
	vocab  vocabulary
	search search
	begin  State
	end    uint32 // </s>
	close  func() error
}

// vocabulary numbers words by their hash; 0 is the unknown word.
type vocabulary interface{ index(hash uint64) uint32 }

// search finds n-grams from their last word backwards. A node is an n-gram
// found, which the next lookup extends by the word before it.
type search interface {
	// unigram is for words below the vocabulary's bound. more is false when no
	// longer n-gram ends with this word.
	unigram(word uint32) (w weights, n node, more bool)
	// middle looks an n-gram of order k+2 up, k+2 less than the model's.
	middle(k int, word uint32, after node) (w weights, n node, found, more bool)
	longest(word uint32, after node) (prob float32, found bool)
}

// node is what a search needs to go on: the range of the n-gram's extensions,
// or its hash.
type node struct{ begin, end uint64 }

type weights struct{ prob, backoff float32 }

// State is the end of the text so far, as far as the model looks back: words
// from the last one on, with the backoffs of the n-grams that end there.
type State struct {
	words   [MaxOrder - 1]uint32
	backoff [MaxOrder - 1]float32
	length  int
}

// Open opens a binary or ARPA file. Close releases it. The n-grams of an ARPA
// file are held in memory; one of more than 2 GiB is refused.
func Open(path string) (*Model, error) { return OpenCached(path, "") }

// OpenCached is Open, but makes a binary file in the folder cache of an ARPA
// file of 16 MiB and more, whatever its size, and maps it. The next OpenCached
// of a file of the same content finds it there. Where that isn't possible, and
// for an empty cache, it does as Open does.
func OpenCached(path, cache string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var head [len(magicStart)]byte
	n, err := f.ReadAt(head[:], 0)
	if n == 0 && err != nil {
		return nil, fmt.Errorf("%s is empty or can't be read: %w", path, err)
	}
	var m *Model
	if bytes.Equal(head[:n], []byte(magicStart)) {
		m, err = openBinary(f)
	} else {
		m, err = openARPA(f, cache)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no language model that can be used: %w", path, err)
	}
	return m, nil
}

func openBinary(f *os.File) (*Model, error) {
	data, unmap, err := mapFile(f)
	if err != nil {
		return nil, err
	}
	m, err := parseBinary(data)
	if err != nil {
		unmap()
		return nil, err
	}
	m.close = sync.OnceValue(unmap)
	return m, nil
}

// prepare finds the sentence marks, when vocabulary and search are there.
func (m *Model) prepare() error {
	begin := m.Index([]byte("<s>"))
	m.end = m.Index([]byte("</s>"))
	if begin == 0 || m.end == 0 {
		return errors.New("<s> and </s> are not among its words")
	}
	w, _, _ := m.search.unigram(begin)
	m.begin.words[0], m.begin.backoff[0], m.begin.length = begin, w.backoff, 1
	return nil
}

// Close releases the model's file; the model can't be used afterwards. It may
// be called more than once.
func (m *Model) Close() error {
	if m.close == nil {
		return nil
	}
	return m.close()
}

// Order is the length of the longest n-grams.
func (m *Model) Order() int { return m.order }

// Index returns the number of a word, 0 if the model doesn't have it.
func (m *Model) Index(word []byte) uint32 { return m.vocab.index(hashWord(word)) }

// Begin is the state at the start of a sentence.
func (m *Model) Begin() *State { return &m.begin }

// End is the number of the mark that ends a sentence.
func (m *Model) End() uint32 { return m.end }

// Score returns the logarithm of the probability of word after in, and the
// length of the n-gram that says so, and sets out to the state after it. word
// comes from Index. in and out are different.
func (m *Model) Score(in *State, word uint32, out *State) (prob float32, length int) {
	w, n, more := m.search.unigram(word)
	prob, length = w.prob, 1
	out.words[0], out.backoff[0], out.length = word, w.backoff, 0
	if hasExtension(w.backoff) {
		out.length = 1
	}
	for k := 0; more && k < in.length; k++ {
		if k == m.order-2 {
			if p, found := m.search.longest(in.words[k], n); found {
				prob, length = p, m.order
			}
			break
		}
		var found bool
		if w, n, found, more = m.search.middle(k, in.words[k], n); !found {
			break
		}
		prob, length = w.prob, k+2
		out.backoff[k+1] = w.backoff
		if hasExtension(w.backoff) {
			out.length = k + 2
		}
	}
	if out.length > 1 {
		copy(out.words[1:out.length], in.words[:])
	}
	for k := length - 1; k < in.length; k++ {
		prob += in.backoff[k]
	}
	return prob, length
}

// Sentence returns the logarithm of the probability of a sentence, its end
// included. Words lie between ASCII white space; the sentence ends at a NUL.
func (m *Model) Sentence(s []byte) float32 {
	if at := bytes.IndexByte(s, 0); at >= 0 {
		s = s[:at]
	}
	var states [2]State
	in, out := &m.begin, &states[0]
	total := float32(0)
	for i := 0; ; {
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		if i == len(s) {
			break
		}
		start := i
		for i < len(s) && !isSpace(s[i]) {
			i++
		}
		prob, _ := m.Score(in, m.Index(s[start:i]), out)
		total += prob
		if in = out; out == &states[0] {
			out = &states[1]
		} else {
			out = &states[0]
		}
	}
	prob, _ := m.Score(in, m.end, out)
	return total + prob
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// hasExtension says whether an n-gram of this backoff may be the context of a
// longer one: negative zero is the mark of one that isn't.
func hasExtension(backoff float32) bool { return math.Float32bits(backoff) != signBit }

const signBit = 1 << 31
