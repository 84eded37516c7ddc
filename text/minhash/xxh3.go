package minhash

import (
	"github.com/zeebo/xxh3"

	"corpusmill/text"
)

func appendXXH3(dst []uint32, buf []byte, shingles []text.Span) []uint32 {
	for _, s := range shingles {
		dst = append(dst, uint32(xxh3.Hash(s.Of(buf))))
	}
	return dst
}
