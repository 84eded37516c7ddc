// Package minhash makes MinHash signatures of documents and the keys by which
// similar ones meet: A. Broder: On the resemblance and containment of
// documents, Compression and Complexity of Sequences 1997; banding as in
// J. Leskovec, A. Rajaraman, J. Ullman: Mining of Massive Datasets, 3.4.
//
// A Scheme is a family of hash functions, drawn from a fixed seed. A Signer
// applies it to the shingles of one document after the other. A Banding cuts
// a signature into keys.
//
// The work is two loops. The shingles are hashed to 32 bits each (sha1.go,
// xxh3.go); then each of the permutations is applied to every hash and the
// least result is kept (least.go). Both run on the widest vectors that the
// processor has (kernels_*.go), with the same results on all of them.
// GODEBUG=cpu.avx512f=off, or cpu.avx2=off, holds a process to less.
package minhash

import (
	"fmt"
	"slices"

	"corpusmill/text"
)

// Family is how a shingle becomes the numbers whose least are kept.
type Family uint8

const (
	// DataJuicer gives the signatures that Data-Juicer gives: x is the first
	// four bytes, little-endian, of the shingle's SHA-1; a permutation is the
	// low 32 bits of ((a·x + b) mod 2^64) mod (2^61 - 1).
	DataJuicer Family = iota
	// XXH3 takes a half to two thirds of the time: x is the low half of the
	// shingle's XXH3 of 64 bits; a permutation is (a·x + b) mod 2^32 with
	// odd a.
	XXH3
)

// MaxPermutations is the longest signature.
const MaxPermutations = 4096

// Empty is each number of the signature of a document without shingles.
const Empty = 1<<32 - 1

// A Scheme is a family and its permutations. It doesn't change, and may be
// shared.
type Scheme struct {
	family       Family
	permutations int
	// mul and add are the permutations modulo 2^32, with add of a DataJuicer
	// family raised by raise; a and b are those of DataJuicer in full. All
	// are padded to whole vectors by the last permutation.
	mul, add []uint32
	a, b     []uint64
}

// New returns the scheme of the first permutations of a family. A shorter
// signature is the beginning of a longer one.
func New(f Family, permutations int) (*Scheme, error) {
	if permutations < 1 || permutations > MaxPermutations {
		return nil, fmt.Errorf("minhash: %d permutations: the number must be 1 to %d", permutations, MaxPermutations)
	}
	s := &Scheme{family: f, permutations: permutations}
	switch f {
	case DataJuicer:
		s.a, s.b = drawDataJuicer(permutations)
		s.a, s.b = pad(s.a), pad(s.b)
		for i, a := range s.a {
			s.mul = append(s.mul, uint32(a))
			s.add = append(s.add, uint32(s.b[i])+raise)
		}
	case XXH3:
		s.mul, s.add = drawXXH3(permutations)
		s.mul, s.add = pad(s.mul), pad(s.add)
	default:
		return nil, fmt.Errorf("minhash: there is no family %d", f)
	}
	return s, nil
}

// pad repeats the last of v up to a multiple of lanes.
func pad[T any](v []T) []T {
	v = slices.Grow(v, lanes)
	for last := v[len(v)-1]; len(v)%lanes != 0; {
		v = append(v, last)
	}
	return v
}

// Permutations returns the length of a signature.
func (s *Scheme) Permutations() int { return s.permutations }

// A Signer computes signatures, one at a time. It holds up to 40 KB.
type Signer struct {
	*Scheme
	sig    []uint32 // padded
	hashes []uint32 // of a chunk of shingles
	mins   []uint32 // of blocks of hashes, under a strip of permutations
	sha1   *sha1Queue
}

// NewSigner returns a signer for one goroutine.
func (s *Scheme) NewSigner() *Signer {
	signer := &Signer{
		Scheme: s,
		sig:    make([]uint32, len(s.mul)),
		hashes: make([]uint32, 0, chunk+sha1Lanes),
	}
	switch s.family {
	case DataJuicer:
		signer.sha1 = new(sha1Queue)
		signer.mins = make([]uint32, chunk/block*strip)
	case XXH3:
		signer.mins = make([]uint32, strip)
	}
	return signer
}

// Sign puts the signature of a document into sig, whose length is the number
// of permutations. The shingles are parts of buf, in any order; one that
// comes twice counts once. buf is shorter than 4 GiB. Sign allocates nothing
// and keeps neither argument.
func (s *Signer) Sign(sig []uint32, buf []byte, shingles []text.Span) {
	for i := range s.sig {
		s.sig[i] = Empty
	}
	for len(shingles) > 0 {
		n := min(chunk, len(shingles))
		switch s.family {
		case DataJuicer:
			s.hashes = s.sha1.append(s.hashes[:0], buf, shingles[:n])
			s.leastDataJuicer()
		case XXH3:
			s.hashes = appendXXH3(s.hashes[:0], buf, shingles[:n])
			s.leastXXH3()
		}
		shingles = shingles[n:]
	}
	copy(sig[:s.permutations], s.sig)
}

// Similarity estimates the Jaccard similarity of the sets of shingles of two
// documents: the share of equal numbers in their signatures, which are of one
// scheme. Its standard error is sqrt(J·(1-J)/permutations). It panics when
// b is shorter than a.
func Similarity(a, b []uint32) float64 {
	if len(a) == 0 {
		return 0
	}
	b = b[:len(a)]
	same := 0
	for i, v := range a {
		if v == b[i] {
			same++
		}
	}
	return float64(same) / float64(len(a))
}
