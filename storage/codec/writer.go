package codec

import (
	"io"

	"corpusmill/storage"
)

// Writer compresses a stream as frames of the same uncompressed size: its
// bytes depend on what is written alone, not on the calls.
type Writer struct {
	w      io.Writer
	frames *Frames
	buf    []byte // of the next frame
	packed []byte
	begun  bool
}

// frameBytes is the uncompressed size of a Writer's frames.
const frameBytes = 4 << 20

// NewWriter returns a Writer to w. A plain one hands all calls through.
func NewWriter(w io.Writer, c storage.Codec) (io.WriteCloser, error) {
	if c == storage.Plain {
		return plainWriter{w}, nil
	}
	f, err := NewFrames(c)
	if err != nil {
		return nil, err
	}
	return &Writer{w: w, frames: f, buf: make([]byte, 0, frameBytes)}, nil
}

func (w *Writer) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), frameBytes-len(w.buf))
		w.buf = append(w.buf, rest[:n]...)
		rest = rest[n:]
		if len(w.buf) == frameBytes {
			if err := w.frame(); err != nil {
				return len(p) - len(rest), err
			}
		}
	}
	return len(p), nil
}

// frame writes what is in buf.
func (w *Writer) frame() (err error) {
	if w.packed, err = w.frames.AppendFrame(w.packed[:0], w.buf); err != nil {
		return err
	}
	w.buf, w.begun = w.buf[:0], true
	_, err = w.w.Write(w.packed)
	return err
}

// Close writes the last frame; that of an empty stream has no content. It
// doesn't close the writer below.
func (w *Writer) Close() error {
	if len(w.buf) == 0 && w.begun {
		return nil
	}
	return w.frame()
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }
