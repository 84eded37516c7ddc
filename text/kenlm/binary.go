package kenlm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// magicStart is what binary files of all versions begin with.
const magicStart = "mmap lm http://kheafield.com/code "

const magic = magicStart + "format version 5\n\x00\x00"

// The search structures of binary files.
const (
	probingType = iota
	restProbingType
	trieType
	quantTrieType
	arrayTrieType
	quantArrayTrieType
)

var errShort = errors.New("it is cut short, or its counts are damaged")

// head is the start of a binary file.
type head struct {
	multiplier float32
	kind       uint32
	version    uint32
	counts     []uint64 // n-grams by order
	size       int
}

// fixedHead is the size of what lies between the reference and the counts.
const fixedHead = 20

func align8(n int) int { return (n + 7) &^ 7 }

// reference is what the writing machine noted to tell its number formats.
func reference() []byte {
	b := make([]byte, align8(len(magic)))
	copy(b, magic)
	for _, x := range []float32{0, 1, -0.5} {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	for _, x := range []uint32{1, math.MaxUint32, 0} {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return binary.LittleEndian.AppendUint64(b, 1)
}

func parseHead(data []byte) (h head, err error) {
	want := reference()
	switch {
	case len(data) < len(want)+fixedHead:
		return h, errors.New("it is cut short within its head, or was never finished")
	case !bytes.Equal(data[:len(magic)], want[:len(magic)]):
		line, _, _ := bytes.Cut(data[len(magicStart):len(magic)], []byte("\n"))
		return h, fmt.Errorf("it is %q; format version 5, finished, can be read: make it anew with build_binary", line)
	case !bytes.Equal(data[:len(want)], want):
		return h, errors.New("it was made on a machine with other number formats, or is damaged; make it anew with build_binary")
	}
	b := data[len(want):]
	order := int(b[0])
	h.multiplier = getFloat(b[4:])
	h.kind = binary.LittleEndian.Uint32(b[8:])
	h.version = binary.LittleEndian.Uint32(b[16:])
	h.size = headSize(order)
	switch {
	case order < 2 || order > MaxOrder:
		return h, fmt.Errorf("its n-grams have up to %d words; 2 to %d can be read", order, MaxOrder)
	case !(h.multiplier >= 1):
		return h, fmt.Errorf("its hash tables have %v places per entry", h.multiplier)
	case len(data) < h.size:
		return h, errShort
	}
	for i := range order {
		n := binary.LittleEndian.Uint64(b[fixedHead+8*i:])
		// The smallest entry has two bits, and words have 32.
		if n > uint64(len(data))*4 || i == 0 && n >= math.MaxUint32 {
			return h, fmt.Errorf("it claims %d %d-grams, more than it can hold", n, i+1)
		}
		h.counts = append(h.counts, n)
	}
	return h, nil
}

// parseBinary makes a Model of a binary file in memory, which it keeps.
func parseBinary(data []byte) (*Model, error) {
	h, err := parseHead(data)
	if err != nil {
		return nil, err
	}
	m := &Model{order: len(h.counts)}
	switch {
	case h.kind > quantArrayTrieType:
		return nil, fmt.Errorf("it has the structure %d, which is unknown", h.kind)
	case h.kind < trieType && h.version != 0 || h.kind >= trieType && h.version != 1:
		return nil, fmt.Errorf("its structure %d has version %d, which is unknown; make it anew with build_binary", h.kind, h.version)
	case h.kind < trieType:
		err = m.parseHashed(h, data[h.size:])
	default:
		err = m.parseTrie(h, data)
	}
	if err != nil {
		return nil, err
	}
	return m, m.prepare()
}

func (m *Model) parseHashed(h head, data []byte) error {
	if len(data) < 8 {
		return errShort
	}
	version, bound := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
	if version != 0 {
		return fmt.Errorf("its vocabulary has version %d, which is unknown", version)
	}
	if uint64(bound) > h.counts[0]+1 {
		return fmt.Errorf("it claims %d words where it counts %d", bound, h.counts[0])
	}
	v := &hashedVocabulary{bound: bound}
	var err error
	if v.table, data, err = newTable(data[8:], 12, h.counts[0], h.multiplier); err != nil {
		return err
	}
	s := &hashed{stride: 8}
	if h.kind == restProbingType {
		s.stride = 12
	}
	size := (h.counts[0] + 1) * uint64(s.stride)
	if size > uint64(len(data)) {
		return errShort
	}
	s.unigrams, data = data[:size], data[size:]
	for _, n := range h.counts[1 : m.order-1] {
		var t table
		if t, data, err = newTable(data, 8+s.stride, n, h.multiplier); err != nil {
			return err
		}
		s.middles = append(s.middles, t)
	}
	if s.last, _, err = newTable(data, 12, h.counts[m.order-1], h.multiplier); err != nil {
		return err
	}
	m.vocab, m.search = v, s
	return nil
}
