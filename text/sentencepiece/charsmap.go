package sentencepiece

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// charsmap is a compiled table of replacements: a double array in the layout
// of Darts-clone over what is replaced, whose values are offsets into a list
// of NUL-terminated replacements.
type charsmap struct {
	units    []uint32
	replaced []byte
}

// readCharsmap reads the length of the double array in bytes, the array and
// the replacements.
func readCharsmap(b []byte) (charsmap, error) {
	if len(b) == 0 {
		return charsmap{}, nil
	}
	if len(b) < 4 {
		return charsmap{}, errors.New("its table of characters is cut short")
	}
	size := uint64(binary.LittleEndian.Uint32(b))
	if b = b[4:]; size > uint64(len(b)) || size%4 != 0 || size == 0 {
		return charsmap{}, errors.New("its table of characters is damaged")
	}
	c := charsmap{units: make([]uint32, size/4), replaced: bytes.Clone(b[size:])}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return c, nil
}

// offset is the distance from a unit to its children.
func offset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// step goes from the children's base at by byte c. child is where the children
// of that unit are; value is that of the key that ends there, or -1.
func (t *charsmap) step(at uint32, c byte) (child uint32, value int, ok bool) {
	at ^= uint32(c)
	if at >= uint32(len(t.units)) {
		return 0, -1, false
	}
	unit := t.units[at]
	if unit&(1<<31|0xFF) != uint32(c) {
		return 0, -1, false
	}
	at ^= offset(unit)
	value = -1
	if unit>>8&1 != 0 && at < uint32(len(t.units)) {
		value = int(t.units[at] & (1<<31 - 1))
	}
	return at, value, true
}

// root is where the children of the root are.
func (t *charsmap) root() uint32 { return offset(t.units[0]) }

// longest returns the replacement for the longest key that b begins with, and
// the length of that key; 0 when there is none.
func (t *charsmap) longest(b []byte) (by []byte, length int) {
	if len(t.units) == 0 {
		return nil, 0
	}
	at, found := t.root(), 0
	for i, c := range b {
		child, value, ok := t.step(at, c)
		if !ok {
			break
		}
		if at = child; value >= 0 {
			found, length = value, i+1
		}
	}
	if length == 0 {
		return nil, 0
	}
	return t.replacement(found), length
}

func (t *charsmap) replacement(at int) []byte {
	if at >= len(t.replaced) {
		return nil
	}
	by := t.replaced[at:]
	if n := bytes.IndexByte(by, 0); n >= 0 {
		by = by[:n]
	}
	return by
}
