package text

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"
)

func TestWordSet(t *testing.T) {
	for _, size := range []int{0, 1, 2, 3, 7, 100, 5000} {
		var words []string
		for i := range size {
			words = append(words, fmt.Sprint("word", i))
		}
		s := NewWordSet(append(words, words...)) // once is enough
		var ids []uint64
		for _, w := range words {
			ids = append(ids, xxh3.HashString(w), xxh3.HashString(w+"s"))
		}
		if got := s.Count(append(ids, 0)); got != size {
			t.Errorf("%d words are in a set of %d", got, size)
		}
	}
}

func TestCountJoined(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	list := []string{"a", "ab", "a b", "b a", "bab", "a b a b", "日本", "日 本"}
	set := NewWordSet(list)
	var buf []byte
	for range 5000 {
		var words []string
		for range rng.IntN(12) {
			words = append(words, []string{"a", "b", "日", "本", "other"}[rng.IntN(5)])
		}
		b := []byte(strings.Join(words, " "))
		size, join := rng.IntN(6), []string{"", " "}[rng.IntN(2)]
		want := 0
		for i := 0; size > 0 && i+size <= len(words); i++ {
			if slices.Contains(list, strings.Join(words[i:i+size], join)) {
				want++
			}
		}
		var got int
		if got, buf = set.CountJoined(b, AppendWords(nil, b), size, join, buf); got != want {
			t.Fatalf("%d groups of %d joined by %q in %q, want %d", got, size, join, b, want)
		}
	}
}
