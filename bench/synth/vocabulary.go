package synth

import "strings"

// vocabulary draws words by Zipf's law: the word of rank k comes with weight
// 1/(k+2.7), as in natural text. Drawing costs one random number (Walker's
// alias method).
type vocabulary struct {
	words []word
	slots []slot
}

// longestWord is the size of the longest word in bytes, and of the pieces
// that edit takes for words in text without spaces.
const longestWord = 23

// word keeps its bytes in place: a copy of fixed size is cheaper than one of
// the right size.
type word struct {
	bytes [longestWord]byte
	size  uint8
}

func (w *word) appendTo(dst []byte) []byte {
	n := len(dst)
	return append(dst, w.bytes[:]...)[:n+int(w.size)]
}

type slot struct {
	own   uint32 // of 2^32: the share of this slot that is its own word's
	other uint32 // the word that has the rest
}

func newVocabulary(words []string) *vocabulary {
	n := uint64(len(words))
	weights := make([]uint64, n)
	var total uint64
	for k := range weights {
		weights[k] = 10 << 40 / (10*uint64(k) + 27)
		total += weights[k]
	}
	// Scaled so that the average slot holds 2^32.
	var small, large []int
	for k := range weights {
		weights[k] = weights[k] * n / (total >> 32)
		if weights[k] < 1<<32 {
			small = append(small, k)
		} else {
			large = append(large, k)
		}
	}
	slots := make([]slot, n)
	for k := range slots {
		slots[k] = slot{1<<32 - 1, uint32(k)}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		slots[s] = slot{uint32(weights[s]), uint32(l)}
		if weights[l] -= 1<<32 - weights[s]; weights[l] < 1<<32 {
			large, small = large[:len(large)-1], append(small, l)
		}
	}
	v := &vocabulary{make([]word, n), slots}
	for k, s := range words {
		v.words[k].size = uint8(copy(v.words[k].bytes[:], s))
	}
	return v
}

func (v *vocabulary) draw(r *rng) *word {
	u := r.next()
	k := u >> 32 * uint64(len(v.slots)) >> 32
	if s := v.slots[k]; uint32(u) >= s.own {
		k = uint64(s.other)
	}
	return &v.words[k]
}

// syllables makes the words of an alphabetic language.
type syllables struct {
	frequent                string // the first ranks, separated by spaces
	onsets, nuclei, closing []string
}

// words makes n different words, which get longer with their rank.
func (s syllables) words(r *rng, n int) []string {
	words := strings.Fields(s.frequent)
	have := make(map[string]bool, n)
	for _, w := range words {
		have[w] = true
	}
	var w []byte
	for len(words) < n {
		count := 1 + r.below(2)
		switch rank := len(words); {
		case rank > 8000:
			count = r.between(2, 3)
		case rank > 1500:
			count = r.between(1, 3)
		}
		w = w[:0]
		for range count {
			w = append(w, s.onsets[r.below(len(s.onsets))]...)
			w = append(w, s.nuclei[r.below(len(s.nuclei))]...)
		}
		w = append(w, s.closing[r.below(len(s.closing))]...)
		if len(w) <= longestWord && !have[string(w)] {
			have[string(w)] = true
			words = append(words, string(w))
		}
	}
	return words
}

// characters makes the words of a language written without spaces: one to
// three characters, of which the first of common are the most frequent.
func characters(r *rng, frequent, common string, n int) []string {
	words := strings.Fields(frequent)
	have := make(map[string]bool, n)
	for _, w := range words {
		have[w] = true
	}
	runes := []rune(common)
	var w []rune
	for len(words) < n {
		w = w[:0]
		for range r.between(1, 3) {
			switch {
			case r.oneIn(8):
				w = append(w, rune(0x4e00+r.below(0x9fa6-0x4e00)))
			default:
				w = append(w, runes[min(r.below(len(runes)), r.below(len(runes)))])
			}
		}
		if len(w) <= longestWord && !have[string(w)] {
			have[string(w)] = true
			words = append(words, string(w))
		}
	}
	return words
}
