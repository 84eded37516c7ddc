package parquet

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// WriterOptions has defaults for its zero values.
type WriterOptions struct {
	GroupRows  int // most rows in a row group; 65,536 when 0
	GroupBytes int // memory that a row group may take before it is written; 64 MiB when 0
}

// Writer writes rows as one Parquet file: pages of about 1 MiB, compressed
// with zstd at level 3, dictionaries where they are small. The bytes depend
// on the rows, the schema and the options alone. It holds one row group in
// memory.
type Writer struct {
	opts  WriterOptions
	tree  *tree
	file  *file.Writer
	shred *shredder
	total int64
	rows  int // in shred
	bytes int // of their text
	err   error
}

// NewWriter starts a file with the columns of s on w, which it doesn't close.
func NewWriter(w io.Writer, s *Schema, o WriterOptions) (*Writer, error) {
	o.GroupRows = cmp.Or(o.GroupRows, 65_536)
	o.GroupBytes = cmp.Or(o.GroupBytes, 64<<20)
	props := parquet.NewWriterProperties(
		parquet.WithCreatedBy("corpusmill"),
		parquet.WithCompression(compress.Codecs.Zstd),
		parquet.WithCompressionLevel(3),
		parquet.WithDataPageSize(pageBytes),
		parquet.WithVersion(parquet.V2_LATEST),
	)
	fw, err := file.NewParquetWriterWithError(onlyWriter{w}, s.group, file.WithWriterProps(props), file.WithWriteMetadata(s.meta))
	if err != nil {
		return nil, err
	}
	return &Writer{opts: o, tree: s.tree, file: fw, shred: newShredder(len(s.tree.leaves))}, nil
}

// onlyWriter hides Close from the file writer.
type onlyWriter struct{ io.Writer }

// levelBytes is about what a level and its value take besides text.
const levelBytes = 40

// WriteJSON adds a row, one JSON object, which it doesn't keep. An error
// ends the file: the row isn't among those that the schema was made for, or
// the disk is full.
func (w *Writer) WriteJSON(row []byte) error {
	if w.err != nil {
		return w.err
	}
	row = bytes.TrimSpace(row)
	if len(row) == 0 {
		row = []byte{0}
	}
	if err := w.shred.object(w.tree.root, row, 0); err != nil {
		w.err = fmt.Errorf("row %d doesn't fit the Parquet schema: %w", w.total, err)
		return w.err
	}
	w.total++
	w.rows++
	w.bytes += len(row)
	if w.rows >= w.opts.GroupRows || w.bytes+levelBytes*w.shred.levels >= w.opts.GroupBytes {
		w.err = w.flush()
	}
	return w.err
}

// Close writes what is left and the footer. A file without rows has no row
// group.
func (w *Writer) Close() error {
	if w.file == nil {
		return nil
	}
	err := w.err
	if err == nil && w.rows > 0 {
		err = w.flush()
	}
	if err == nil {
		err = w.sortEncodings()
	}
	if err == nil {
		err = w.file.Close()
	}
	w.file = nil
	w.err = errors.New("the Parquet writer is closed")
	return err
}

// sortEncodings puts what the footer says of a column's encodings in order:
// the library lists them in that of a Go map.
func (w *Writer) sortEncodings() error {
	meta, err := w.file.FileMetadata()
	if err != nil {
		return err
	}
	for _, g := range meta.RowGroups {
		for _, c := range g.Columns {
			e := c.MetaData.EncodingStats
			sort.Slice(e, func(i, j int) bool {
				return e[i].PageType < e[j].PageType || e[i].PageType == e[j].PageType && e[i].Encoding < e[j].Encoding
			})
		}
	}
	return nil
}

// flush writes the rows held as a row group.
func (w *Writer) flush() (err error) {
	defer recovered(&err, "the Parquet row group can't be written")
	g, err := w.file.AppendRowGroupChecked()
	if err != nil {
		return err
	}
	for i := range w.shred.cols {
		c, err := g.NextColumn()
		if err != nil {
			return err
		}
		if err := writeColumn(c, &w.shred.cols[i]); err != nil {
			return fmt.Errorf("column %s: %w", w.tree.leaves[i].name, err)
		}
		if err := c.Close(); err != nil {
			return err
		}
		w.shred.cols[i].reset()
	}
	w.rows, w.bytes, w.shred.levels = 0, 0, 0
	return g.Close()
}

func writeColumn(c file.ColumnChunkWriter, v *column) error {
	var err error
	switch c := c.(type) {
	case *file.BooleanColumnChunkWriter:
		_, err = c.WriteBatch(v.bools, v.def, v.rep)
	case *file.Int32ColumnChunkWriter:
		_, err = c.WriteBatch(v.i32, v.def, v.rep)
	case *file.Int64ColumnChunkWriter:
		_, err = c.WriteBatch(v.i64, v.def, v.rep)
	case *file.Int96ColumnChunkWriter:
		_, err = c.WriteBatch(v.i96, v.def, v.rep)
	case *file.Float32ColumnChunkWriter:
		_, err = c.WriteBatch(v.f32, v.def, v.rep)
	case *file.Float64ColumnChunkWriter:
		_, err = c.WriteBatch(v.f64, v.def, v.rep)
	case *file.ByteArrayColumnChunkWriter:
		err = writeBytes(v, c.Descr().MaxDefinitionLevel(), func(vals []parquet.ByteArray, def, rep []int16) error {
			_, err := c.WriteBatch(vals, def, rep)
			return err
		})
	case *file.FixedLenByteArrayColumnChunkWriter:
		err = writeBytes(v, c.Descr().MaxDefinitionLevel(), func(vals []parquet.FixedLenByteArray, def, rep []int16) error {
			_, err := c.WriteBatch(vals, def, rep)
			return err
		})
	default:
		return errors.New("the column's type isn't supported")
	}
	return err
}

const pageBytes = 1 << 20

// writeBytes writes a column of byte values in pieces of about a page, cut
// between rows: a page ends only between calls of write.
func writeBytes[T ~[]byte](v *column, maxDef int16, write func(vals []T, def, rep []int16) error) error {
	var vals []T
	levels := len(v.off) - 1
	if len(v.def) > 0 {
		levels = len(v.def)
	}
	val, from, size := 0, 0, 0
	flush := func(to int) error {
		var def, rep []int16
		if len(v.def) > 0 {
			def = v.def[from:to]
		}
		if len(v.rep) > 0 {
			rep = v.rep[from:to]
		}
		err := write(vals, def, rep)
		vals, from, size = vals[:0], to, 0
		return err
	}
	for i := range levels {
		if size >= pageBytes && (len(v.rep) == 0 || v.rep[i] == 0) {
			if err := flush(i); err != nil {
				return err
			}
		}
		if len(v.def) > 0 && v.def[i] != maxDef {
			continue
		}
		b := v.data[v.off[val]:v.off[val+1]]
		vals = append(vals, T(b))
		size += len(b)
		val++
	}
	return flush(levels)
}
