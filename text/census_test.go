package text

import (
	"math/rand/v2"
	"testing"
	"unicode"
)

func TestIsAlnum(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if got, want := IsAlnum(r), unicode.IsLetter(r) || unicode.IsNumber(r); got != want {
			t.Fatalf("IsAlnum(%U) is %v", r, got)
		}
	}
}

func TestCensus(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 3000 {
		var b []byte
		for range rng.IntN(60) {
			switch {
			case round%3 == 0 || rng.IntN(4) > 0:
				b = append(b, byte(rng.IntN(128)))
			case rng.IntN(2) > 0:
				b = Append(b, rune(rng.IntN(0x3100)))
			default:
				b = Append(b, rune(rng.IntN(unicode.MaxRune+1)))
			}
		}
		var want Census
		for rest := b; len(rest) > 0; {
			r, n := Decode(rest)
			rest = rest[n:]
			want.Runes++
			if IsAlnum(r) {
				want.Alnum++
			}
			if IsSpecial(r) {
				want.Special++
			}
		}
		if got := TakeCensus(b); got != want {
			t.Fatalf("TakeCensus(%q) = %+v, want %+v", b, got, want)
		}
	}
}
