package text

import (
	"encoding/binary"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// windows hashes the n-grams of code points of a text, one after the other.
type windows struct {
	b     []byte
	n     int
	i, j  int // b[i:j] is the next n-gram
	ascii int // b[i:ascii] is ASCII, when it is above i

	// Of long n-grams: the rolling hash of the next, without its last code
	// point, and what the one that leaves is multiplied with.
	rolling, leave uint64
}

// longWindow is the number of code points from which hashing every n-gram by
// itself costs more than a rolling hash.
const longWindow = 32

// newWindows begins with the first n-gram. b has n code points or more.
func newWindows(b []byte, n int) windows {
	w := windows{b: b, n: n}
	if n < longWindow {
		for range n {
			w.j = nextRune(b, w.j)
		}
		return w
	}
	power := uint64(1)
	for range n - 1 {
		w.rolling = w.push(w.rolling)
		power = modPrime(mulPrime(power, base))
	}
	w.leave = prime - power
	return w
}

// hash fills dst with the hashes of the next n-grams; there must be as many.
func (w *windows) hash(dst []uint64) {
	if w.n >= longWindow {
		w.roll(dst)
		return
	}
	b := w.b
	for len(dst) > 0 {
		if w.n < 8 || w.n > 16 || w.j-w.i != w.n { // one of n bytes is ASCII
			dst[0] = hashWindow(b[w.i:w.j])
			dst = dst[1:]
			w.i, w.j = nextRune(b, w.i), nextRune(b, w.j)
			continue
		}
		if w.ascii < w.j {
			w.ascii = w.j + ASCII(b[w.j:])
		}
		m := min(len(dst), w.ascii-w.j+1)
		hashBytes(dst[:m], b[w.i:], w.n)
		dst = dst[m:]
		w.i += m
		w.j = nextRune(b, w.j+m-1)
	}
}

// nextRune returns where the code point after the one at i begins.
func nextRune(b []byte, i int) int {
	for i++; i < len(b) && b[i]&0xC0 == 0x80; i++ {
	}
	return i
}

// hashWindow hashes one n-gram. The bytes that it takes from the front and
// from the back overlap; since n-grams have the same number of code points, two
// that agree in both are the same.
func hashWindow(p []byte) uint64 {
	n := len(p)
	switch {
	case n < 8 || n > 32:
		return xxh3.Hash(p)
	case n <= 16:
		return fold(binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[n-8:]))
	}
	front := fold(binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:]))
	back := fold(binary.LittleEndian.Uint64(p[n-16:]), binary.LittleEndian.Uint64(p[n-8:]))
	return fold(front, bits.RotateLeft64(back, 32))
}

// hashBytes hashes the n-grams of bytes that b begins with, as hashWindow
// does. n is 8 to 16.
func hashBytes(dst []uint64, b []byte, n int) {
	// The eight bytes at the front of an n-gram, and those at its back, gain one
	// byte from the n-gram before.
	front := binary.LittleEndian.Uint64(b) << 8
	back := binary.LittleEndian.Uint64(b[n-8:]) << 8
	nextBack := b[n-1:][:len(dst)]
	nextFront := b[7:][:len(dst)]
	for k := range dst {
		front = front>>8 | uint64(nextFront[k])<<56
		back = back>>8 | uint64(nextBack[k])<<56
		dst[k] = fold(front, back)
	}
}

// fold hashes 16 bytes, as WyHash and XXH3 do for short input. The constants
// are no text, so that no factor of text is 0.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0xF7C1A6F5D3B49E8D, b^0xFB8E4C6DF2A39B57)
	return hi ^ lo
}

// roll is hash for long n-grams: a polynomial of code points modulo a prime
// (see NGrams), spread over 64 bits.
func (w *windows) roll(dst []uint64) {
	for k := range dst {
		h := w.push(w.rolling)
		dst[k] = h * 0x9E3779B97F4A7C15
		r, _ := Decode(w.b[w.i:])
		w.i = nextRune(w.b, w.i)
		w.rolling = modPrime(h + mulPrime(uint64(r), w.leave))
	}
}

// push returns h with the code point at j after what it is the hash of.
func (w *windows) push(h uint64) uint64 {
	r, _ := Decode(w.b[w.j:])
	w.j = nextRune(w.b, w.j)
	return modPrime(mulPrime(h, base) + uint64(r))
}
