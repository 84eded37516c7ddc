package record

import (
	"unicode/utf8"

	"golang.org/x/sys/cpu"
)

// hasAVX2 chooses between the vectors and their portable twins. 512-bit
// vectors are no faster here: runs of text between escapes are short.
var hasAVX2 = cpu.X86.HasAVX2

// plainRunAVX2 is plainRun on 32 bytes at a time. It stops short when fewer
// than 32 are left.
//
//go:noescape
func plainRunAVX2(p *byte, n int) (run int, high uint64)

// validBlocksAVX2 says whether p[:n] is UTF-8, n a multiple of 32, but for a
// last character that goes on behind it. It is the lookup algorithm of
// J. Keiser, D. Lemire: Validating UTF-8 in less than one instruction per
// byte, Software: Practice and Experience 51 (2021), arXiv:2010.03090.
//
//go:noescape
func validBlocksAVX2(p *byte, n int) bool

// plainRun returns the length of the longest prefix of p without a double
// quote, a backslash or a byte below 0x20, and whether it has bytes above
// 0x7F.
func plainRun(p []byte) (n int, high bool) {
	if len(p) < 32 || !hasAVX2 {
		return plainRunSWAR(p)
	}
	n, seen := plainRunAVX2(&p[0], len(p))
	if n <= len(p)-32 {
		return n, seen != 0
	}
	k, high := plainRunSWAR(p[n:])
	return n + k, high || seen != 0
}

// invalidUTF8 returns the place of the first byte of p that is no part of
// strict UTF-8, or -1.
func invalidUTF8(p []byte) int {
	if validUTF8(p) {
		return -1
	}
	return invalidUTF8At(p)
}

func validUTF8(p []byte) bool {
	blocks := len(p) &^ 31
	if !hasAVX2 || blocks == 0 {
		return utf8.Valid(p)
	}
	if !validBlocksAVX2(&p[0], blocks) {
		return false
	}
	// The rest, from the begin of a character that the blocks may have cut.
	from := blocks
	for k := 1; k <= 3; k++ {
		if c := p[blocks-k]; c >= 0xC0 {
			from = blocks - k
		} else if c >= 0x80 {
			continue
		}
		break
	}
	return utf8.Valid(p[from:])
}
