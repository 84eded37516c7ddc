package exec

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"corpusmill/storage"
	"corpusmill/storage/codec"
	"corpusmill/storage/object"
)

// Verify reads the result again and compares it with the manifest: the files'
// bytes, and for JSON Lines the rows' digest; or reads an index to see whether
// it is whole. The error is an AccountError
// when they differ.
func (f *Finished) Verify(ctx context.Context) error {
	if f.Plan.MakesIndex() {
		if err := CheckIndex(f.Plan.Output.Path); err != nil {
			return &AccountError{err}
		}
		return nil
	}
	var digest Digest
	for _, o := range f.Manifest.Output {
		sum, err := hashFile(ctx, o.Path)
		if err != nil {
			return err
		}
		if sum != o.Sum {
			return &AccountError{fmt.Errorf("%s isn't what the run wrote: its hash is %s, the manifest has %s", o.Path, sum, o.Sum)}
		}
		if f.Plan.Output.Format != "jsonl" {
			continue
		}
		if err := digestFile(ctx, o.Path, f.Plan.Output.Codec, &digest); err != nil {
			return err
		}
	}
	if f.Plan.Output.Format == "jsonl" && digest.String() != f.Manifest.Digest {
		return &AccountError{fmt.Errorf("the rows' digest is %s, the manifest has %s", digest, f.Manifest.Digest)}
	}
	return nil
}

func hashFile(ctx context.Context, path string) (string, error) {
	f, err := object.Open(ctx, path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := xxh3.New()
	if _, err := io.Copy(h, contextReader{ctx, f}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum128().Bytes()), nil
}

func digestFile(ctx context.Context, path string, c storage.Codec, d *Digest) error {
	r, err := codec.Open(ctx, storage.File{Path: path, Codec: c})
	if err != nil {
		return err
	}
	defer r.Close()
	return eachLine(contextReader{ctx, r}, func(line []byte) error {
		d.Add(line)
		return nil
	})
}

// eachLine calls fn for the lines of r, without their newlines.
func eachLine(r io.Reader, fn func(line []byte) error) error {
	b := bufio.NewReaderSize(r, 1<<20)
	var long []byte
	for {
		line, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = long[:0]
			for errors.Is(err, bufio.ErrBufferFull) {
				long = append(long, line...)
				line, err = b.ReadSlice('\n')
			}
			long = append(long, line...)
			line = long
		}
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err := fn(bytes.TrimSuffix(line, newline)); err != nil {
			return err
		}
	}
}

// contextReader ends with the context's error.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
