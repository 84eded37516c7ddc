package parquet

import (
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// cappedCodec decompresses a page into exactly the memory that the page's
// header asked for. Frames say how long they are, and the library's own codecs
// believe them, whatever the header says.
type cappedCodec struct {
	compress.Codec
	decode func(dst, src []byte) ([]byte, error)
}

// Decode serves callers that know no errors: nil stands for damaged data,
// and its length is never what the page header says.
func (c cappedCodec) Decode(dst, src []byte) []byte {
	out, err := c.DecodeWithError(dst, src)
	if err != nil {
		return nil
	}
	return out
}

func (c cappedCodec) DecodeWithError(dst, src []byte) ([]byte, error) {
	if len(dst) == 0 {
		return dst, nil
	}
	return c.decode(dst, src)
}

var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true))
})

func decodeZstd(dst, src []byte) ([]byte, error) {
	d, err := zstdDecoder()
	if err != nil {
		return nil, err
	}
	return d.DecodeAll(src, dst[:0:len(dst)])
}

func decodeSnappy(dst, src []byte) ([]byte, error) {
	n, err := snappy.DecodedLen(src)
	if err != nil {
		return nil, err
	}
	if n != len(dst) {
		return nil, fmt.Errorf("snappy data of %d bytes in a page of %d", n, len(dst))
	}
	return snappy.Decode(dst, src)
}

func init() {
	capCodec(compress.Codecs.Zstd, decodeZstd)
	capCodec(compress.Codecs.Snappy, decodeSnappy)
	// Gzip, brotli and LZ4 fill what they are given, but take an empty page
	// for one of unknown size.
	for _, id := range []compress.Compression{compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Lz4Raw} {
		if c, err := compress.GetCodec(id); err == nil {
			capCodec(id, func(dst, src []byte) ([]byte, error) { return compress.Decode(c, dst, src) })
		}
	}
}

func capCodec(id compress.Compression, decode func(dst, src []byte) ([]byte, error)) {
	if c, err := compress.GetCodec(id); err == nil {
		compress.RegisterCodec(id, cappedCodec{c, decode})
	}
}
