package main

import (
	"encoding/binary"
	"math"
)

// Types of pieces in a SentencePiece model.
const (
	normalPiece  = 1
	unknownPiece = 2
	controlPiece = 3
)

// modelFile is a SentencePiece model file, a protocol buffer, for BPE with
// these pieces. Control characters are spaces to it, a text begins with one,
// and several are one.
func modelFile(pieces []string) []byte {
	var m []byte
	add := func(text string, score float32, kind uint64) {
		var p []byte
		p = appendBytes(p, 1, []byte(text))
		p = appendFloat(p, 2, score)
		if kind != normalPiece {
			p = appendInt(p, 3, kind)
		}
		m = appendBytes(m, 1, p)
	}
	for i, mark := range marks {
		kind := uint64(controlPiece)
		if i == unknownWord {
			kind = unknownPiece
		}
		add(mark, 0, kind)
	}
	for i, p := range pieces {
		add(p, -float32(i), normalPiece)
	}
	const bpe = 2
	trainer := appendInt(nil, 3, bpe)
	trainer = appendInt(trainer, 4, uint64(len(marks)+len(pieces)))
	m = appendBytes(m, 2, trainer)
	normalizer := appendBytes(nil, 1, []byte("spaces"))
	normalizer = appendBytes(normalizer, 2, spacesTable())
	for _, flag := range []int{3, 4, 5} { // a space before the text, no spaces twice, spaces escaped
		normalizer = appendInt(normalizer, flag, 1)
	}
	return appendBytes(m, 3, normalizer)
}

// spacesTable is a table of replacements: its size in bytes, a double array of
// the characters, and the replacements, each ended by a NUL. The children of
// the root are in the second block of 256 units, their values in the third.
func spacesTable() []byte {
	const block = 256
	units := make([]uint32, 3*block)
	units[0] = block << 10
	for c := uint32(1); c < ' '; c++ {
		const hasValue = 1 << 8
		value := 2*block + c
		units[block+c] = (block+c^value)<<10 | hasValue | c
		units[value] = 1 << 31 // the replacement at 0
	}
	table := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		table = binary.LittleEndian.AppendUint32(table, u)
	}
	return append(table, " \x00"...)
}

// The fields of a protocol buffer, by their numbers.

func appendInt(b []byte, field int, x uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3), x)
}

func appendFloat(b []byte, field int, x float32) []byte {
	return binary.LittleEndian.AppendUint32(binary.AppendUvarint(b, uint64(field)<<3|5), math.Float32bits(x))
}

func appendBytes(b []byte, field int, x []byte) []byte {
	b = binary.AppendUvarint(b, uint64(field)<<3|2)
	return append(binary.AppendUvarint(b, uint64(len(x))), x...)
}
