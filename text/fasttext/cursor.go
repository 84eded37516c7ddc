package fasttext

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"unsafe"
)

// cursor reads a model file from front to back. After the first error every
// read gives zero.
type cursor struct {
	data []byte
	off  int
	err  error
}

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("byte %d: %s", c.off, fmt.Sprintf(format, args...))
	}
}

// take returns the next n bytes; what names them in errors.
func (c *cursor) take(n int, what string) []byte {
	if c.err != nil {
		return nil
	}
	if left := len(c.data) - c.off; n > left {
		c.fail("%s needs %d bytes but the file ends after %d: it is cut short or damaged; get it again", what, n, left)
		return nil
	}
	b := c.data[c.off : c.off+n : c.off+n]
	c.off += n
	return b
}

func (c *cursor) int32(what string) int {
	b := c.take(4, what)
	if b == nil {
		return 0
	}
	return int(int32(binary.LittleEndian.Uint32(b)))
}

func (c *cursor) int64(what string) int64 {
	b := c.take(8, what)
	if b == nil {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(b))
}

func (c *cursor) bool(what string) bool {
	b := c.take(1, what)
	if b == nil {
		return false
	}
	if b[0] > 1 {
		c.off--
		c.fail("%s is %d, not 0 or 1: the file is damaged", what, b[0])
	}
	return b[0] == 1
}

// count checks a number of things of at least size bytes each against what is
// left of the file, so that no memory is taken for what can't be there.
func (c *cursor) count(n int64, size int, what string) int {
	if c.err != nil {
		return 0
	}
	left := len(c.data) - c.off
	if n < 0 || n > int64(left/size) {
		c.fail("%s can't be %d: %d bytes are left of the file, which is cut short or damaged", what, n, left)
		return 0
	}
	return int(n)
}

// text returns the bytes up to the next NUL, and passes over that.
func (c *cursor) text(what string) []byte {
	if c.err != nil {
		return nil
	}
	n := bytes.IndexByte(c.data[c.off:], 0)
	if n < 0 {
		c.fail("%s has no end: the file is cut short or damaged", what)
		return nil
	}
	b := c.take(n+1, what)
	return b[:n]
}

// floats returns the next n numbers. Where the machine can read them as they
// lie they are a view of the file.
func (c *cursor) floats(n int, what string) []float32 {
	n = c.count(int64(n), 4, "the count of numbers in "+what)
	b := c.take(4*n, what)
	if n == 0 || c.err != nil {
		return nil
	}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" { // little-endian, and any alignment will do
		return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), n)
	}
	return decodeFloats(b)
}

func decodeFloats(b []byte) []float32 {
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}
