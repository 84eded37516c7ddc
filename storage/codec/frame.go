package codec

import (
	"fmt"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"corpusmill/storage"
)

// Frames compresses pieces of output on their own, so that workers can do so
// in parallel and the pieces, put one after the other, are one valid file.
// The bytes depend on the piece alone. A Frames belongs to one goroutine.
type Frames struct {
	codec storage.Codec
	gzip  *gzip.Writer
	sink  sink
	zstd  *zstd.Encoder
}

// gzipLevel is where more effort begins to cost more than it saves: on English
// words level 1 makes 171 MB/s at 0.417 of the size, 4 makes 118 at 0.395 and
// 6 makes 86 at 0.379.
const gzipLevel = 4

type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

// NewFrames returns a compressor: gzip members of level 4, zstd frames with
// checksum and the speed of zstd's level 3, or a plain copy.
func NewFrames(c storage.Codec) (*Frames, error) {
	f := &Frames{codec: c}
	var err error
	switch c {
	case storage.Plain:
	case storage.Gzip:
		f.gzip, err = gzip.NewWriterLevel(&f.sink, gzipLevel)
	case storage.Zstd:
		f.zstd, err = zstd.NewWriter(nil,
			zstd.WithEncoderLevel(zstd.SpeedDefault),
			zstd.WithEncoderConcurrency(1),
			zstd.WithEncoderCRC(true),
			zstd.WithZeroFrames(true))
	default:
		err = fmt.Errorf("unknown codec %q", c)
	}
	return f, err
}

// AppendFrame appends src to dst, compressed as one gzip member or zstd
// frame; that of an empty src is one without content.
func (f *Frames) AppendFrame(dst, src []byte) ([]byte, error) {
	switch f.codec {
	case storage.Gzip:
		f.sink.b = dst
		f.gzip.Reset(&f.sink)
		_, err := f.gzip.Write(src)
		if err == nil {
			err = f.gzip.Close()
		}
		dst, f.sink.b = f.sink.b, nil
		return dst, err
	case storage.Zstd:
		return f.zstd.EncodeAll(src, dst), nil
	}
	return append(dst, src...), nil
}
