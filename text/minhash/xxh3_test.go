package minhash

import (
	"math/rand/v2"
	"testing"

	"github.com/zeebo/xxh3"

	"corpusmill/text"
)

func TestXXH3(t *testing.T) {
	rnd := rand.New(rand.NewPCG(15, 16))
	buf := make([]byte, 300)
	for range 2000 {
		for i := range buf {
			buf[i] = byte(rnd.Uint32())
		}
		start := uint32(rnd.IntN(280))
		s := text.Span{Start: start, End: start + uint32(rnd.IntN(20))}
		if got, want := appendXXH3(nil, buf, []text.Span{s})[0], uint32(xxh3.Hash(s.Of(buf))); got != want {
			t.Fatalf("% x: %08x, want %08x", s.Of(buf), got, want)
		}
	}
}
