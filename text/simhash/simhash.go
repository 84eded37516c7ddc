// Package simhash computes 64-bit SimHash signatures (Charikar, Similarity
// Estimation Techniques from Rounding Algorithms, 2002): those of similar sets
// differ in few bits. Hashes and rounding are those of the Python package
// simhash.
package simhash

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/zeebo/xxh3"

	"corpusmill/text"
)

// Sum is a signature in the making. Its zero value has no features.
type Sum struct {
	// planes hold, for each of the 64 bits, in how many hashes it was set: the
	// bit of that number's 2^k is in planes[k].
	planes [40]uint64
	n      uint64
	batch  batch
}

// Add adds the hash of a feature. One that is added twice counts twice; there
// is room for 2^40 in all.
func (s *Sum) Add(hash uint64) {
	s.n++
	for k := 0; hash != 0; k++ {
		s.planes[k], hash = s.planes[k]^hash, s.planes[k]&hash
	}
}

// AddAll adds the hashes of features, parts of b.
func (s *Sum) AddAll(b []byte, features []text.Span) {
	vectors := hasVectors()
	for _, f := range features {
		if !vectors || f.End-f.Start > longest {
			s.Add(Hash(f.Of(b)))
			continue
		}
		if s.batch.put(f.Of(b)); s.batch.n == lanes {
			s.flush()
		}
	}
	s.flush()
}

// flush adds the hashes of the features in the batch.
func (s *Sum) flush() {
	if s.batch.n == 0 {
		return
	}
	hashBatch(&s.batch)
	for lane := range s.batch.n {
		s.Add(s.batch.hash(lane))
	}
	s.batch.n = 0
}

// Signature has the bits that more than half of the hashes have; it is 0 when
// there are none.
func (s *Sum) Signature() (sig uint64) {
	used := bits.Len64(s.n)
	for bit := range 64 {
		var count uint64
		for k, p := range s.planes[:used] {
			count |= p >> bit & 1 << k
		}
		if 2*count > s.n {
			sig |= 1 << bit
		}
	}
	return sig
}

// Reset takes all features out.
func (s *Sum) Reset() { s.planes, s.n = [40]uint64{}, 0 }

// Distance is in how many bits two signatures differ.
func Distance(a, b uint64) int { return bits.OnesCount64(a ^ b) }

// Blocks says by which bits of signatures to look for those within a distance:
// signatures are cut into blocks of bits, and of two that differ in no more
// bits than distance, all but that many blocks are the same (Manku, Jain and
// Das Sarma, Detecting Near-Duplicates for Web Crawling, 2007).
type Blocks struct {
	masks []uint64 // a choice of blocks each
}

// maxChoices bounds the buckets of a signature.
const maxChoices = 1024

// NewBlocks cuts signatures into n blocks, for a distance below n. More blocks
// mean more and smaller buckets; which pairs are within the distance doesn't
// depend on them.
func NewBlocks(n, distance int) (*Blocks, error) {
	if n > 64 {
		return nil, fmt.Errorf("a signature of 64 bits has no %d blocks", n)
	}
	if distance < 0 || distance >= n {
		return nil, fmt.Errorf("a distance of %d bits needs more than %d blocks, not %d", distance, distance, n)
	}
	b := &Blocks{}
	// The blocks that differ are chosen: fewer bits to step through.
	var choose func(from, left int, same uint64) error
	choose = func(from, left int, same uint64) error {
		if left == 0 {
			if len(b.masks) == maxChoices {
				return fmt.Errorf("%d blocks and a distance of %d put each signature into more than %d buckets; %d blocks find the same", n, distance, maxChoices, distance+1)
			}
			b.masks = append(b.masks, same)
			return nil
		}
		for i := from; i <= n-left; i++ {
			block := ^uint64(0) >> (64 - (i+1)*64/n) &^ (1<<(i*64/n) - 1)
			if err := choose(i+1, left-1, same&^block); err != nil {
				return err
			}
		}
		return nil
	}
	if err := choose(0, distance, ^uint64(0)); err != nil {
		return nil, err
	}
	return b, nil
}

// Count is the number of buckets that each signature falls into.
func (b *Blocks) Count() int { return len(b.masks) }

// AppendBuckets appends the hashes (XXH3) of the buckets of a signature to
// dst. Two within the distance share one at least.
func (b *Blocks) AppendBuckets(dst []uint64, sig uint64) []uint64 {
	var key [16]byte
	for i, m := range b.masks {
		binary.LittleEndian.PutUint64(key[:], uint64(i))
		binary.LittleEndian.PutUint64(key[8:], sig&m)
		dst = append(dst, xxh3.Hash(key[:]))
	}
	return dst
}
