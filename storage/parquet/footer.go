package parquet

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"corpusmill/storage"
	"corpusmill/storage/object"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

const (
	magic = "PAR1"
	// maxFooter bounds the metadata that is decoded; a file with 1,000 row
	// groups of 1,000 columns has some 100 MiB less.
	maxFooter = 128 << 20
	// maxSchemaDepth bounds how deep columns nest; readers of the schema
	// recurse.
	maxSchemaDepth = 100
	// maxDictHeader is what old writers left out of a chunk's size.
	maxDictHeader = 100
)

// footer is the checked metadata of a file: all sizes lie within the file
// and all counts agree. It is read-only and shared by readers.
type footer struct {
	meta   *metadata.FileMetaData
	schema *tree
	groups []rowGroup
}

type rowGroup struct {
	first  int64 // the file's row that it begins with
	rows   int64
	bytes  int64 // uncompressed
	chunks []chunkSpan
}

// chunkSpan is where the pages of one column of a row group lie.
type chunkSpan struct {
	start, end int64
	values     int64
}

// footers remembers the last few footers, as each split of a file is opened
// apart.
var footers struct {
	sync.Mutex
	last []cachedFooter
}

type cachedFooter struct {
	of object.Info
	ft *footer
}

const keepFooters = 4

// openFooter returns f's footer and the open file, which the caller closes.
func openFooter(ctx context.Context, f storage.File) (object.File, *footer, error) {
	if f.Path == "-" {
		return nil, nil, errors.New("standard input can't be read as Parquet, which needs a file to seek in; give a path")
	}
	if f.Codec != storage.Plain {
		return nil, nil, fmt.Errorf("%s: a Parquet file inside %s can't be read in parts; unpack it", f.Path, f.Codec)
	}
	fd, err := object.OpenFile(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	ft, err := cachedOrRead(fd)
	if err != nil {
		fd.Close()
		return nil, nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return fd, ft, nil
}

func cachedOrRead(fd object.File) (*footer, error) {
	key := fd.Info()
	footers.Lock()
	i := slices.IndexFunc(footers.last, func(c cachedFooter) bool { return c.of == key })
	if i >= 0 {
		defer footers.Unlock()
		return footers.last[i].ft, nil
	}
	footers.Unlock()
	ft, err := readFooter(fd, key.Size)
	if err != nil {
		return nil, err
	}
	footers.Lock()
	defer footers.Unlock()
	if len(footers.last) == keepFooters {
		footers.last = slices.Delete(footers.last, 0, 1)
	}
	footers.last = append(footers.last, cachedFooter{key, ft})
	return ft, nil
}

// readFooter decodes and checks the metadata at the end of a file.
func readFooter(r parquet.ReaderAtSeeker, size int64) (ft *footer, err error) {
	defer recovered(&err, "the metadata is damaged")
	buf, err := footerBytes(r, size)
	if err != nil {
		return nil, err
	}
	if err := prescan(buf); err != nil {
		return nil, fmt.Errorf("the metadata is damaged: %w", err)
	}
	pf, err := file.NewParquetReader(r, file.WithReadProps(readerProperties()))
	if err != nil {
		return nil, fmt.Errorf("the metadata can't be read: %w", err)
	}
	ft = &footer{meta: pf.MetaData()}
	if ft.schema, err = newTree(ft.meta.Schema.Root()); err != nil {
		return nil, err
	}
	if err := ft.check(size - int64(len(buf)) - 8); err != nil {
		return nil, err
	}
	return ft, nil
}

func footerBytes(r io.ReaderAt, size int64) ([]byte, error) {
	var tail [8]byte
	if size < 12 {
		return nil, fmt.Errorf("no Parquet file: %d bytes are too few", size)
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil {
		return nil, err
	}
	switch string(tail[4:]) {
	case magic:
	case "PARE":
		return nil, errors.New("the file is encrypted, which isn't supported; decrypt it first")
	default:
		return nil, errors.New("no Parquet file, or one cut short: it doesn't end in PAR1")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if n > size-12 {
		return nil, fmt.Errorf("the metadata is damaged: it claims %d bytes in a file of %d", n, size)
	}
	if n > maxFooter {
		return nil, fmt.Errorf("the metadata has %d bytes, above the limit of %d; write the file with larger row groups", n, maxFooter)
	}
	buf := make([]byte, n)
	if _, err := r.ReadAt(buf, size-8-n); err != nil {
		return nil, err
	}
	return buf, nil
}

// prescan walks the whole metadata, so that no count in it exceeds the bytes
// that could hold it, and checks the shape of the schema.
func prescan(buf []byte) error {
	c := compact{buf: buf}
	var children []int64
	var rowGroups bool
	c.fields(0, func(id int16, typ byte) bool {
		rowGroups = rowGroups || id == 4 && typ == thriftList
		if id != 2 || typ != thriftList {
			return false
		}
		n, elem := c.list()
		if elem != thriftStruct {
			c.fail("the schema is no list of elements")
		}
		for i := 0; i < n && c.err == nil; i++ {
			var kids int64
			c.fields(1, func(id int16, typ byte) bool {
				if id != 5 || typ != thriftI32 {
					return false
				}
				kids = c.int()
				return true
			})
			children = append(children, kids)
		}
		return true
	})
	if c.err != nil {
		return c.err
	}
	if !rowGroups {
		return errors.New("it lists no row groups")
	}
	return checkShape(children)
}

// checkShape takes the number of children of each schema element in
// depth-first order.
func checkShape(children []int64) error {
	if len(children) == 0 {
		return errors.New("it has no schema")
	}
	open := make([]int64, 0, 8) // children still to come at each depth
	for i, n := range children {
		if n < 0 || n > int64(len(children)) {
			return fmt.Errorf("schema element %d claims %d children", i, n)
		}
		for len(open) > 0 && open[len(open)-1] == 0 {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			open[len(open)-1]--
		} else if i > 0 {
			return fmt.Errorf("schema element %d belongs to no group", i)
		}
		if n > 0 || i == 0 {
			open = append(open, n)
		}
		if len(open) > maxSchemaDepth {
			return fmt.Errorf("the schema nests more than %d deep", maxSchemaDepth)
		}
	}
	for _, n := range open {
		if n > 0 {
			return errors.New("the schema ends too early")
		}
	}
	return nil
}

// check holds sizes against dataEnd, where the metadata begins, and counts
// against each other.
func (ft *footer) check(dataEnd int64) error {
	old := ft.meta.WriterVersion().LessThan(metadata.Parquet816FixedVersion)
	leaves := ft.meta.Schema.NumColumns()
	var spans []*chunkSpan
	var row int64
	ft.groups = make([]rowGroup, len(ft.meta.RowGroups))
	for i, g := range ft.meta.RowGroups {
		where := func(err error) error { return fmt.Errorf("row group %d: the metadata is damaged: %w", i, err) }
		if g.NumRows < 0 || g.NumRows > ft.meta.NumRows-row {
			return where(fmt.Errorf("it claims %d rows of the file's %d", g.NumRows, ft.meta.NumRows))
		}
		if len(g.Columns) != leaves {
			return where(fmt.Errorf("it has %d columns, the schema %d", len(g.Columns), leaves))
		}
		rg := &ft.groups[i]
		rg.first, rg.rows = row, g.NumRows
		rg.chunks = make([]chunkSpan, leaves)
		row += g.NumRows
		md := ft.meta.RowGroup(i)
		for j := range leaves {
			span := &rg.chunks[j]
			n, err := checkChunk(ft, md, j, dataEnd, span)
			if err != nil {
				return fmt.Errorf("row group %d, column %s: %w", i, ft.meta.Schema.Column(j).Path(), err)
			}
			rg.bytes += n
			if rg.rows > 0 {
				spans = append(spans, span)
			}
		}
	}
	if row != ft.meta.NumRows {
		return fmt.Errorf("the metadata is damaged: the row groups have %d rows, the file claims %d", row, ft.meta.NumRows)
	}
	if row > 0 && leaves == 0 {
		return fmt.Errorf("the file has %d rows and no columns", row)
	}
	return checkOverlap(spans, dataEnd, old)
}

func checkChunk(ft *footer, md *metadata.RowGroupMetaData, j int, dataEnd int64, span *chunkSpan) (bytes int64, err error) {
	damaged := func(format string, a ...any) (int64, error) {
		return 0, fmt.Errorf("the metadata is damaged: "+format, a...)
	}
	col, err := md.ColumnChunk(j)
	if err != nil {
		return 0, err
	}
	desc := ft.meta.Schema.Column(j)
	if col.CryptoMetadata() != nil {
		return 0, errors.New("the column is encrypted, which isn't supported; decrypt it first")
	}
	if p := col.FilePath(); p != "" {
		return 0, fmt.Errorf("the column lies in another file, %q, which isn't supported; write it as one file", p)
	}
	if col.Type() != desc.PhysicalType() {
		return damaged("the column's type is %s here and %s in the schema", col.Type(), desc.PhysicalType())
	}
	if _, err := compress.GetCodec(col.Compression()); err != nil {
		return 0, fmt.Errorf("compression %s isn't supported; write the file with zstd, snappy, gzip, brotli or lz4_raw", col.Compression())
	}
	span.values = col.NumValues()
	if span.values < 0 ||
		desc.MaxRepetitionLevel() == 0 && span.values != md.NumRows() ||
		span.values < md.NumRows() {
		return damaged("%d values for %d rows", span.values, md.NumRows())
	}
	if col.TotalUncompressedSize() < 0 || col.TotalUncompressedSize() > 1<<62/(int64(len(ft.groups))*int64(md.NumColumns())) {
		return damaged("an uncompressed size of %d", col.TotalUncompressedSize())
	}
	span.start = col.DataPageOffset()
	if col.HasDictionaryPage() && col.DictionaryPageOffset() > 0 {
		span.start = min(span.start, col.DictionaryPageOffset())
	}
	size := col.TotalCompressedSize()
	if md.NumRows() > 0 && (span.start < 4 || size < 1 || span.start > dataEnd || size > dataEnd-span.start) {
		return damaged("the pages lie at %d with %d bytes, the file has %d", span.start, size, dataEnd)
	}
	span.end = span.start + max(size, 0)
	return col.TotalUncompressedSize(), nil
}

// checkOverlap refuses chunks that share bytes: a small file could claim any
// amount of data that way. Chunks of writers that left the dictionary's
// header out of the size get room for it.
func checkOverlap(spans []*chunkSpan, dataEnd int64, old bool) error {
	sorted := slices.SortedFunc(slices.Values(spans), func(a, b *chunkSpan) int { return cmp.Compare(a.start, b.start) })
	for i, s := range sorted {
		next := dataEnd
		if i+1 < len(sorted) {
			next = sorted[i+1].start
		}
		if s.end > next {
			return fmt.Errorf("the metadata is damaged: two columns lie at byte %d", next)
		}
		if old {
			s.end = min(next, s.end+maxDictHeader)
		}
	}
	return nil
}

// recovered turns a panic into an error: decoders of damaged data may panic.
func recovered(err *error, what string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: %v", what, p)
	}
}
