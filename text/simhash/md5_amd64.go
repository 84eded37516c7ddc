package simhash

import "golang.org/x/sys/cpu"

var (
	hasAVX512 = cpu.X86.HasAVX512F
	hasAVX2   = cpu.X86.HasAVX2
)

// md5AVX512 puts the first and the second word of the MD5 of sixteen messages
// of one block, padded, into out.
//
//go:noescape
func md5AVX512(words *[16][lanes]uint32, out *[2][lanes]uint32)

//go:noescape
func md5AVX2(words *[16][lanes]uint32, out *[2][lanes]uint32)

func hasVectors() bool { return hasAVX512 || hasAVX2 }

// hashBatch hashes the messages of b, where hasVectors.
func hashBatch(b *batch) {
	if hasAVX512 {
		md5AVX512(&b.words, &b.out)
	} else {
		md5AVX2(&b.words, &b.out)
	}
}
