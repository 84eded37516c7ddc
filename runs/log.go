package runs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Reader reads the log of a run while it grows. The file is opened anew for
// each look, which is when network file systems show what others wrote.
type Reader struct {
	Path string
	// Off is where the next look begins, in bytes.
	Off int64
}

// open returns nil, and no error, for a log that isn't there yet.
func (l *Reader) open() (*os.File, error) {
	f, err := os.Open(l.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

// Copy copies what the log has gained since the last look. A log that isn't
// there yet is empty; one that was cut short is read on from its end.
func (l *Reader) Copy(w io.Writer) error {
	f, err := l.open()
	if f == nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	l.Off = min(l.Off, size)
	if _, err := f.Seek(l.Off, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(w, io.LimitReader(f, size-l.Off))
	l.Off += n
	return err
}

// Skip moves on to the last n lines, at least 1.
func (l *Reader) Skip(n int) error {
	f, err := l.open()
	if f == nil {
		return err
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	const block = 64 << 10
	buf := make([]byte, block)
	// The newline at the very end begins no line.
	for skip := 1; end > l.Off; skip = 0 {
		from := max(l.Off, end-block)
		b := buf[:end-from]
		if _, err := f.ReadAt(b, from); err != nil {
			return err
		}
		if skip > 0 {
			b = bytes.TrimSuffix(b, []byte("\n"))
		}
		for i := bytes.LastIndexByte(b, '\n'); i >= 0; i = bytes.LastIndexByte(b, '\n') {
			if n--; n <= 0 {
				l.Off = from + int64(i) + 1
				return nil
			}
			b = b[:i]
		}
		end = from
	}
	return nil
}

// LastLines is the end of a text, n lines at most, at least 1.
func LastLines(text string, n int) string {
	end := len(text)
	if end > 0 && text[end-1] == '\n' {
		end--
	}
	for ; n > 0 && end >= 0; n-- {
		end = strings.LastIndexByte(text[:end], '\n')
	}
	return text[end+1:]
}
