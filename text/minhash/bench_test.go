package minhash

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"corpusmill/text"
)

// words is a text of n words of 3 to 7 letters and its shingles of five, or of
// five characters, each of 1 to 3 bytes.
func words(n int, characters bool) (buf []byte, shingles []text.Span) {
	rnd := rand.New(rand.NewPCG(11, 12))
	var starts, ends []uint32
	for range n + 4 {
		starts = append(starts, uint32(len(buf)))
		if characters {
			buf = append(buf, "aé日"[rnd.IntN(2):][:1+rnd.IntN(3)]...)
			ends = append(ends, uint32(len(buf)))
			continue
		}
		for range 3 + rnd.IntN(5) {
			buf = append(buf, 'a'+byte(rnd.IntN(26)))
		}
		ends = append(ends, uint32(len(buf)))
		buf = append(buf, ' ')
	}
	for i := range n {
		shingles = append(shingles, text.Span{Start: starts[i], End: ends[i+4]})
	}
	return buf, shingles
}

func BenchmarkSign(b *testing.B) {
	for _, f := range []Family{DataJuicer, XXH3} {
		s, err := New(f, 256)
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range []int{10, 50, 100, 200, 1000, 10000} {
			for _, characters := range []bool{false, true} {
				if characters && n != 1000 {
					continue
				}
				buf, shingles := words(n, characters)
				sig := make([]uint32, 256)
				eachVariant(b, func(name string) {
					signer := s.NewSigner()
					b.Run(fmt.Sprintf("family=%d/n=%d/characters=%v/%s", f, n, characters, name), func(b *testing.B) {
						for b.Loop() {
							signer.Sign(sig, buf, shingles)
						}
						b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/shingle")
					})
				})
			}
		}
	}
}

func BenchmarkHash(b *testing.B) {
	for _, characters := range []bool{false, true} {
		buf, shingles := words(1000, characters)
		dst := make([]uint32, 0, chunk+sha1Lanes)
		eachVariant(b, func(name string) {
			q := new(sha1Queue)
			b.Run(fmt.Sprintf("sha1/characters=%v/%s", characters, name), func(b *testing.B) {
				for b.Loop() {
					q.append(dst, buf, shingles)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/shingle")
			})
		})
		b.Run(fmt.Sprintf("xxh3/characters=%v", characters), func(b *testing.B) {
			for b.Loop() {
				appendXXH3(dst, buf, shingles)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/shingle")
		})
	}
}

// BenchmarkLeast is of 256 permutations.
func BenchmarkLeast(b *testing.B) {
	s, err := New(DataJuicer, 256)
	if err != nil {
		b.Fatal(err)
	}
	hashes := make([]uint32, chunk)
	rnd := rand.New(rand.NewPCG(13, 14))
	for i := range hashes {
		hashes[i] = rnd.Uint32()
	}
	eachVariant(b, func(name string) {
		signer := s.NewSigner()
		for _, n := range []int{64, 96, 128, 256, 1000, 2048} {
			b.Run(fmt.Sprintf("search/n=%d/%s", n, name), func(b *testing.B) {
				for b.Loop() {
					for i := range signer.sig {
						signer.sig[i] = Empty
					}
					signer.hashes = append(signer.hashes[:0], hashes[:n]...)
					signer.leastDataJuicer()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/shingle")
			})
			b.Run(fmt.Sprintf("exact/n=%d/%s", n, name), func(b *testing.B) {
				for b.Loop() {
					exactMinima(signer.sig, s.a, s.b, hashes[:n])
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/shingle")
			})
			b.Run(fmt.Sprintf("minima/n=%d/%s", n, name), func(b *testing.B) {
				for b.Loop() {
					for at := 0; at < 256; at += strip {
						blockMinima(signer.mins, s.mul[at:at+strip], s.add[at:at+strip], hashes[:n], n)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/shingle")
			})
		}
	})
}
