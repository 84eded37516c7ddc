// Package jsonl reads JSON Lines: one JSON object a line.
//
// A row is a line without its line end, \n or \r\n; the last line may lack
// one. A byte-order mark at the start of the file is removed. Lines of
// spaces, tabs and carriage returns only are blank: counted, but no rows.
package jsonl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"corpusmill/record"
	"corpusmill/storage"
	"corpusmill/storage/codec"
	"corpusmill/storage/object"
)

// Format is the storage.Format of JSON Lines.
type Format struct{}

func init() { storage.Register(Format{}) }

// Name is "jsonl".
func (Format) Name() string { return "jsonl" }

// Extensions are the file name endings that mean JSON Lines.
func (Format) Extensions() []string { return []string{".jsonl", ".ndjson", ".json"} }

// Splits cuts a plain file of known size into one split a segment, and a
// compressed one at the first segment of each frame where codec.Places tells
// of frames; any other is one split. It refuses a .json file that holds one
// list.
func (Format) Splits(f storage.File, src uint32, segment int64) ([]storage.Split, error) {
	if segment <= 0 {
		return nil, fmt.Errorf("%s: segment size %d must be above 0", f.Path, segment)
	}
	if err := refuseList(f); err != nil {
		return nil, err
	}
	if f.Codec != storage.Plain && f.Size >= 0 {
		return packedSplits(f, src, segment)
	}
	if !seekable(f) {
		return []storage.Split{{Src: src, End: -1}}, nil
	}
	splits := make([]storage.Split, 0, f.Size/segment+1)
	for at := int64(0); at < f.Size || at == 0; at += segment {
		splits = append(splits, storage.Split{Src: src, Seg: len(splits), Start: at, End: min(at+segment, f.Size)})
	}
	return splits, nil
}

// packedSplits cuts a compressed file. A split begins with the first segment
// that begins in a frame, so that no frame is decompressed for more than two.
// The last one has no end: it reads the file's last checksum, too.
func packedSplits(f storage.File, src uint32, segment int64) ([]storage.Split, error) {
	places, size, err := codec.Places(context.Background(), f)
	if err != nil {
		return nil, err
	}
	splits := []storage.Split{{Src: src, End: -1}}
	if len(places) < 2 {
		return splits, nil
	}
	for i, p := range places[1:] {
		end := size
		if i+2 < len(places) {
			end = places[i+2].Start
		}
		// The byte before a split says whether a line begins with it: it is
		// looked for in the same frame.
		seg := p.Start/segment + 1
		start := seg * segment
		if start > end || start >= size {
			continue
		}
		splits[len(splits)-1].End = start
		splits = append(splits, storage.Split{Src: src, Seg: int(seg), Start: start, End: -1, Packed: p.Packed, Lead: start - 1 - p.Start})
	}
	return splits, nil
}

func seekable(f storage.File) bool {
	return f.Codec == storage.Plain && f.Size >= 0 && f.Path != "-"
}

// refuseList looks at the first byte of a .json file, which may be a document
// of another kind.
func refuseList(f storage.File) error {
	base, _ := codec.ByName(f.Path)
	if f.Size < 0 || !strings.EqualFold(filepath.Ext(base), ".json") { // of a pipe nothing is read twice
		return nil
	}
	r, err := codec.Open(context.Background(), f)
	if err != nil {
		return err
	}
	defer r.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head[:n], mark), " \t\r\n")
	if len(head) > 0 && head[0] == '[' {
		return fmt.Errorf("%s: is one JSON list, not JSON Lines: convert it with  jq -c '.[]' %s > %s.jsonl",
			f.Path, f.Path, strings.TrimSuffix(filepath.Base(base), filepath.Ext(base)))
	}
	return nil
}

// Open starts to read a split.
func (Format) Open(ctx context.Context, f storage.File, s storage.Split, o storage.ReadOptions) (storage.Reader, error) {
	if o.Segment <= 0 || o.MaxRow <= 0 {
		return nil, fmt.Errorf("%s: segment size %d and longest row %d must be above 0", f.Path, o.Segment, o.MaxRow)
	}
	size := int64(bufferBytes)
	if s.End >= 0 {
		size = min(size, s.End-s.Start+tailBytes)
	}
	r := &reader{
		ctx: ctx, file: f, split: s, o: o,
		rows: record.NewJSONRows(o.Fields),
		seg:  -1,
		buf:  make([]byte, size),
		// The byte before the split says whether a line begins with it.
		pos:    max(s.Start-1, 0),
		inLine: s.Start > 0,
	}
	r.batch.Rows = r.rows
	if !seekable(f) {
		r.skip = r.pos
		open := func() (io.ReadCloser, error) { return codec.Open(ctx, f) }
		if s.Packed > 0 {
			r.skip = s.Lead
			open = func() (io.ReadCloser, error) {
				return codec.OpenAt(ctx, f, codec.Place{Packed: s.Packed, Start: r.pos - s.Lead})
			}
		}
		src, err := open()
		if err != nil {
			return nil, err
		}
		r.src, r.closer = src, src
		return r, nil
	}
	file, err := object.OpenFile(ctx, f)
	if err != nil {
		return nil, err
	}
	if s.End >= 0 {
		file.Until(s.End + tailBytes)
	}
	r.src, r.closer = io.NewSectionReader(file, r.pos, f.Size-r.pos), file
	return r, nil
}
