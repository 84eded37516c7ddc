package sentencepiece

import (
	"encoding/binary"
	"errors"
	"math"
)

// The wire types of protocol buffers that a model may hold.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// field is one field of a message: value has a number, data the bytes of a
// field of bytes.
type field struct {
	number uint64
	wire   uint8
	value  uint64
	data   []byte
}

func (f field) bool() bool     { return f.value != 0 }
func (f field) float() float32 { return math.Float32frombits(uint32(f.value)) }

var errWire = errors.New("the protocol buffer is damaged or cut short")

// fields calls each for the fields of a message in order.
func fields(message []byte, each func(field) error) error {
	for len(message) > 0 {
		key, n := binary.Uvarint(message)
		if n <= 0 {
			return errWire
		}
		message = message[n:]
		f := field{number: key >> 3, wire: uint8(key & 7)}
		switch f.wire {
		case wireVarint:
			f.value, n = binary.Uvarint(message)
			if n <= 0 {
				return errWire
			}
		case wireFixed64:
			if n = 8; len(message) < n {
				return errWire
			}
			f.value = binary.LittleEndian.Uint64(message)
		case wireFixed32:
			if n = 4; len(message) < n {
				return errWire
			}
			f.value = uint64(binary.LittleEndian.Uint32(message))
		case wireBytes:
			size, k := binary.Uvarint(message)
			if k <= 0 || size > uint64(len(message)-k) {
				return errWire
			}
			n = k + int(size)
			f.data = message[k:n]
		default:
			return errWire
		}
		message = message[n:]
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}
