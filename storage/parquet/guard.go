package parquet

import (
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
)

const (
	// maxPage is the most that a page may unpack to whatever its size, and
	// pageRatio how much more a large one may: pages of long texts reach
	// hundreds of megabytes, and a small file claims no such page.
	maxPage   = 64 << 20
	pageRatio = 64
	// maxPageBytes is the decoder's own limit on any page.
	maxPageBytes = 1 << 30

	headerBytes    = 1 << 10
	maxHeaderBytes = 4 << 20
)

func readerProperties() *parquet.ReaderProperties {
	p := parquet.NewReaderProperties(nil)
	p.BufferedStreamEnabled = true
	p.MaxCompressedPageSize = maxPageBytes
	p.MaxUncompressedPageSize = maxPageBytes
	return p
}

// guard is the file as the page decoder sees it. It lets a page through only
// when its header is plausible and its checksum, if there is one, is right.
// Bytes outside the guarded chunks pass unseen; the footer is checked apart.
type guard struct {
	io.ReaderAt
	io.Seeker
	chunks []*chunkGuard // by position
	leaves []*chunkGuard // the same by column
	closer io.Closer
}

// chunkGuard walks the pages of one column chunk in step with the decoder.
type chunkGuard struct {
	column     string
	start, end int64
	values     int64 // not yet seen in pages
	width      int64 // fewest bytes of a dictionary entry
	packed     bool  // compressed
	next       int64 // where the first unseen page begins; what precedes is sound
	buf        []byte
	bufAt      int64 // file position of buf
}

// Close closes the file.
func (g *guard) Close() error { return g.closer.Close() }

// set guards the chunks of one row group.
func (g *guard) set(ft *footer, group int) error {
	g.leaves = g.leaves[:0]
	md := ft.meta.RowGroup(group)
	for j, span := range ft.groups[group].chunks {
		col, err := md.ColumnChunk(j)
		if err != nil {
			return err
		}
		desc := ft.meta.Schema.Column(j)
		g.leaves = append(g.leaves, &chunkGuard{
			column: desc.Path(), start: span.start, end: span.end, next: span.start, values: span.values,
			width: entryWidth(desc.PhysicalType(), desc.TypeLength()), packed: col.Compression() != compress.Codecs.Uncompressed,
		})
	}
	g.chunks = append(g.chunks[:0], g.leaves...)
	slices.SortFunc(g.chunks, func(a, b *chunkGuard) int { return cmp.Compare(a.start, b.start) })
	return nil
}

// unseen is the number of values of a column that no page had.
func (g *guard) unseen(leaf int) int64 { return g.leaves[leaf].values }

// entryWidth is the size of a value in plain encoding, without the bytes of
// a variable one.
func entryWidth(t parquet.Type, length int) int64 {
	switch t {
	case parquet.Types.Int64, parquet.Types.Double:
		return 8
	case parquet.Types.Int96:
		return 12
	case parquet.Types.FixedLenByteArray:
		return max(1, int64(length))
	}
	return 4
}

// ReadAt reads as the file does, and fails where the bytes belong to a page
// that isn't sound.
func (g *guard) ReadAt(p []byte, off int64) (int, error) {
	i, found := slices.BinarySearchFunc(g.chunks, off, func(c *chunkGuard, off int64) int { return cmp.Compare(c.start, off) })
	if !found {
		i--
	}
	if i < 0 || off >= g.chunks[i].end {
		return g.ReaderAt.ReadAt(p, off)
	}
	c := g.chunks[i]
	for off >= c.next {
		if err := c.page(g.ReaderAt); err != nil {
			return 0, fmt.Errorf("column %s, page at byte %d: %w", c.column, c.next, err)
		}
	}
	p = p[:min(int64(len(p)), c.next-off)]
	if off >= c.bufAt && off < c.bufAt+int64(len(c.buf)) {
		return copy(p, c.buf[off-c.bufAt:]), nil
	}
	return g.ReaderAt.ReadAt(p, off)
}

// page checks the page at c.next and moves past it. A page with a checksum
// is kept in c.buf.
func (c *chunkGuard) page(r io.ReaderAt) error {
	h, n, err := c.header(r)
	if err != nil {
		return err
	}
	if err := c.plausible(h, int64(n)); err != nil {
		return err
	}
	size := int64(n) + h.compressed
	if h.hasCRC {
		c.bufAt = c.next
		c.buf = slices.Grow(c.buf[:0], int(size))[:size]
		if err := readFull(r, c.buf, c.next); err != nil {
			return err
		}
		if got := crc32.ChecksumIEEE(c.buf[n:]); got != h.crc {
			return fmt.Errorf("its checksum is %08x and should be %08x: the file is damaged", got, h.crc)
		}
	}
	c.next += size
	return nil
}

// header reads the page header at c.next.
func (c *chunkGuard) header(r io.ReaderAt) (h pageHeader, n int, err error) {
	for want := int64(headerBytes); ; want *= 4 {
		c.bufAt = c.next
		have := min(want, c.end-c.next)
		c.buf = slices.Grow(c.buf[:0], int(have))[:have]
		if err := readFull(r, c.buf, c.next); err != nil {
			return h, 0, err
		}
		h, n, err = parsePageHeader(c.buf)
		if errors.Is(err, errThriftShort) && have == want && want < maxHeaderBytes {
			continue
		}
		if err != nil {
			return h, 0, fmt.Errorf("the page header is damaged: %w", err)
		}
		c.buf = c.buf[:0]
		return h, n, nil
	}
}

func (c *chunkGuard) plausible(h pageHeader, n int64) error {
	damaged := func(format string, a ...any) error {
		return fmt.Errorf("the page header is damaged: "+format, a...)
	}
	switch {
	case h.compressed < 0 || h.compressed > c.end-c.next-n:
		return damaged("%d bytes of data where the column has %d left", h.compressed, c.end-c.next-n)
	case h.uncompressed < 0 || !c.packed && !h.v2 && h.uncompressed != h.compressed:
		return damaged("it unpacks from %d bytes to %d", h.compressed, h.uncompressed)
	case h.uncompressed > max(maxPage, min(pageRatio*h.compressed, maxPageBytes)):
		return fmt.Errorf("%d bytes unpack to %d, more than is taken on trust; write the file with smaller pages", h.compressed, h.uncompressed)
	}
	switch h.typ {
	case dataPage, dataPageV2:
		if h.typ == dataPage && !h.v1 || h.typ == dataPageV2 && !h.v2 {
			return damaged("a data page without its header")
		}
		if h.values < 0 || h.values > c.values {
			return damaged("%d values where the column has %d left", h.values, c.values)
		}
		c.values -= h.values
		if h.defBytes < 0 || h.repBytes < 0 || h.defBytes+h.repBytes > min(h.compressed, h.uncompressed) {
			return damaged("%d and %d bytes of levels in a page of %d", h.defBytes, h.repBytes, h.uncompressed)
		}
	case dictionaryPage:
		if !h.dict {
			return damaged("a dictionary page without its header")
		}
		if h.values < 0 || h.values > h.uncompressed/c.width {
			return damaged("%d dictionary entries in %d bytes", h.values, h.uncompressed)
		}
		if c.next != c.start {
			return damaged("a second dictionary")
		}
	case indexPage:
	default:
		return damaged("unknown page type %d", h.typ)
	}
	return nil
}

func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
