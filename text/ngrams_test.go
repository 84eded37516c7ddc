package text

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestNGrams(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var g NGrams
	for range 3000 {
		ids := make([]uint64, rng.IntN(80))
		kinds := uint64(1 + rng.IntN(12))
		for i := range ids {
			ids[i] = rng.Uint64N(kinds) * 0x9E3779B97F4A7C15
		}
		n := rng.IntN(12)
		counts := map[string]int{}
		for i := 0; n > 0 && i+n <= len(ids); i++ {
			counts[fmt.Sprint(ids[i:i+n])]++
		}
		total, repeated := 0, 0
		for _, c := range counts {
			total += c
			if c > 1 {
				repeated += c
			}
		}
		if gotTotal, got := g.Repeated(ids, n); gotTotal != total || got != repeated {
			t.Fatalf("Repeated(%x, %d) = %d, %d, want %d, %d", ids, n, gotTotal, got, total, repeated)
		}
	}
}

// TestNGramsPasses has more n-grams than one pass counts.
func TestNGramsPasses(t *testing.T) {
	ids := make([]uint64, 5*passNGrams/2)
	for i := range ids {
		ids[i] = uint64(i) * 0x9E3779B97F4A7C15
	}
	copy(ids[len(ids)-1000:], ids[:1000])
	var g NGrams
	if total, repeated := g.Repeated(ids, 1); total != len(ids) || repeated != 2000 {
		t.Errorf("words: %d of %d", repeated, total)
	}
	if total, repeated := g.Repeated(ids, 3); total != len(ids)-2 || repeated != 2*998 {
		t.Errorf("trigrams: %d of %d", repeated, total)
	}
	if cap(g.slots) > maxSlots {
		t.Errorf("%d slots", cap(g.slots))
	}
}

// TestNGramsSkewed has ids that all fall into one pass of the first split.
func TestNGramsSkewed(t *testing.T) {
	ids := make([]uint64, passNGrams*5/2)
	for i := range ids {
		ids[i] = uint64(i) * 3 << 3 // the pass is the remainder by 3, the number of passes
	}
	var g NGrams
	if total, repeated := g.Repeated(ids, 1); total != len(ids) || repeated != 0 {
		t.Errorf("%d of %d", repeated, total)
	}
}

func BenchmarkNGrams(b *testing.B) {
	rng := rand.New(rand.NewPCG(9, 10))
	ids := make([]uint64, 350) // the words of 2 KB
	for i := range ids {
		ids[i] = rng.Uint64()
	}
	var g NGrams
	b.SetBytes(2048)
	b.ReportAllocs()
	for b.Loop() {
		g.Repeated(ids, 10)
	}
}
