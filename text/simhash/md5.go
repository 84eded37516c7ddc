package simhash

import (
	"crypto/md5"
	"encoding/binary"
	"math/bits"
)

const (
	// lanes is how many messages are hashed at once.
	lanes = 16
	// longest is the longest message, in bytes, that has one block.
	longest = 55
)

// batch is messages of one block that are hashed at once: their words, each
// beside those of the other messages.
type batch struct {
	n     int
	words [16][lanes]uint32
	used  [lanes]int // words of a lane that are not 0, without the length
	out   [2][lanes]uint32
}

// put adds a message of at most longest bytes. There are fewer than lanes.
func (b *batch) put(message []byte) {
	lane, word := b.n&(lanes-1), 0
	b.words[14][lane] = uint32(8 * len(message))
	for ; len(message) >= 8; message = message[8:] {
		b.set(lane, word, binary.LittleEndian.Uint64(message))
		word += 2
	}
	var rest [8]byte
	rest[copy(rest[:7], message)] = 0x80
	b.set(lane, word, binary.LittleEndian.Uint64(rest[:]))
	word += 2
	for k := word; k < b.used[lane]; k++ {
		b.words[k][lane] = 0
	}
	b.used[lane] = word
	b.n++
}

func (b *batch) set(lane, word int, v uint64) {
	b.words[word&15][lane], b.words[(word+1)&15][lane] = uint32(v), uint32(v>>32)
}

// hash returns a message's hash once the batch was hashed.
func (b *batch) hash(lane int) uint64 {
	return uint64(bits.ReverseBytes32(b.out[0][lane]))<<32 | uint64(bits.ReverseBytes32(b.out[1][lane]))
}

// Hash is the hash of one feature: the first eight bytes of its MD5 digest,
// the first of them the highest.
func Hash(feature []byte) uint64 {
	digest := md5.Sum(feature)
	return binary.BigEndian.Uint64(digest[:])
}
