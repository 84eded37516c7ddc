package minhash

import "corpusmill/text"

// blockMinima16NEON is blockMinimaPortable for 16 permutations; the minima of
// a block follow those of the block before at stride bytes.
//
//go:noescape
func blockMinima16NEON(mins, mul, add, hashes *uint32, size, blocks, stride int)

func blockMinima(mins, mul, add, hashes []uint32, size int) {
	n, blocks := len(mul), len(hashes)/size
	mins = mins[:n*blocks]
	for at := 0; at < n; at += 16 {
		blockMinima16NEON(&mins[at], &mul[at], &add[at], &hashes[0], size, blocks, 4*n)
	}
}

// fewest is for how many hashes, a block or more, the search through blocks
// pays.
func fewest() int { return 128 }

func search(sig, mins, mul, add []uint32, a, b []uint64, hashes []uint32, most int) bool {
	return searchPortable(sig, mins, mul, add, a, b, hashes, most)
}

func exactMinima(sig []uint32, a, b []uint64, hashes []uint32) {
	exactMinimaPortable(sig, a, b, hashes)
}

// The instructions of crypto/sha1 do better than vectors.
func sha1Vectors() bool { return false }

func sha1ReadsWhole() bool { return false }

func sha1Batches([]uint32, []byte, []text.Span, int) {}
