package csv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"corpusmill/storage"
	"corpusmill/storage/codec"
)

// maxHeader is how many bytes a file's header may have. Where there is none
// within, the file is hardly CSV.
const maxHeader = 1 << 20

var mark = []byte("\xef\xbb\xbf")

// header is what stands before the first row.
type header struct {
	names []string
	size  int64 // bytes of the file up to the first row
	lines int   // lines of the file up to the first row, blank ones included
	blank int   // blank lines before the names
	style style
}

// style is how a file is written where CSV leaves a choice.
type style struct {
	crlf   bool // rows end in \r\n
	quoted bool // all fields but null are in quotes
}

// readHeader reads the header that r begins with, and returns a reader for
// what follows. A file without any line has none, and no rows.
func readHeader(path string, r io.Reader, delim byte) (*header, io.Reader, error) {
	h := &header{}
	buf := make([]byte, 0, 16<<10)
	scan := rowStart(delim)
	scanned, begin := 0, 0 // begin is where the names begin
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		old := len(buf)
		buf = buf[:old+n]
		atEnd := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !atEnd {
			return nil, nil, err
		}
		if old == 0 {
			if bytes.HasPrefix(buf, mark) {
				scanned, begin = len(mark), len(mark)
			}
			if bytes.HasPrefix(buf, []byte("\xff\xfe")) || bytes.HasPrefix(buf, []byte("\xfe\xff")) {
				return nil, nil, fmt.Errorf("%s: is UTF-16: convert it with  iconv -f UTF-16 -t UTF-8", path)
			}
		}
		for {
			k, ended := scan.row(buf[scanned:])
			scanned += k
			if !ended && !(atEnd && scanned > begin) {
				break
			}
			h.lines += 1 + scan.lines
			scan.lines = 0
			if line := trimEnd(buf[begin:scanned]); len(line) == 0 && ended {
				h.blank++
				begin = scanned
				continue
			}
			h.size = int64(scanned)
			err := h.parse(path, buf[begin:scanned], delim)
			return h, io.MultiReader(bytes.NewReader(buf[scanned:]), r), err
		}
		if atEnd {
			h.size = int64(scanned)
			return h, bytes.NewReader(nil), nil
		}
		if len(buf) >= maxHeader {
			return nil, nil, fmt.Errorf("%s: its header doesn't end within %d bytes: a quote isn't closed, or it is no CSV", path, maxHeader)
		}
		buf = append(make([]byte, 0, 2*cap(buf)), buf...)
	}
}

// trimEnd cuts a row's line end off.
func trimEnd(row []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(row, []byte{'\n'}), []byte{'\r'})
}

// parse reads the names out of the header's row, which has its line end.
func (h *header) parse(path string, row []byte, delim byte) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%s: line %d: the header %s", path, h.blank+1, fmt.Sprintf(format, args...))
	}
	line := trimEnd(row)
	h.style = style{crlf: bytes.HasSuffix(row, []byte("\r\n")), quoted: true}
	if !utf8.Valid(line) {
		return fail("is not UTF-8: convert the file, for example with  iconv -f WINDOWS-1252 -t UTF-8")
	}
	if bytes.IndexByte(line, '\r') >= 0 && bytes.IndexByte(line, '"') < 0 {
		return fail("has a carriage return in it: lines must end in \\n or \\r\\n; convert them with  tr '\\r' '\\n'")
	}
	fields, err := appendFields(nil, line, delim)
	if err != nil {
		return fail("can't be read: %v", err)
	}
	places := map[string]int{}
	for i, f := range fields {
		name := string(f.append(nil, line))
		h.style.quoted = h.style.quoted && f.kind >= quoted
		if name == "" {
			name = fmt.Sprintf("Unnamed: %d", i)
		}
		if k, twice := places[name]; twice {
			return fail("has the name %q twice, in columns %d and %d: rename one", name, k+1, i+1)
		}
		places[name] = i
		h.names = append(h.names, name)
	}
	return nil
}

// headerOf reads the header of a file.
func headerOf(f storage.File, delim byte) (*header, error) {
	r, err := codec.Open(context.Background(), f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	h, _, err := readHeader(f.Path, r, delim)
	return h, err
}
