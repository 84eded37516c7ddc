// Package csv reads and writes CSV and TSV: RFC 4180 with a header, fields
// parted by a comma or a tab.
//
// A row ends at a \n or \r\n outside of quotes; a quote opens a field only
// where the field begins, elsewhere in a field without quotes it is text. In a
// field in quotes, "" is one. A byte-order mark at the start of the file is
// removed. Lines without a byte are blank: counted, but no rows. Line numbers
// are those of the lines that rows begin on; the header is line 1.
//
// The header names the fields; one without a name is called "Unnamed: 3" by
// its place from 0, as pandas does. Every value is text, as it was read: no
// number loses digits, no code its leading zeros. A field of no bytes is null,
// and one of two quotes is the empty text.
//
// These rows can't be read, each alone: other fields in number than the
// header, text between a closing quote and the next delimiter, bytes that are
// no UTF-8, a quote that is never closed (its row takes the rest of the file).
//
// Writing is the inverse: null and missing members are empty, an empty text is
// two quotes, lists and objects are JSON text, and all else is the text or
// JSON of the value. Quotes are put where a field needs them. See Sketch.
package csv

import (
	"context"
	"fmt"
	"io"

	"corpusmill/storage"
	"corpusmill/storage/codec"
	"corpusmill/storage/object"
)

// Format is the storage.Format of CSV or of TSV. A segment's rows are those
// that begin in so many bytes of the file; record.ID.Pos is a row's offset.
type Format struct {
	name  string
	ext   string
	delim byte
	cuts  *memo
}

func init() {
	storage.Register(Format{"csv", ".csv", ',', &memo{}})
	storage.Register(Format{"tsv", ".tsv", '\t', &memo{}})
}

// Name is "csv" or "tsv".
func (f Format) Name() string { return f.name }

// Extensions is ".csv" or ".tsv".
func (f Format) Extensions() []string { return []string{f.ext} }

// seekable says whether a file's rows can be reached without reading those
// before them.
func seekable(f storage.File) bool {
	return f.Codec == storage.Plain && f.Size >= 0 && f.Path != "-"
}

// Open starts to read a split, one that Splits has made or several that
// adjoin.
func (f Format) Open(ctx context.Context, file storage.File, s storage.Split, o storage.ReadOptions) (storage.Reader, error) {
	if o.Segment <= 0 || o.MaxRow <= 0 {
		return nil, fmt.Errorf("%s: segment size %d and longest row %d must be above 0", file.Path, o.Segment, o.MaxRow)
	}
	if !seekable(file) {
		if s.Start != 0 || s.End >= 0 {
			return nil, fmt.Errorf("%s: can't be read from byte %d to %d: it is read as a whole", file.Path, s.Start, s.End)
		}
		src, err := codec.Open(ctx, file)
		if err != nil {
			return nil, err
		}
		head, rest, err := readHeader(file.Path, src, f.delim)
		if err != nil {
			src.Close()
			return nil, err
		}
		return newReader(ctx, f.delim, file, s, o, head, rest, src), nil
	}
	src, err := object.OpenFile(ctx, file)
	if err != nil {
		return nil, err
	}
	if s.End >= 0 {
		src.Until(s.End)
	}
	head, rest, err := readHeader(file.Path, io.NewSectionReader(src, 0, file.Size), f.delim)
	if err == nil && s.Start > 0 {
		rest, err = startAt(file, src, s.Start)
	}
	if err != nil {
		src.Close()
		return nil, err
	}
	return newReader(ctx, f.delim, file, s, o, head, rest, src), nil
}

// startAt returns a reader from the row on that begins at start.
func startAt(file storage.File, src io.ReaderAt, start int64) (io.Reader, error) {
	var before [1]byte
	if _, err := src.ReadAt(before[:], start-1); err != nil && err != io.EOF {
		return nil, err
	}
	if before[0] != '\n' {
		return nil, fmt.Errorf("%s: no row begins at byte %d: %w", file.Path, start, storage.ErrChanged)
	}
	return io.NewSectionReader(src, start, file.Size-start), nil
}
