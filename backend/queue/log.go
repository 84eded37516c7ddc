package queue

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ahead is how far a log's file reaches beyond its end, so that a few lines
// find room on a full disk.
const ahead = 16 << 10

// log is the writing end of a file of lines that one process writes and
// others read while it grows: each line is JSON behind its CRC-32C, and
// behind the last there are zeros. The file is open for the time of a write
// only: a network file system then shows what was written to whoever opens
// it next, and it can be removed at any time. A log is not safe for
// concurrent use.
type log struct {
	path string
	off  int64 // where the next line goes
	size int64 // of the file
}

// newLog makes an empty log.
func newLog(path string) (*log, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	return &log{path: path}, f.Close()
}

// write appends lines. After an error it may be called again with the same.
func (l *log) write(lines ...any) error {
	var b []byte
	for _, v := range lines {
		body, err := json.Marshal(v)
		if err != nil {
			return err
		}
		b = fmt.Appendf(b, "%08x ", crc32.Checksum(body, castagnoli))
		b = append(append(b, body...), '\n')
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = l.put(f, b)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		l.off += int64(len(b))
	}
	return err
}

func (l *log) put(f *os.File, b []byte) error {
	end := l.off + int64(len(b))
	if end+ahead/2 > l.size {
		// Without room for the zeros there may still be room for b.
		if n, err := f.WriteAt(make([]byte, end+ahead-l.size), l.size); err == nil || n > 0 {
			l.size += int64(n)
		}
	}
	_, err := f.WriteAt(b, l.off)
	return err
}

// tail is the reading end of a log.
type tail struct {
	path string
	off  int64
	buf  []byte
}

// read calls each with the lines that are whole and weren't read before, and
// says whether there were any. A line that isn't whole yet is left for the
// next time. An error of each ends the reading behind its line.
func (t *tail) read(each func(line []byte) error) (some bool, err error) {
	f, err := os.Open(t.path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	size := 64 << 10
	for {
		if cap(t.buf) < size {
			t.buf = make([]byte, size)
		}
		b := t.buf[:cap(t.buf)]
		n, err := f.ReadAt(b, t.off)
		if err != nil && !errors.Is(err, io.EOF) {
			return some, err
		}
		full := n == len(b)
		b = b[:n]
		if zero := bytes.IndexByte(b, 0); zero >= 0 {
			b, full = b[:zero], false
		}
		used := 0
		for {
			line, _, whole := bytes.Cut(b[used:], []byte("\n"))
			body, ok := checked(line)
			if !whole || !ok {
				full = full && !whole
				break
			}
			used += len(line) + 1
			t.off += int64(len(line)) + 1
			some = true
			if err := each(body); err != nil {
				return some, err
			}
		}
		if !full {
			return some, nil
		}
		if used == 0 {
			size = 2 * len(t.buf) // one line fills the buffer
		}
	}
}

// checked is a line without its checksum, when that is right.
func checked(line []byte) ([]byte, bool) {
	var sum [4]byte
	if len(line) < 9 || line[8] != ' ' {
		return nil, false
	}
	if _, err := hex.Decode(sum[:], line[:8]); err != nil {
		return nil, false
	}
	want := uint32(sum[0])<<24 | uint32(sum[1])<<16 | uint32(sum[2])<<8 | uint32(sum[3])
	return line[9:], crc32.Checksum(line[9:], castagnoli) == want
}
