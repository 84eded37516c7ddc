package parquet

import (
	"errors"
	"fmt"
)

// Types of the Thrift compact protocol, as they stand in field headers.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
	thriftUUID   = 13
)

// maxThriftDepth is above what the Parquet metadata nests (nine structs).
const maxThriftDepth = 24

var errThriftShort = errors.New("it ends too early")

// compact walks Thrift compact data without building anything from it, so
// that what a hostile count would make a decoder allocate is known before a
// decoder runs. The first error sticks.
type compact struct {
	buf []byte
	pos int
	err error
}

func (c *compact) fail(format string, a ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, a...)
	}
}

func (c *compact) byte() byte {
	if c.err != nil || c.pos >= len(c.buf) {
		c.short()
		return 0
	}
	b := c.buf[c.pos]
	c.pos++
	return b
}

func (c *compact) short() {
	if c.err == nil {
		c.err = errThriftShort
	}
}

func (c *compact) uvarint() uint64 {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		b := c.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	c.fail("a number at byte %d has more than 64 bits", c.pos)
	return 0
}

func (c *compact) int() int64 {
	u := c.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (c *compact) skipBytes(n uint64) {
	if c.err == nil && n > uint64(len(c.buf)-c.pos) {
		c.short()
	}
	if c.err == nil {
		c.pos += int(n)
	}
}

// count checks an element count: each element takes a byte or more.
func (c *compact) count(n uint64) int {
	if c.err == nil && n > uint64(len(c.buf)-c.pos) {
		c.fail("a list at byte %d claims %d elements", c.pos, n)
	}
	if c.err != nil {
		return 0
	}
	return int(n)
}

func (c *compact) list() (n int, typ byte) {
	h := c.byte()
	size := uint64(h >> 4)
	if size == 15 {
		size = c.uvarint()
	}
	return c.count(size), h & 0x0f
}

// fields calls fn for each field of a struct; fn consumes the value or
// answers false, which skips it.
func (c *compact) fields(depth int, fn func(id int16, typ byte) bool) {
	c.enter(depth)
	var id int16
	for c.err == nil {
		h := c.byte()
		typ := h & 0x0f
		if c.err != nil || typ == thriftStop {
			return
		}
		if delta := int16(h >> 4); delta != 0 {
			id += delta
		} else {
			id = int16(c.int())
		}
		if !fn(id, typ) {
			c.skip(typ, depth+1, false)
		}
	}
}

// enter bounds the recursion.
func (c *compact) enter(depth int) {
	if depth > maxThriftDepth {
		c.fail("values at byte %d nest more than %d deep", c.pos, maxThriftDepth)
	}
}

func keepNone(int16, byte) bool { return false }

func (c *compact) skip(typ byte, depth int, inList bool) {
	c.enter(depth)
	switch typ {
	case thriftTrue, thriftFalse:
		if inList {
			c.skipBytes(1)
		}
	case thriftByte:
		c.skipBytes(1)
	case thriftI16, thriftI32, thriftI64:
		c.uvarint()
	case thriftDouble:
		c.skipBytes(8)
	case thriftUUID:
		c.skipBytes(16)
	case thriftBinary:
		c.skipBytes(c.uvarint())
	case thriftStruct:
		c.fields(depth, keepNone)
	case thriftList, thriftSet:
		n, elem := c.list()
		for i := 0; i < n && c.err == nil; i++ {
			c.skip(elem, depth+1, true)
		}
	case thriftMap:
		n := c.count(c.uvarint())
		if n == 0 {
			return
		}
		kv := c.byte()
		for i := 0; i < n && c.err == nil; i++ {
			c.skip(kv>>4, depth+1, true)
			c.skip(kv&0x0f, depth+1, true)
		}
	default:
		c.fail("unknown field type %d at byte %d", typ, c.pos)
	}
}

// pageHeader is what a page says of itself. Counts are -1 where the page has
// no such field.
type pageHeader struct {
	typ                      int64
	uncompressed, compressed int64
	crc                      uint32
	hasCRC                   bool
	dict, v1, v2             bool
	values                   int64
	defBytes, repBytes       int64
}

const (
	dataPage       = 0
	indexPage      = 1
	dictionaryPage = 2
	dataPageV2     = 3
)

// parsePageHeader reads a page header from the front of buf and returns its
// length. errThriftShort asks for more bytes.
func parsePageHeader(buf []byte) (h pageHeader, n int, err error) {
	h = pageHeader{typ: -1, uncompressed: -1, compressed: -1, values: -1}
	c := compact{buf: buf}
	c.fields(0, func(id int16, typ byte) bool {
		switch {
		case id >= 1 && id <= 4 && typ == thriftI32:
			v := c.int()
			switch id {
			case 1:
				h.typ = v
			case 2:
				h.uncompressed = v
			case 3:
				h.compressed = v
			case 4:
				h.crc, h.hasCRC = uint32(v), true
			}
			return true
		case (id == 5 || id == 7 || id == 8) && typ == thriftStruct:
			h.v1, h.dict, h.v2 = h.v1 || id == 5, h.dict || id == 7, h.v2 || id == 8
			c.fields(1, func(sub int16, styp byte) bool {
				if styp != thriftI32 {
					return false
				}
				v := c.int()
				switch {
				case sub == 1:
					h.values = v
				case sub == 5 && id == 8:
					h.defBytes = v
				case sub == 6 && id == 8:
					h.repBytes = v
				}
				return true
			})
			return true
		}
		return false
	})
	return h, c.pos, c.err
}
