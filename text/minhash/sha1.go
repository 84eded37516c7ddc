package minhash

import (
	"crypto/sha1"
	"encoding/binary"

	"corpusmill/text"
)

const (
	sha1Lanes = 16
	// sha1Blocks is how many blocks of 64 bytes a message may have to be
	// hashed with others of its length, sha1Longest how many bytes fit in.
	sha1Blocks  = 4
	sha1Longest = 64*sha1Blocks - 9
)

// sha1Queue gathers messages of equal numbers of blocks for the vectors.
type sha1Queue struct {
	// waiting is by number of blocks less one, first those that are read
	// from the text, then those from its copied end.
	waiting [2 * sha1Blocks]sha1Batch
	// end is the last bytes of the text and zeros, for blocks that are read
	// whole.
	end [2 * 64 * sha1Blocks]byte
}

type sha1Batch struct {
	n     int
	spans [4 * sha1Lanes]text.Span
}

// append appends the first four bytes of the SHA-1 of each shingle, in any
// order. dst has room for sha1Lanes more than the shingles are.
func (q *sha1Queue) append(dst []uint32, buf []byte, shingles []text.Span) []uint32 {
	if !sha1Vectors() {
		return appendSHA1Portable(dst, buf, shingles)
	}
	// No message ends behind the text, so that none reads past what is
	// readable when blocks are read in part.
	readable, shift := len(buf)+64*sha1Blocks, 0
	if sha1ReadsWhole() {
		readable, shift = len(buf), max(0, len(buf)-len(q.end)/2)
		clear(q.end[copy(q.end[:], buf[shift:]):])
	}
	for i := 0; i < len(shingles); i++ {
		if i%sha1Lanes == 0 && allShort(shingles[i:], len(buf), readable) {
			n := len(dst)
			dst = dst[:n+sha1Lanes]
			sha1Batches(dst[n:], buf, shingles[i:i+sha1Lanes], 1)
			i += sha1Lanes - 1
			continue
		}
		s := shingles[i]
		n := s.End - s.Start
		if n > sha1Longest || int(s.End) > len(buf) || s.Start > s.End {
			dst = append(dst, sha1First(s.Of(buf)))
			continue
		}
		blocks := int(n+8)/64 + 1
		at := blocks - 1
		if int(s.Start)+64*blocks > readable {
			at += sha1Blocks
			s.Start -= uint32(shift)
			s.End -= uint32(shift)
		}
		batch := &q.waiting[at]
		batch.spans[batch.n] = s
		batch.n++
		if batch.n == len(batch.spans) {
			dst = q.flush(dst, buf, at)
		}
	}
	for at := range q.waiting {
		if q.waiting[at].n > 0 {
			dst = q.flush(dst, buf, at)
		}
	}
	return dst
}

// allShort says whether the next of the messages, enough for the vectors, are
// parts of the text of so many bytes, have one block each and can be read.
func allShort(messages []text.Span, length, readable int) bool {
	if len(messages) < sha1Lanes {
		return false
	}
	for _, m := range messages[:sha1Lanes] {
		if m.End-m.Start > 55 || int(m.End) > length || int(m.Start)+64 > readable {
			return false
		}
	}
	return true
}

// flush appends the hashes of a batch, which is filled up to whole vectors by
// its last message.
func (q *sha1Queue) flush(dst []uint32, buf []byte, at int) []uint32 {
	batch := &q.waiting[at]
	n := len(dst) + batch.n
	for ; batch.n%sha1Lanes != 0; batch.n++ {
		batch.spans[batch.n] = batch.spans[batch.n-1]
	}
	if at >= sha1Blocks {
		at, buf = at-sha1Blocks, q.end[:]
	}
	if len(buf) == 0 {
		buf = q.end[:]
	}
	sha1Batches(dst[len(dst):len(dst)+batch.n], buf, batch.spans[:batch.n], at+1)
	batch.n = 0
	return dst[:n]
}

func sha1First(message []byte) uint32 {
	sum := sha1.Sum(message)
	return binary.LittleEndian.Uint32(sum[:])
}

func appendSHA1Portable(dst []uint32, buf []byte, shingles []text.Span) []uint32 {
	for _, s := range shingles {
		dst = append(dst, sha1First(s.Of(buf)))
	}
	return dst
}
