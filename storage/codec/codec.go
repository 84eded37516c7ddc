// Package codec reads and writes files that are compressed as a whole: gzip
// and zstd.
package codec

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"corpusmill/storage"
	"corpusmill/storage/object"
)

// MaxWindow is the largest zstd window, in bytes, that is read. Encoders go
// beyond it only when asked to (zstd --ultra --long=28).
const MaxWindow = 128 << 20

var endings = []struct {
	ext   string
	codec storage.Codec
}{
	{".gz", storage.Gzip}, {".gzip", storage.Gzip},
	{".zst", storage.Zstd}, {".zstd", storage.Zstd},
}

// ByName splits a codec's ending off a file name. A name without one is
// Plain.
func ByName(name string) (base string, c storage.Codec) {
	for _, e := range endings {
		if len(name) > len(e.ext) && strings.EqualFold(name[len(name)-len(e.ext):], e.ext) {
			return name[:len(name)-len(e.ext)], e.codec
		}
	}
	return name, storage.Plain
}

// Detect says how a file is compressed from its first bytes, 16 or all when
// it has fewer, and the codec of its name. What the bytes say counts: a
// compressed file with a plain name is compressed, and one whose name says
// compressed but which begins like text is plain.
func Detect(head []byte, named storage.Codec) storage.Codec {
	switch {
	case bytes.HasPrefix(head, []byte{0x1F, 0x8B}):
		return storage.Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xB5, 0x2F, 0xFD}):
		return storage.Zstd
	case len(head) >= 4 && head[0]>>4 == 5 && bytes.Equal(head[1:4], []byte{0x2A, 0x4D, 0x18}): // skippable frame
		return storage.Zstd
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		return storage.Plain
	}
	return named
}

// Open opens a file or object, or standard input for the path "-", and
// decompresses it. Of standard input and pipes the codec is found by Detect,
// with that of file for the name's. Errors of the reader name the file and the uncompressed offset that
// was reached; what it gave before is right unless the error says checksum.
func Open(ctx context.Context, file storage.File) (io.ReadCloser, error) {
	if file.Path == "-" {
		return sniff("standard input", io.NopCloser(os.Stdin), file.Codec)
	}
	f, err := object.OpenFile(ctx, file)
	if err != nil {
		return nil, err
	}
	if !f.Regular() {
		return sniff(file.Path, f, file.Codec)
	}
	return closing(file.Path, f, f, file.Codec)
}

func sniff(name string, f io.ReadCloser, c storage.Codec) (io.ReadCloser, error) {
	r := bufio.NewReader(f)
	head, _ := r.Peek(16) // an error comes again with the first read
	return closing(name, r, f, Detect(head, c))
}

// closing is a Reader of r that closes f.
func closing(name string, r io.Reader, f io.Closer, c storage.Codec) (io.ReadCloser, error) {
	d, err := NewReader(name, r, c)
	if err != nil {
		f.Close()
		return nil, err
	}
	d.close = f.Close
	return d, nil
}

// Reader decompresses one stream.
type Reader struct {
	name  string
	r     io.Reader
	off   int64
	err   error
	zstd  *zstd.Decoder
	close func() error
}

// NewReader decompresses r; name stands for it in errors. Closing the Reader
// doesn't close r.
func NewReader(name string, r io.Reader, c storage.Codec) (*Reader, error) {
	d := &Reader{name: name}
	switch c {
	case storage.Plain:
		d.r = r
	case storage.Gzip:
		z, err := gzip.NewReader(r)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // not even a header
		}
		if err != nil {
			return nil, d.explain(err)
		}
		d.r = z
	case storage.Zstd:
		z, err := zstd.NewReader(r,
			zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(MaxWindow),
			zstd.WithDecoderMaxMemory(1<<62)) // a frame may declare any size; the window bounds memory
		if err != nil {
			return nil, d.explain(err)
		}
		d.r, d.zstd = z, z
	default:
		return nil, fmt.Errorf("%s: unknown codec %q", name, c)
	}
	return d, nil
}

func (d *Reader) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.r.Read(p)
	d.off += int64(n)
	if err != nil && err != io.EOF {
		err = d.explain(err)
	}
	d.err = err
	return n, err
}

// Close releases the decoder and the file that Open opened. It may be called
// more than once.
func (d *Reader) Close() error {
	if d.zstd != nil {
		d.zstd.Close()
		d.zstd = nil
	}
	d.err = os.ErrClosed
	if d.close == nil {
		return nil
	}
	c := d.close
	d.close = nil
	return c()
}

// explain says in the user's words what a decoder found.
func (d *Reader) explain(err error) error {
	what := "damaged"
	var path *os.PathError
	switch {
	case errors.As(err, &path):
		what = "can't be read"
	case errors.Is(err, io.ErrUnexpectedEOF):
		what = "truncated: fetch the file again or restore it from a copy"
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		what = "damaged (checksum)"
	case errors.Is(err, gzip.ErrHeader) && d.off == 0:
		what = "not a gzip file"
	case errors.Is(err, gzip.ErrHeader):
		what = "damaged: what follows the last gzip member is no gzip member"
	case errors.Is(err, zstd.ErrMagicMismatch) && d.off == 0:
		what = "not a zstd file"
	case errors.Is(err, zstd.ErrMagicMismatch):
		what = "damaged: what follows the last zstd frame is no zstd frame"
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		what = fmt.Sprintf("its zstd window is above %d MiB: compress it again without --ultra --long", MaxWindow>>20)
	case errors.Is(err, zstd.ErrUnknownDictionary):
		what = "compressed with a zstd dictionary, which isn't supported: compress it again without one"
	}
	return fmt.Errorf("%s: at uncompressed byte %d: %s: %w", d.name, d.off, what, err)
}
