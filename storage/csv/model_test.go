package csv

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"corpusmill/record"
	"corpusmill/storage"
)

var comma = Format{"csv", ".csv", ',', &memo{}}

type row struct {
	pos  uint64
	line int
	raw  string
	json string // "" for a row that can't be read
	err  string
}

type result struct {
	rows         []row
	bytes        int64
	lines, blank int64
}

// read reads the splits of a file one after the other and checks what must
// hold of each batch.
func read(t testing.TB, f storage.File, splits []storage.Split, o storage.ReadOptions) (result, error) {
	t.Helper()
	var res result
	for _, s := range splits {
		r, err := comma.Open(t.Context(), f, s, o)
		if err != nil {
			return res, err
		}
		for {
			b, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				r.Close()
				return res, err
			}
			for i := range b.Rows.Len() {
				id := b.Rows.ID(i)
				if int(id.Pos/uint64(o.Segment)) != b.Seg || id.Src != s.Src || int64(id.Pos) < s.Start || s.End >= 0 && int64(id.Pos) >= s.End {
					t.Fatalf("row %v in segment %d of split %+v", id, b.Seg, s)
				}
				got := row{pos: id.Pos, line: b.Rows.Line(i)}
				if err := b.Rows.Seek(i); err != nil {
					got.err = err.Error()
				} else {
					got.json = string(b.Rows.AppendJSON(nil, nil))
				}
				got.raw = string(b.Rows.Raw())
				res.rows = append(res.rows, got)
			}
			res.bytes += b.Bytes
			res.lines += b.Lines
			res.blank += b.Blank
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal("second Close:", err)
		}
	}
	return res, nil
}

// model is what a file holds, read one byte after the other. An error is that
// of a file whose header can't be read.
func model(data string, o storage.ReadOptions) (result, error) {
	res := result{bytes: int64(len(data))}
	var names []string
	seg, line := int64(0), 0
	for pos := 0; pos < len(data); {
		begin := pos
		if pos == 0 {
			begin = len(data) - len(strings.TrimPrefix(data, "\ufeff"))
			if begin == len(data) {
				res.lines = 0
				return res, nil
			}
		}
		cells, next, bad := modelRow(data, begin)
		raw := strings.TrimSuffix(strings.TrimSuffix(data[begin:next], "\n"), "\r")
		lines := strings.Count(data[pos:next], "\n")
		open := strings.HasSuffix(bad, "open")
		if data[next-1] != '\n' || open {
			lines = strings.Count(strings.TrimSuffix(data[pos:next], "\n"), "\n") + 1
			if open && strings.HasSuffix(data, "\n") {
				lines++
			}
		}
		if s := int64(pos) / o.Segment; names != nil && s != seg {
			seg, line = s, 0
		}
		res.lines += int64(lines)
		switch {
		case raw == "" && (names != nil || data[next-1] == '\n'):
			res.blank++
		case names == nil:
			if bad != "" || !utf8.ValidString(raw) || !strings.Contains(raw, `"`) && strings.Contains(raw, "\r") {
				return res, fmt.Errorf("the header is bad")
			}
			seen := map[string]bool{}
			for i, c := range cells {
				if c == "" || c == "t" {
					c = fmt.Sprintf("tUnnamed: %d", i)
				}
				if c = c[1:]; seen[c] {
					return res, fmt.Errorf("the header is bad")
				}
				seen[c] = true
				names = append(names, c)
			}
		default:
			r := row{pos: uint64(pos), line: line, raw: raw}
			switch {
			case int64(len(raw)) > o.MaxRow:
				r.err = storage.ErrTooLong{Bytes: int64(len(raw)), Max: o.MaxRow}.Error()
				r.raw = raw[:min(len(raw), rawBytes)]
			case bad == "open":
				r.err = "never closed"
			case bad != "":
				r.err = "text follows the quote"
			case len(cells) != len(names):
				r.err = fmt.Sprintf("the header %d", len(names))
			case !utf8.ValidString(raw):
				r.err = "is no UTF-8"
			default:
				var b []byte
				for i, c := range cells {
					b = append(append(append(b, ",{"[min(1, max(0, 1-i))]), record.AppendQuoted(nil, []byte(names[i]))...), ':')
					if c == "" {
						b = append(b, "null"...)
					} else {
						b = append(b, record.AppendQuoted(nil, []byte(c[1:]))...)
					}
				}
				r.json = string(append(b, '}'))
			}
			res.rows = append(res.rows, r)
		}
		line += lines
		pos = next
	}
	return res, nil
}

// modelRow reads a row. A cell is "" for null, and else its text behind a "t".
// bad is "text" where such follows a closing quote, and ends in "open" where the
// last one isn't closed.
func modelRow(data string, pos int) (cells []string, next int, bad string) {
	var cell []byte
	inQuotes, start := false, true
	done := func() {
		cells = append(cells, string(cell))
		cell, start = cell[:0], true
	}
	for i := pos; i < len(data); i++ {
		c := data[i]
		ends := strings.HasPrefix(data[i:], "\n") || strings.HasPrefix(data[i:], "\r\n") || data[i:] == "\r"
		switch {
		case inQuotes && strings.HasPrefix(data[i:], `""`):
			cell = append(cell, '"')
			i++
		case inQuotes && c == '"':
			inQuotes = false
			rest := data[i+1:]
			if rest != "" && rest[0] != ',' && rest[0] != '\n' && rest != "\r" && !strings.HasPrefix(rest, "\r\n") && bad == "" {
				bad = "text"
			}
		case inQuotes:
			cell = append(cell, c)
		case start && c == '"':
			inQuotes, start, cell = true, false, append(cell, 't')
		case c == ',':
			done()
		case ends:
			done()
			return cells, min(i+1+strings.Count(data[i:i+1], "\r"), len(data)), bad
		default:
			if start {
				cell = append(cell, 't')
			}
			cell, start = append(cell, c), false
		}
	}
	if inQuotes {
		bad += "open"
	}
	done()
	return cells, len(data), bad
}

func compare(t *testing.T, what string, got, want result) {
	t.Helper()
	if got.bytes != want.bytes || got.lines != want.lines || got.blank != want.blank {
		t.Fatalf("%s: %d bytes, %d lines, %d blank; want %d, %d, %d", what, got.bytes, got.lines, got.blank, want.bytes, want.lines, want.blank)
	}
	for i := range max(len(got.rows), len(want.rows)) {
		if i < len(got.rows) && i < len(want.rows) {
			g, w := got.rows[i], want.rows[i]
			if strings.Contains(g.err, w.err) && (w.err != "") == (g.err != "") {
				g.err = w.err
			}
			if g == w {
				continue
			}
		}
		t.Fatalf("%s: %d rows, want %d; row %d differs: %.300q, want %.300q", what, len(got.rows), len(want.rows), i, at(got.rows, i), at(want.rows, i))
	}
}

func at(r []row, i int) string {
	if i >= len(r) {
		return "nothing"
	}
	return fmt.Sprintf("%+v", r[i])
}

func write(t testing.TB, name, data string) storage.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
	return storage.File{Path: path, Size: int64(len(data)), Format: "csv"}
}

// csvOf writes JSON rows with their own sketch.
func csvOf(t testing.TB, f Format, inputs []storage.File, rows ...string) string {
	t.Helper()
	s, err := f.NewSketch(inputs)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if err := s.Observe(record.ID{Pos: uint64(i)}, []byte(r)); err != nil {
			t.Fatalf("%s: %v", r, err)
		}
	}
	var out bytes.Buffer
	w, err := f.NewWriter(&out, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.WriteJSON([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
