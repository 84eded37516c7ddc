package text

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unicode"
)

// TestAligned holds that the refined words of a text and of its lower case have
// the same bounds when AppendLowerAligned says so, and that it says so of most
// texts.
func TestAligned(t *testing.T) {
	refined := func(b []byte) []Span { return AppendRefined(nil, b, AppendWords(nil, b)) }
	rng := rand.New(rand.NewPCG(13, 14))
	aligned := 0
	for range 20_000 {
		var b []byte
		for range rng.IntN(40) {
			switch rng.IntN(8) {
			case 0:
				b = Append(b, []rune("ØøГгİKΣſẞȺ")[rng.IntN(10)])
			case 1:
				b = Append(b, rune(rng.IntN(unicode.MaxRune+1)))
			default:
				b = Append(b, []rune("aB. \nжЖéÉ中—")[rng.IntN(11)])
			}
		}
		lower, same := AppendLowerAligned(nil, b)
		if !same {
			continue
		}
		aligned++
		if got, want := fmt.Sprint(refined(lower)), fmt.Sprint(refined(b)); got != want {
			t.Fatalf("%q: words at %s, in lower case at %s", b, want, got)
		}
	}
	if aligned < 2000 {
		t.Errorf("only %d texts are aligned", aligned)
	}
	if _, same := AppendLowerAligned(nil, []byte("Съешь ЖЁЛТЫЙ Éclair ΣΑΣ 中文 FOX")); !same {
		t.Error("plain text isn't aligned")
	}
}
