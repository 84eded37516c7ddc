package minhash

import (
	"encoding/binary"
	"math/bits"

	"github.com/zeebo/xxh3"

	"corpusmill/text"
)

func appendXXH3(dst []uint32, buf []byte, shingles []text.Span) []uint32 {
	for _, s := range shingles {
		b := s.Of(buf)
		if uint(len(b)-4) <= 4 {
			dst = append(dst, xxh3Short(b))
			continue
		}
		dst = append(dst, uint32(xxh3.Hash(b)))
	}
	return dst
}

// xxh3Short is the low half of the XXH3 of 4 to 8 bytes, which most shingles of
// characters have: calling for it takes longer than computing it. See "XXH3
// 64-bit, 4 to 8 bytes" in https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
// for the algorithm, with seed 0.
func xxh3Short(b []byte) uint32 {
	const (
		secret = 0x1cad21f72c81017c ^ 0xdb979083e96dd4de // the default one's bytes 8 to 24
		prime  = 0x9fb21c651e98df25
	)
	first, last := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[len(b)-4:])
	h := (uint64(first)<<32 | uint64(last)) ^ secret
	h ^= bits.RotateLeft64(h, 49) ^ bits.RotateLeft64(h, 24)
	h *= prime
	h ^= h>>35 + uint64(len(b))
	h *= prime
	return uint32(h ^ h>>28)
}
