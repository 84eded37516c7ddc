package text

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
)

// TestBitmaps holds both bitmaps to the tables for every code point.
func TestBitmaps(t *testing.T) {
	for r := range rune(unicode.MaxRune + 1) {
		if got, want := letterBits().has(r), unicode.IsLetter(r); got != want {
			t.Fatalf("%U is a letter: %v", r, got)
		}
		if got, want := IsAlnum(r), unicode.IsLetter(r) || unicode.IsNumber(r); got != want {
			t.Fatalf("%U is a letter or a number: %v", r, got)
		}
	}
}

func TestLetters(t *testing.T) {
	parts := []string{"a", "Z", "@", "[", "`", "{", "0", " ", "é", "中", "\u0301", "²", "ª", "😀", "\U00020000", "plain text, ", "\xff"}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var s strings.Builder
		for range rng.IntN(20) {
			s.WriteString(parts[rng.IntN(len(parts))])
		}
		want := 0
		for _, r := range s.String() {
			if unicode.IsLetter(r) {
				want++
			}
		}
		if got := Letters([]byte(s.String())); got != want {
			t.Fatalf("%q: %d, want %d", s.String(), got, want)
		}
	}
}
