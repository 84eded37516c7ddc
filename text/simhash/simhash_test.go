package simhash

import (
	"math/rand/v2"
	"strings"
	"testing"

	"corpusmill/text"
)

// variant is a way to hash, and use takes it.
type variant struct {
	name string
	use  func()
}

// TestHash holds Hash to what simhash.unsigned_hash returns.
func TestHash(t *testing.T) {
	for in, want := range map[string]uint64{"": 15284527576400310788, "a": 919145239626757800, "hello world": 6824707963431612112} {
		if got := Hash([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

func TestSignature(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var s Sum
	for _, n := range []int{0, 1, 2, 3, 4, 7, 8, 64, 1000} {
		s.Reset()
		var counts [64]int
		for range n {
			h := rng.Uint64()
			s.Add(h)
			for i := range counts {
				counts[i] += 2*int(h>>i&1) - 1
			}
		}
		var want uint64
		for i, c := range counts {
			if c > 0 {
				want |= 1 << i
			}
		}
		if got := s.Signature(); got != want {
			t.Errorf("%d hashes: %x, want %x", n, got, want)
		}
	}
}

// TestAddAll holds the vectors to crypto/md5, for all lengths and counts.
func TestAddAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	b := make([]byte, 5000)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	var s Sum
	for _, v := range variants() {
		v.use()
		for range 300 {
			var want, features = Sum{}, []text.Span(nil)
			for range rng.IntN(60) {
				start := rng.IntN(len(b) + 1)
				end := min(len(b), start+rng.IntN(70))
				features = append(features, text.Span{Start: uint32(start), End: uint32(end)})
				want.Add(Hash(b[start:end]))
			}
			s.Reset()
			s.AddAll(b, features)
			if s.planes != want.planes || s.n != want.n {
				t.Fatalf("%s: %d features of %v: another sum", v.name, len(features), features)
			}
		}
	}
	variants()[0].use()
}

func TestBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct{ n, distance, count int }{{6, 4, 15}, {4, 3, 4}, {64, 1, 64}, {7, 0, 1}, {5, 2, 10}} {
		b, err := NewBlocks(c.n, c.distance)
		if err != nil {
			t.Fatal(err)
		}
		if b.Count() != c.count {
			t.Errorf("%d blocks, distance %d: %d buckets, want %d", c.n, c.distance, b.Count(), c.count)
		}
		for range 2000 {
			x := rng.Uint64()
			y := x
			for range rng.IntN(c.distance + 1) {
				y ^= 1 << rng.IntN(64)
			}
			if !meet(b, x, y) {
				t.Fatalf("%d blocks, distance %d: %x and %x share no bucket", c.n, c.distance, x, y)
			}
			if meet(b, x, ^x) {
				t.Fatalf("%d blocks, distance %d: %x and its complement share a bucket", c.n, c.distance, x)
			}
		}
	}
	for _, c := range [][2]int{{65, 1}, {4, 4}, {4, -1}, {64, 32}, {0, 0}} {
		if b, err := NewBlocks(c[0], c[1]); err == nil {
			t.Errorf("%d blocks, distance %d: %d buckets", c[0], c[1], b.Count())
		}
	}
}

func meet(b *Blocks, x, y uint64) bool {
	of := map[uint64]bool{}
	for _, k := range b.AppendBuckets(nil, x) {
		of[k] = true
	}
	for _, k := range b.AppendBuckets(nil, y) {
		if of[k] {
			return true
		}
	}
	return false
}

func BenchmarkAddAll(b *testing.B) {
	in := []byte(strings.Repeat("the quick brown fox jumps over a lazy", 20))
	var features []text.Span
	for i := range 1000 {
		features = append(features, text.Span{Start: uint32(i % 300), End: uint32(i%300 + 37)})
	}
	for _, v := range variants() {
		b.Run(v.name, func(b *testing.B) {
			v.use()
			var s Sum
			for b.Loop() {
				s.AddAll(in, features)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(features)), "ns/feature")
		})
	}
	variants()[0].use()
}
