package minhash

import (
	"bufio"
	"crypto/sha1"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"corpusmill/text"
)

// document is one of testdata/signatures.jsonl.
type document struct {
	Tokens, Step, Modulo, Repeat, Window, Permutations int

	Signature []uint32
}

// shingles does what record.py does.
func (d document) shingles() (buf []byte, shingles []text.Span) {
	var tokens []text.Span
	for i := range d.Tokens {
		v := i * i * d.Step % d.Modulo
		if i > 0 {
			buf = append(buf, ' ')
		}
		start := len(buf)
		buf = append(buf, strings.Repeat(strconv.Itoa(v), 1+v%d.Repeat)...)
		tokens = append(tokens, text.Span{Start: uint32(start), End: uint32(len(buf))})
	}
	for i := 0; i+d.Window <= len(tokens); i++ {
		shingles = append(shingles, text.Span{Start: tokens[i].Start, End: tokens[i+d.Window-1].End})
	}
	return buf, shingles
}

func readRecorded(t *testing.T) (permutations map[string][]string, documents []document) {
	f, err := os.Open("testdata/signatures.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if permutations == nil {
			err = json.Unmarshal(lines.Bytes(), &permutations)
		} else {
			var d document
			err = json.Unmarshal(lines.Bytes(), &d)
			documents = append(documents, d)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(documents) == 0 {
		t.Fatal("no documents")
	}
	return permutations, documents
}

func TestPermutations(t *testing.T) {
	recorded, _ := readRecorded(t)
	a, b := drawDataJuicer(MaxPermutations)
	for name, drawn := range map[string][]uint64{"a": a, "b": b} {
		var all uint64
		for _, v := range drawn {
			all ^= v
		}
		for i, v := range []uint64{drawn[0], drawn[255], drawn[MaxPermutations-1], all} {
			if got := strconv.FormatUint(v, 10); got != recorded[name][i] {
				t.Errorf("%s, %d: %s, recorded %s", name, i, got, recorded[name][i])
			}
		}
	}
	// Signatures that are kept somewhere depend on these.
	mul, add := drawXXH3(2)
	if want := []uint32{1502085033, 755939063}; !slices.Equal(mul, want) {
		t.Errorf("mul %d, want %d", mul, want)
	}
	if want := []uint32{2499265958, 4246450714}; !slices.Equal(add, want) {
		t.Errorf("add %d, want %d", add, want)
	}
}

// TestNoLastSubtraction shows that for no hash of 32 bits and no permutation
// the sum of the low 61 bits and the high 3 reaches the modulus: there
// permute, and leastDataJuicer, would have to subtract it.
func TestNoLastSubtraction(t *testing.T) {
	a, b := drawDataJuicer(MaxPermutations)
	for i := range a {
		m := uint64(1 << 61)
		from := (m - 8 - b[i]) % m
		if from+7 >= m {
			t.Fatalf("permutation %d: the range wraps", i)
		}
		if x, ok := firstIn(a[i], m, from, from+7); ok && x < 1<<32 {
			t.Errorf("permutation %d of hash %d has to be subtracted from", i, x)
		}
	}
}

// firstIn returns the least x >= 0 with from <= a·x mod m <= to, by the
// descent of Euclid's algorithm: a multiple of m is sought among the ranges
// that a·x may be in.
func firstIn(a, m, from, to uint64) (uint64, bool) {
	a %= m
	switch {
	case from == 0:
		return 0, true
	case a == 0:
		return 0, false
	}
	if x := (from + a - 1) / a; x <= to/a {
		return x, true
	}
	// a·x - m·y in the range: -m·y mod a is in the range mod a.
	y, ok := firstIn(a-m%a, a, from%a, to%a)
	if !ok {
		return 0, false
	}
	// x is (from + m·y) / a rounded up.
	n := new(big.Int).SetUint64(m)
	n.Mul(n, new(big.Int).SetUint64(y))
	n.Add(n, new(big.Int).SetUint64(from+a-1))
	return n.Div(n, new(big.Int).SetUint64(a)).Uint64(), true
}

func TestFirstIn(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		m := 2 + rnd.Uint64N(300)
		a := rnd.Uint64N(m)
		from := rnd.Uint64N(m)
		to := from + rnd.Uint64N(m-from)
		want, found := uint64(0), false
		for ; want < m && !found; want++ {
			found = a*want%m >= from && a*want%m <= to
		}
		if got, ok := firstIn(a, m, from, to); ok != found || ok && got != want-1 {
			t.Fatalf("%d·x mod %d in %d to %d: %d %v, want %d %v", a, m, from, to, got, ok, want-1, found)
		}
	}
}

func TestRecorded(t *testing.T) {
	_, documents := readRecorded(t)
	eachVariant(t, func(name string) {
		for i, d := range documents {
			s, err := New(DataJuicer, d.Permutations)
			if err != nil {
				t.Fatal(err)
			}
			buf, shingles := d.shingles()
			sig := make([]uint32, d.Permutations)
			signer := s.NewSigner()
			for range 2 {
				signer.Sign(sig, buf, shingles)
				if !slices.Equal(sig, d.Signature) {
					t.Errorf("%s, document %d: %x, recorded %x", name, i, sig, d.Signature)
				}
			}
		}
	})
}

// naive is the definition of both families.
func naive(s *Scheme, buf []byte, shingles []text.Span) []uint32 {
	sig := make([]uint32, s.permutations)
	p := big.NewInt(1<<61 - 1)
	v := new(big.Int)
	for i := range sig {
		sig[i] = Empty
		for _, shingle := range shingles {
			switch s.family {
			case DataJuicer:
				sum := sha1.Sum(shingle.Of(buf))
				x := uint64(binary.LittleEndian.Uint32(sum[:]))
				v.Mod(v.SetUint64(s.a[i]*x+s.b[i]), p)
				sig[i] = min(sig[i], uint32(v.Uint64()))
			case XXH3:
				x := appendXXH3(nil, buf, []text.Span{shingle})[0]
				sig[i] = min(sig[i], s.mul[i]*x+s.add[i])
			}
		}
	}
	return sig
}

func TestVariants(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	buf := make([]byte, 3000)
	for i := range buf {
		buf[i] = byte(rnd.Uint32())
	}
	for _, f := range []Family{DataJuicer, XXH3} {
		for _, permutations := range []int{1, 15, 16, 17, 64, 65, 100, 256} {
			s, err := New(f, permutations)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{0, 1, 2, 15, 16, 17, 63, 64, 95, 96, 128, 129, 511, 600} {
				// The text ends where the memory does, and begins anywhere.
				b := buf[rnd.IntN(len(buf)+1-min(n, 300)):]
				b = slices.Clip(b)
				var shingles []text.Span
				for range n {
					start := rnd.IntN(len(b) + 1)
					long := 60
					if rnd.IntN(10) == 0 {
						long = 300
					}
					end := min(len(b), start+rnd.IntN(long))
					shingles = append(shingles, text.Span{Start: uint32(start), End: uint32(end)})
				}
				want := naive(s, b, shingles)
				eachVariant(t, func(name string) {
					sig := make([]uint32, permutations)
					s.NewSigner().Sign(sig, b, shingles)
					if !slices.Equal(sig, want) {
						t.Fatalf("%s, family %d, %d shingles: %x, want %x", name, f, n, sig, want)
					}
				})
			}
		}
	}
}

// TestLeast tries hashes that are bad for the search through blocks: those
// whose u wraps, several that are as good, and too many of them.
func TestLeast(t *testing.T) {
	s, err := New(DataJuicer, 80)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for round := range 500 {
		hashes := make([]uint32, block+rnd.IntN(chunk-block))
		distinct := 1 + rnd.IntN(len(hashes))
		for i := range hashes {
			hashes[i] = rnd.Uint32()
			if i >= distinct {
				hashes[i] = hashes[i%distinct]
			}
		}
		for range rnd.IntN(8) {
			// x so that u is small, wrapped or not, for an odd multiplier.
			i := rnd.IntN(len(s.mul))
			a := s.mul[i]
			if a&1 == 0 {
				continue
			}
			inverse := a
			for range 5 {
				inverse *= 2 - a*inverse
			}
			from := raise * rnd.Uint32N(2)
			for range 3 {
				hashes[rnd.IntN(len(hashes))] = (from + rnd.Uint32N(16) - s.add[i]) * inverse
			}
		}
		sig := make([]uint32, len(s.mul))
		for i := range sig {
			sig[i] = Empty
			if round%2 == 0 {
				sig[i] >>= rnd.IntN(32)
			}
		}
		want := slices.Clone(sig)
		exactMinimaPortable(want, s.a, s.b, hashes)
		eachVariant(t, func(name string) {
			signer := s.NewSigner()
			copy(signer.sig, sig)
			signer.hashes = append(signer.hashes, hashes...)
			signer.leastDataJuicer()
			if !slices.Equal(signer.sig, want) {
				t.Fatalf("%s, round %d, %d hashes: %x, want %x", name, round, len(hashes), signer.sig, want)
			}
		})
	}
}

func TestSHA1(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	buf := make([]byte, 5000)
	for i := range buf {
		buf[i] = byte(rnd.Uint32())
	}
	eachVariant(t, func(name string) {
		q := new(sha1Queue)
		for long := range sha1Longest + 20 {
			for _, b := range [][]byte{buf, buf[:long:long], buf[: long+1 : long+1]} {
				var shingles []text.Span
				for start := 0; start+long <= len(b) && len(shingles) < 100; start += 1 + rnd.IntN(90) {
					shingles = append(shingles, text.Span{Start: uint32(start), End: uint32(start + long)})
				}
				got := q.append(make([]uint32, 0, len(shingles)+sha1Lanes), b, shingles)
				want := appendSHA1Portable(nil, b, shingles)
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("%s, length %d of %d: %x, want %x", name, long, len(b), got, want)
				}
			}
		}
	})
}

func TestSignAllocatesNothing(t *testing.T) {
	_, documents := readRecorded(t)
	for _, f := range []Family{DataJuicer, XXH3} {
		s, err := New(f, 256)
		if err != nil {
			t.Fatal(err)
		}
		signer := s.NewSigner()
		sig := make([]uint32, 256)
		buf, shingles := documents[5].shingles()
		if n := testing.AllocsPerRun(10, func() { signer.Sign(sig, buf, shingles) }); n != 0 {
			t.Errorf("family %d: %v allocations", f, n)
		}
	}
}

// TestEstimate holds the estimates of pairs of a known similarity to their
// standard error, and the share of pairs that meet to Recall.
func TestEstimate(t *testing.T) {
	const pairs, shingles, permutations = 300, 100, 128
	banding := Banding{16, 8}
	rnd := rand.New(rand.NewPCG(9, 10))
	for _, f := range []Family{DataJuicer, XXH3} {
		s, err := New(f, permutations)
		if err != nil {
			t.Fatal(err)
		}
		signer := s.NewSigner()
		sum, met := 0.0, 0
		for range pairs {
			// 80 of 100 shingles of each are shared: 80 of 120.
			buf := make([]byte, 8*(shingles+20))
			spans := make([]text.Span, shingles+20)
			for i := range spans {
				binary.LittleEndian.PutUint64(buf[8*i:], rnd.Uint64())
				spans[i] = text.Span{Start: uint32(8 * i), End: uint32(8*i + 8)}
			}
			a, b := make([]uint32, permutations), make([]uint32, permutations)
			signer.Sign(a, buf, spans[:shingles])
			signer.Sign(b, buf, spans[20:])
			sum += Similarity(a, b)
			for band := range banding.Bands {
				if banding.Key(a, band) == banding.Key(b, band) {
					met++
					break
				}
			}
		}
		// The standard error of the mean is 0.0024.
		if got, want := sum/pairs, 80.0/120; got < want-0.01 || got > want+0.01 {
			t.Errorf("family %d: similarity %v, want %v", f, got, want)
		}
		if got, want := float64(met)/pairs, banding.Recall(80.0/120); got < want-0.12 || got > want+0.12 {
			t.Errorf("family %d: %v of pairs met, want %v", f, got, want)
		}
	}
}

func TestNewErrors(t *testing.T) {
	for _, n := range []int{-1, 0, MaxPermutations + 1} {
		if _, err := New(XXH3, n); err == nil {
			t.Errorf("%d permutations pass", n)
		}
	}
	if _, err := New(XXH3+1, 16); err == nil {
		t.Error("an unknown family passes")
	}
}
