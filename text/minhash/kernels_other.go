//go:build !amd64 && !arm64

package minhash

import "corpusmill/text"

func blockMinima(mins, mul, add, hashes []uint32, size int) {
	blockMinimaPortable(mins, mul, add, hashes, size)
}

// fewest is for how many hashes, a block or more, the search through blocks
// pays.
func fewest() int { return fewestPortable }

func search(sig, mins, mul, add []uint32, a, b []uint64, hashes []uint32, most int) bool {
	return searchPortable(sig, mins, mul, add, a, b, hashes, most)
}

func exactMinima(sig []uint32, a, b []uint64, hashes []uint32) {
	exactMinimaPortable(sig, a, b, hashes)
}

func sha1Vectors() bool { return false }

func sha1ReadsWhole() bool { return false }

func sha1Batches([]uint32, []byte, []text.Span, int) {}
