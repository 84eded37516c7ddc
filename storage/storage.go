// Package storage says what a dataset format is: how a file is cut into
// splits, and how a split is read as batches of records. One package below
// this one implements each format.
package storage

import (
	"context"
	"errors"
	"fmt"

	"corpusmill/record"
)

// File is one input file as planning found it. Its place in the plan's list
// is its ordinal, record.ID.Src.
type File struct {
	Path   string `json:"path"`          // "-" for standard input
	Size   int64  `json:"size"`          // bytes as stored; -1 when unknown
	Mod    int64  `json:"mod"`           // modification time, Unix nanoseconds
	Tag    string `json:"tag,omitempty"` // of an object's content; "" for a file
	Format string `json:"format"`
	Codec  Codec  `json:"codec,omitempty"`
	// Indexed says that the file isn't read: an index has the keys of its rows.
	Indexed bool `json:"indexed,omitempty"`
}

// Stored is how many bytes the files have as stored, as far as is known.
func Stored(files []File) (n int64) {
	for _, f := range files {
		n += max(f.Size, 0)
	}
	return n
}

// Codec is how a file's bytes are compressed as a whole.
type Codec string

const (
	Plain Codec = ""
	Gzip  Codec = "gzip"
	Zstd  Codec = "zstd"
)

// Split is what one task reads: the rows that begin at positions Start to
// End. Positions are those of record.ID.Pos. A split covers whole segments.
type Split struct {
	Src   uint32 `json:"src"`
	Seg   int    `json:"seg"`   // ordinal within the file of the first segment
	Start int64  `json:"start"` // inclusive
	End   int64  `json:"end"`   // exclusive; -1 for the end of the file
	// Packed is where, in the bytes as stored, to begin to decompress, and Lead
	// how many uncompressed bytes come from there before those that Start asks
	// for. Packed is 0 for the begin of the file.
	Packed int64 `json:"packed,omitempty"`
	Lead   int64 `json:"lead,omitempty"`
}

// ReadOptions are the same for all splits of a run.
type ReadOptions struct {
	Fields  *record.Fields
	Segment int64 // bytes of uncompressed input in a segment, the grain of commit and resume
	MaxRow  int64 // a longer row is handed out as one that fails Seek with ErrTooLong
}

// ErrTooLong is Seek's error for a row above ReadOptions.MaxRow. Raw then
// holds the row's first bytes only.
type ErrTooLong struct{ Bytes, Max int64 }

// Size is the row's length.
func (e ErrTooLong) Size() int64 { return e.Bytes }

func (e ErrTooLong) Error() string {
	return fmt.Sprintf("row of %d bytes is longer than --max-row %d", e.Bytes, e.Max)
}

// ErrChanged is in the errors of a reader whose file isn't what it was when
// the run was planned.
var ErrChanged = errors.New("the file has changed since the run was planned")

// Format reads one kind of file.
type Format interface {
	// Name is the format's name in File.Format, and Extensions the file name
	// endings that mean it, without codec, with the dot.
	Name() string
	Extensions() []string
	// Splits cuts a file for up to that many tasks at once; segment is as in
	// ReadOptions. A file that can't be cut is one split. The splits are in
	// order, without gaps. It may read the file's header or footer; an error
	// names the file and says what is wrong with it.
	Splits(f File, src uint32, segment int64) ([]Split, error)
	// Open starts to read a split. The reader is used by one goroutine.
	Open(ctx context.Context, f File, s Split, o ReadOptions) (Reader, error)
}

// Reader hands out the batches of a split in order.
type Reader interface {
	// Next returns the next batch, or io.EOF after the last. The batch is
	// valid until the next call. Any other error means that the file is
	// damaged or can't be read: it names the file and the position, and what
	// was handed out before was right.
	Next() (*Batch, error)
	// Close releases what Open took. It may be called more than once.
	Close() error
}

// Batch is some thousand records of one segment that share one buffer.
type Batch struct {
	Rows  record.Rows
	Seg   int   // ordinal within the file of the segment; a batch never spans two
	Bytes int64 // uncompressed input bytes that the batch stands for
	Lines int64 // lines, blank ones included; rows for formats without lines
	Blank int64 // blank lines
}
