//go:build !amd64

package record

import "unicode/utf8"

// plainRun returns the length of the longest prefix of p without a double
// quote, a backslash or a byte below 0x20, and whether it has bytes above
// 0x7F.
func plainRun(p []byte) (n int, high bool) { return plainRunSWAR(p) }

// invalidUTF8 returns the place of the first byte of p that is no part of
// strict UTF-8, or -1.
func invalidUTF8(p []byte) int {
	if utf8.Valid(p) {
		return -1
	}
	return invalidUTF8At(p)
}
