package record

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestPortable runs the tests of rows on a processor without vectors.
func TestPortable(t *testing.T) {
	if !hasAVX2 {
		t.Skip("no AVX2: the other tests ran so")
	}
	hasAVX2 = false
	defer func() { hasAVX2 = true }()
	t.Run("Field", TestField)
	t.Run("SyntaxError", TestSyntaxError)
	t.Run("AppendJSON", TestAppendJSON)
}

func TestPlainRunVectors(t *testing.T) {
	if !hasAVX2 {
		t.Skip("no AVX2")
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	buf := make([]byte, 400)
	for range 100_000 {
		p := buf[rnd.IntN(64):][:rnd.IntN(300)]
		for i := range p {
			p[i] = byte(0x20 + rnd.IntN(0x60))
			if p[i] == '"' || p[i] == '\\' {
				p[i] = 'x'
			}
		}
		for range rnd.IntN(3) {
			if len(p) > 0 {
				p[rnd.IntN(len(p))] = [...]byte{'"', '\\', 0, 0x1F, '\n', 0x20, 0x7F, 0x80, 0xFF, 0xA2, 0xDC, 0x9F}[rnd.IntN(12)]
			}
		}
		n, high := plainRun(p)
		wantN, wantHigh := plainRunSWAR(p)
		slowN, slowHigh := 0, false
		for ; slowN < len(p) && p[slowN] != '"' && p[slowN] != '\\' && p[slowN] >= 0x20; slowN++ {
			slowHigh = slowHigh || p[slowN] >= 0x80
		}
		if n != slowN || high != slowHigh || wantN != slowN || wantHigh != slowHigh {
			t.Fatalf("%q: vector %d %v, words %d %v, bytes %d %v", p, n, high, wantN, wantHigh, slowN, slowHigh)
		}
	}
}

func TestValidUTF8Vectors(t *testing.T) {
	if !hasAVX2 {
		t.Skip("no AVX2")
	}
	// Every pair, and every lead with edge continuations, at every place
	// around the ends of blocks.
	edge := []byte{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF}
	p := []byte(strings.Repeat("a", 100))
	check := func() {
		if got, want := validUTF8(p), utf8.Valid(p); got != want {
			t.Fatalf("%x: %v", p, got)
		}
	}
	for at := 26; at < 36; at++ {
		for _, a := range edge {
			for _, b := range edge {
				for _, c := range edge {
					for _, d := range edge {
						copy(p[at:], []byte{a, b, c, d})
						check()
					}
				}
			}
		}
		copy(p[at:], "aaaa")
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 100_000 {
		p = p[:0]
		for range rnd.IntN(60) {
			p = utf8.AppendRune(p, rune([...]int{0x80, 0x800, 0x10000, 0x110000}[rnd.IntN(4)]-1-rnd.IntN(0x60)))
		}
		if len(p) > 0 && rnd.IntN(2) == 0 {
			p[rnd.IntN(len(p))] = byte(rnd.Uint32())
		}
		if len(p) > 0 && rnd.IntN(3) == 0 {
			p = p[:rnd.IntN(len(p))]
		}
		check()
	}
}
