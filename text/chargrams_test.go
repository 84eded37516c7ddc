package text

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// repetition is the definition of CharNGrams.Repetition.
func repetition(s string, n int) float64 {
	var points []string
	for b := []byte(s); len(b) > 0; {
		_, k := Decode(b)
		points = append(points, string(b[:k]))
		b = b[k:]
	}
	counts := map[string]int{}
	total := 0
	for i := 0; n > 0 && n <= len(points) && i+n <= len(points); i++ {
		counts[strings.Join(points[i:i+n], "")]++
		total++
	}
	if total == 0 {
		return 0
	}
	var all []int
	repeated := 0
	for _, c := range counts {
		all = append(all, c)
		if c > 1 {
			repeated++
		}
	}
	slices.Sort(all)
	slices.Reverse(all)
	sum := 0
	for _, c := range all[:min(int(math.Sqrt(float64(len(all)))), repeated)] {
		sum += c
	}
	return float64(sum) / float64(total)
}

func TestCharNGrams(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	alphabets := [][]string{
		{"a", "b"}, {"a", "b", "c", "d", " "}, {"a", "é"}, {"ж", "д", " "}, {"中", "文", "a"},
		{"😀", "a", "\xed\xa0\x80", "\x00"}, {"abcdefghij", "bcd", "é"}, {"abcdefghijklmnop"},
	}
	var g CharNGrams
	for range 20_000 {
		alphabet := alphabets[rng.IntN(len(alphabets))]
		var b strings.Builder
		for range rng.IntN(200) {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		n := rng.IntN(40)
		if got, want := g.Repetition([]byte(b.String()), n), repetition(b.String(), n); got != want {
			t.Fatalf("Repetition(%q, %d) = %v, want %v", b.String(), n, got, want)
		}
	}
}

// TestCharNGramsCounts has n-grams that occur more often than is counted in
// the small table.
func TestCharNGramsCounts(t *testing.T) {
	var g CharNGrams
	for _, s := range []string{
		strings.Repeat("a", 5000), strings.Repeat("ab", 3000) + "the end of it",
		strings.Repeat("0123456789abcdef", 500) + strings.Repeat("0123456789", 100),
		strings.Repeat("中文 is 文", 700), strings.Repeat("xyz", 255) + strings.Repeat("uv", 256) + strings.Repeat("w", 257),
	} {
		for _, n := range []int{1, 2, 7, 8, 10, 16, 17, 31, 32, 33, 100, len(s), len(s) + 1} {
			if got, want := g.Repetition([]byte(s), n), repetition(s, n); got != want {
				t.Errorf("Repetition(%.20q, %d) = %v, want %v", s, n, got, want)
			}
		}
	}
}

// TestCharNGramsPasses has more n-grams than one pass counts, all but those of
// its end distinct.
func TestCharNGramsPasses(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	b := make([]byte, 5*passNGrams/2)
	for i := range b {
		b[i] = byte(rng.IntN(128))
	}
	end := strings.Repeat("fourteen bytes", 1000)
	b = append(b, end...)
	var g CharNGrams
	want := float64(len(end)-11) / float64(len(b)-11)
	if got := g.Repetition(b, 12); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if cap(g.slots) > maxSlots {
		t.Errorf("%d slots", cap(g.slots))
	}
}

func FuzzCharNGrams(f *testing.F) {
	f.Add("aabbaabb", 2)
	f.Add("日本語日本語x", 3)
	f.Add("\x80\xff\xc2", 1)
	var g CharNGrams
	f.Fuzz(func(t *testing.T, s string, n int) {
		got := g.Repetition([]byte(s), n)
		if Valid([]byte(s)) {
			if want := repetition(s, n); got != want {
				t.Errorf("Repetition(%q, %d) = %v, want %v", s, n, got, want)
			}
		}
	})
}

func BenchmarkCharNGrams(b *testing.B) {
	words := strings.Fields("it was the best of times, and the worst of times: an age of wisdom, foolishness, belief; a season of light")
	for _, c := range []struct {
		name, space string
		size        int
	}{{"2KB", " ", 2048}, {"16KB", " ", 16 << 10}, {"256KB", " ", 256 << 10}, {"wide2KB", "ж", 2048}} {
		for _, random := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(9, 10))
			var s []byte
			for len(s) < c.size {
				w := words[rng.IntN(len(words))]
				if random {
					w = fmt.Sprintf("%x", rng.Uint32N(1<<20))
				}
				s = append(append(s, w...), c.space...)
			}
			b.Run(fmt.Sprintf("%s/random=%v", c.name, random), func(b *testing.B) {
				var g CharNGrams
				b.SetBytes(int64(len(s)))
				b.ReportAllocs()
				for b.Loop() {
					g.Repetition(s, 10)
				}
			})
		}
	}
}
