package exec

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"

	"github.com/klauspost/compress/s2"

	"corpusmill/record"
	"corpusmill/storage/object"
)

// A held file keeps what a stage needs of the rows that the stage before let
// through: which rows of the segment they are, their stats, and the rows
// themselves where a mapper has changed them or the input can't be read twice.
//
//	magic | length of header uint32 | its CRC-32C uint32 | header, JSON | blocks | empty block
//
// A block is raw length, stored length and CRC-32C of the stored bytes, each
// uint32, and the bytes, compressed with S2. It holds whole entries:
//
//	uvarint  ordinal of the row in its segment, less that of the entry before
//	         (the first: plus one)
//	byte     number of stats, then for each: uvarint index in the header's
//	         list, and varint, float64 or uvarint length and bytes
//	byte     0, or 1 when the row follows: uvarint position less the segment's
//	         base, uvarint line relative to the segment plus one, uvarint
//	         length, the JSON, '\n'
//
// The empty block has the number of entries as its raw length.
const (
	holdMagic = "CMHELD\x00\x03"
	holdBlock = 512 << 10
)

type holdHeader struct {
	Stats []heldStat `json:"stats"`
}

type heldStat struct {
	Name string          `json:"name"`
	Kind record.StatKind `json:"kind"`
}

type holdWriter struct {
	f     *os.File
	w     *bufio.Writer
	buf   []byte
	out   []byte
	last  int64
	count uint32
	stats *record.Stats
}

func newHoldWriter(f *os.File, stats *record.Stats, buf []byte) (*holdWriter, error) {
	h := &holdWriter{f: f, w: writers.get(f), stats: stats, buf: buf[:0], last: -1}
	header := holdHeader{}
	for s := range stats.Len() {
		header.Stats = append(header.Stats, heldStat{stats.Name(record.Slot(s)), stats.Kind(record.Slot(s))})
	}
	raw, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	head := binary.LittleEndian.AppendUint32([]byte(holdMagic), uint32(len(raw)))
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(raw, castagnoli))
	if _, err := h.w.Write(append(head, raw...)); err != nil {
		return nil, err
	}
	return h, nil
}

// add appends a row; r is the record of a row with that ordinal, position
// less the segment's base, and line relative to the segment. With whole the
// row itself is held too.
func (h *holdWriter) add(ordinal int64, off uint64, line int, r *record.Record, whole bool) error {
	b := binary.AppendUvarint(h.buf, uint64(ordinal-h.last))
	h.last = ordinal
	h.count++
	n, at := 0, len(b)
	b = append(b, 0)
	for i, v := range r.Values() {
		if !v.Set {
			continue
		}
		n++
		b = binary.AppendUvarint(b, uint64(i))
		switch h.stats.Kind(record.Slot(i)) {
		case record.IntStat:
			b = binary.AppendVarint(b, v.Int)
		case record.FloatStat:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Float))
		case record.StringStat:
			b = binary.AppendUvarint(b, uint64(len(v.Str)))
			b = append(b, v.Str...)
		}
	}
	if n > 127 {
		return fmt.Errorf("a row has %d stats; 127 is the most", n)
	}
	b[at] = byte(n)
	if !whole {
		b = append(b, 0)
	} else {
		b = append(b, 1)
		b = binary.AppendUvarint(b, off)
		b = binary.AppendUvarint(b, uint64(line+1))
		// The length is known only after the row is written: its bytes move
		// up by the size of the length.
		start := len(b)
		b = r.AppendJSON(b)
		size := len(b) - start
		var head [binary.MaxVarintLen64]byte
		k := binary.PutUvarint(head[:], uint64(size))
		b = append(b, head[:k]...)
		copy(b[start+k:], b[start:start+size])
		copy(b[start:], head[:k])
		b = append(b, '\n')
	}
	h.buf = b
	if len(b) >= holdBlock {
		return h.flush()
	}
	return nil
}

func (h *holdWriter) flush() error {
	if len(h.buf) == 0 {
		return nil
	}
	if uint64(len(h.buf)) > math.MaxUint32 {
		return fmt.Errorf("a held block of %d bytes is too long", len(h.buf))
	}
	h.out = s2.Encode(grow(h.out, s2.MaxEncodedLen(len(h.buf))), h.buf)
	err := h.block(uint32(len(h.buf)), h.out)
	h.buf = h.buf[:0]
	return err
}

func (h *holdWriter) block(raw uint32, stored []byte) error {
	var head [12]byte
	binary.LittleEndian.PutUint32(head[:], raw)
	binary.LittleEndian.PutUint32(head[4:], uint32(len(stored)))
	binary.LittleEndian.PutUint32(head[8:], crc32.Checksum(stored, castagnoli))
	if _, err := h.w.Write(head[:]); err != nil {
		return err
	}
	_, err := h.w.Write(stored)
	return err
}

// finish writes what is left; the file is the caller's to close.
func (h *holdWriter) finish() error {
	if err := h.flush(); err != nil {
		return err
	}
	if err := h.block(h.count, nil); err != nil {
		return err
	}
	err := h.w.Flush()
	writers.put(h.w)
	return err
}

// holdReader reads a held file block by block.
type holdReader struct {
	f       object.File
	r       *bufio.Reader
	size    int64 // of the file
	header  holdHeader
	slots   []record.Slot // of the header's stats in this process's table
	buf     []byte        // the current block
	stored  []byte
	at      int
	entries uint32
	last    int64
	done    bool
}

// heldEntry is one row of a held file. With Whole, its JSON lies in the
// current block from Start to End, followed by '\n'.
type heldEntry struct {
	Ordinal    int64
	Whole      bool
	Off        uint64
	Line       int
	Start, End int
	stats      []byte
}

func openHold(path string, stats *record.Stats) (*holdReader, error) {
	f, err := openShared(path)
	if err != nil {
		return nil, err
	}
	h := &holdReader{f: f, r: readers.get(f), size: f.Info().Size, last: -1}
	if err := h.readHeader(stats); err != nil {
		h.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

func (h *holdReader) readHeader(stats *record.Stats) error {
	var head [16]byte
	if _, err := io.ReadFull(h.r, head[:]); err != nil || string(head[:8]) != holdMagic {
		return errDamaged
	}
	n, sum := binary.LittleEndian.Uint32(head[8:]), binary.LittleEndian.Uint32(head[12:])
	if n > 1<<20 {
		return errDamaged
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(h.r, raw); err != nil || crc32.Checksum(raw, castagnoli) != sum || json.Unmarshal(raw, &h.header) != nil {
		return errDamaged
	}
	for _, s := range h.header.Stats {
		h.slots = append(h.slots, stats.Slot(s.Name, s.Kind))
	}
	return nil
}

// block loads the next block; io.EOF after the last.
func (h *holdReader) block() error {
	if h.done {
		return io.EOF
	}
	var head [12]byte
	if _, err := io.ReadFull(h.r, head[:]); err != nil {
		return h.damaged()
	}
	raw, stored := binary.LittleEndian.Uint32(head[:]), binary.LittleEndian.Uint32(head[4:])
	sum := binary.LittleEndian.Uint32(head[8:])
	if stored == 0 {
		h.done = true
		if raw != h.entries || sum != 0 {
			return h.damaged()
		}
		return io.EOF
	}
	if int64(stored) > h.size {
		return h.damaged() // before it is believed and that much memory taken
	}
	h.stored = grow(h.stored, int(stored))
	if _, err := io.ReadFull(h.r, h.stored); err != nil || crc32.Checksum(h.stored, castagnoli) != sum {
		return h.damaged()
	}
	if n, err := s2.DecodedLen(h.stored); err != nil || n != int(raw) {
		return h.damaged()
	}
	var err error
	if h.buf, err = s2.Decode(grow(h.buf, int(raw)), h.stored); err != nil {
		return h.damaged()
	}
	h.at = 0
	return nil
}

// next returns the next entry of the current block; ok is false at its end.
func (h *holdReader) next() (e heldEntry, ok bool, err error) {
	if h.at >= len(h.buf) {
		return e, false, nil
	}
	b := h.buf[h.at:]
	total := len(b)
	take := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			err = h.damaged()
			b = nil
			return 0
		}
		b = b[n:]
		return v
	}
	e.Ordinal = h.last + int64(take())
	h.last = e.Ordinal
	start := total - len(b)
	if b = h.skipStats(b); b == nil {
		return e, false, h.damaged()
	}
	e.stats = h.buf[h.at+start : h.at+total-len(b)]
	if len(b) == 0 || b[0] > 1 {
		return e, false, h.damaged()
	}
	e.Whole = b[0] == 1
	b = b[1:]
	if e.Whole {
		e.Off = take()
		e.Line = int(take()) - 1
		n := take()
		if err == nil && n >= uint64(len(b)) {
			err = h.damaged()
		}
		if err != nil {
			return e, false, err
		}
		e.Start = h.at + total - len(b)
		e.End = e.Start + int(n)
		b = b[n+1:]
	}
	if err != nil {
		return e, false, err
	}
	h.at += total - len(b)
	h.entries++
	return e, true, nil
}

func (h *holdReader) skipStats(b []byte) []byte {
	return h.eachStat(b, func(record.Slot, record.Value) {})
}

// restore sets the stats that the entry carries.
func (h *holdReader) restore(e heldEntry, r *record.Record) {
	values := r.Values()
	h.eachStat(e.stats, func(s record.Slot, v record.Value) { values[s] = v })
}

// eachStat calls fn for the stats at the head of b and returns what follows
// them, nil when they are damaged.
func (h *holdReader) eachStat(b []byte, fn func(record.Slot, record.Value)) []byte {
	if len(b) == 0 {
		return nil
	}
	count := int(b[0])
	b = b[1:]
	for range count {
		i, n := binary.Uvarint(b)
		if n <= 0 || i >= uint64(len(h.slots)) {
			return nil
		}
		b = b[n:]
		v := record.Value{Set: true}
		switch h.header.Stats[i].Kind {
		case record.IntStat:
			v.Int, n = binary.Varint(b)
			if n <= 0 {
				return nil
			}
		case record.FloatStat:
			if n = 8; len(b) < n {
				return nil
			}
			v.Float = math.Float64frombits(binary.LittleEndian.Uint64(b))
		case record.StringStat:
			size, k := binary.Uvarint(b)
			if k <= 0 || size > uint64(len(b)-k) {
				return nil
			}
			n = k + int(size)
			v.Str = string(b[k:n])
		}
		b = b[n:]
		fn(h.slots[i], v)
	}
	return b
}

// checkHold reads a held file to see whether it is whole.
func checkHold(path string) error {
	h, err := openHold(path, &record.Stats{})
	if err != nil {
		return err
	}
	defer h.close()
	for {
		if err := h.block(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for {
			_, ok, err := h.next()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
		}
	}
}

func (h *holdReader) damaged() error { return fmt.Errorf("%s: %w", h.f.Name(), errDamaged) }

func (h *holdReader) close() error {
	if h.r != nil {
		readers.put(h.r)
		h.r = nil
	}
	return h.f.Close()
}

func grow(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, n+n/4)
	}
	return b[:n]
}
