package minhash

import (
	"golang.org/x/sys/cpu"

	"corpusmill/text"
)

// vectors is the widest vectors in use.
var vectors = widest()

const (
	portable = iota
	avx2
	avx512
)

func widest() int {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasBMI1 && cpu.X86.HasBMI2:
		return avx512
	case cpu.X86.HasAVX2 && cpu.X86.HasBMI1:
		return avx2
	}
	return portable
}

// blockMinima64AVX512 is blockMinimaPortable for 64 permutations; the minima
// of a block follow those of the block before at stride bytes.
//
//go:noescape
func blockMinima64AVX512(mins, mul, add, hashes *uint32, size, blocks, stride int)

//go:noescape
func blockMinima16AVX512(mins, mul, add, hashes *uint32, size, blocks, stride int)

//go:noescape
func blockMinima32AVX2(mins, mul, add, hashes *uint32, size, blocks, stride int)

//go:noescape
func blockMinima16AVX2(mins, mul, add, hashes *uint32, size, blocks, stride int)

// searchAVX512 is searchPortable for permutations in whole vectors.
//
//go:noescape
func searchAVX512(sig, mins, mul, add *uint32, a, b *uint64, hashes *uint32, blocks, permutations, most int) bool

//go:noescape
func searchAVX2(sig, mins, mul, add *uint32, a, b *uint64, hashes *uint32, blocks, permutations, most int) bool

// exactMinimaAVX512 is exactMinimaPortable for n hashes.
//
//go:noescape
func exactMinimaAVX512(sig *uint32, a, b *uint64, hashes *uint32, n, permutations int)

//go:noescape
func exactMinimaAVX2(sig *uint32, a, b *uint64, hashes *uint32, n, permutations int)

// sha1AVX512 puts the first four bytes of the SHA-1 of messages into dst,
// groups times 16 of them. A message has 1 to 4 blocks with its padding, all
// have the same number. No byte outside of the messages is read.
//
//go:noescape
func sha1AVX512(dst *uint32, buf *byte, messages *text.Span, groups, blocks int)

// sha1AVX2 does the same with groups of 8. The blocks are read whole.
//
//go:noescape
func sha1AVX2(dst *uint32, buf *byte, messages *text.Span, groups, blocks int)

func blockMinima(mins, mul, add, hashes []uint32, size int) {
	n, blocks := len(mul), len(hashes)/size
	mins = mins[:n*blocks]
	switch {
	case vectors == avx512 && n == 64:
		blockMinima64AVX512(&mins[0], &mul[0], &add[0], &hashes[0], size, blocks, 4*n)
	case vectors == avx512:
		blockMinima16AVX512(&mins[0], &mul[0], &add[0], &hashes[0], size, blocks, 4*n)
	case vectors == avx2 && n == 64:
		blockMinima32AVX2(&mins[0], &mul[0], &add[0], &hashes[0], size, blocks, 4*n)
		blockMinima32AVX2(&mins[32], &mul[32], &add[32], &hashes[0], size, blocks, 4*n)
	case vectors == avx2:
		blockMinima16AVX2(&mins[0], &mul[0], &add[0], &hashes[0], size, blocks, 4*n)
	default:
		blockMinimaPortable(mins, mul, add, hashes, size)
	}
}

// fewest is for how many hashes, a block or more, the search through blocks
// pays.
func fewest() int {
	switch vectors {
	case avx512:
		return 96
	case avx2:
		return 64
	}
	return fewestPortable
}

func search(sig, mins, mul, add []uint32, a, b []uint64, hashes []uint32, most int) bool {
	n, blocks := len(sig), len(hashes)/block
	switch vectors {
	case avx512:
		return searchAVX512(&sig[0], &mins[0], &mul[0], &add[0], &a[0], &b[0], &hashes[0], blocks, n, most)
	case avx2:
		return searchAVX2(&sig[0], &mins[0], &mul[0], &add[0], &a[0], &b[0], &hashes[0], blocks, n, most)
	}
	return searchPortable(sig, mins, mul, add, a, b, hashes, most)
}

func exactMinima(sig []uint32, a, b []uint64, hashes []uint32) {
	switch {
	case vectors == avx512:
		exactMinimaAVX512(&sig[0], &a[0], &b[0], &hashes[0], len(hashes), len(sig))
	case vectors == avx2:
		exactMinimaAVX2(&sig[0], &a[0], &b[0], &hashes[0], len(hashes), len(sig))
	default:
		exactMinimaPortable(sig, a, b, hashes)
	}
}

func sha1Vectors() bool { return vectors != portable }

// sha1ReadsWhole says whether sha1Batches reads all of a block that a message
// has a part of.
func sha1ReadsWhole() bool { return vectors == avx2 }

func sha1Batches(dst []uint32, buf []byte, messages []text.Span, blocks int) {
	if vectors == avx512 {
		sha1AVX512(&dst[0], &buf[0], &messages[0], len(messages)/16, blocks)
	} else {
		sha1AVX2(&dst[0], &buf[0], &messages[0], len(messages)/8, blocks)
	}
}
