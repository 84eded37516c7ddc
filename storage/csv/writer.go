package csv

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"corpusmill/storage/jsonrow"
)

// writer writes JSON rows as CSV, each with one call of Write.
type writer struct {
	w     io.Writer
	delim byte
	style style
	names []string
	index map[string]int
	stops string // what a field without quotes can't have

	rows  int64
	cells [][]byte // of the current row, as JSON; nil for none
	name  []byte
	text  []byte
	buf   []byte
}

func newWriter(w io.Writer, delim byte, names []string) *writer {
	out := &writer{w: w, delim: delim, names: names, index: map[string]int{}, stops: string(delim) + "\"\r\n", cells: make([][]byte, len(names))}
	for i, n := range names {
		out.index[n] = i
	}
	return out
}

// header writes the names. A file without any is empty.
func (w *writer) header() error {
	if len(w.names) == 0 {
		return nil
	}
	w.buf = w.buf[:0]
	for i, n := range w.names {
		if i > 0 {
			w.buf = append(w.buf, w.delim)
		}
		w.field([]byte(n), n == "" || i == 0 && strings.HasPrefix(n, string(mark)))
	}
	return w.end()
}

// WriteJSON adds a row, one JSON object that the sketch has seen.
func (w *writer) WriteJSON(row []byte) error {
	clear(w.cells)
	at := 0
	err := jsonrow.Members(bytes.TrimSpace(row), func(key, val []byte) (err error) {
		i := at
		if i >= len(w.names) || !isName(key, w.names[i]) {
			if w.name, err = jsonrow.AppendUnquoted(w.name[:0], key); err != nil {
				return err
			}
			var ok bool
			if i, ok = w.index[string(w.name)]; !ok {
				return fmt.Errorf("the member %q isn't among the columns", w.name)
			}
		}
		w.cells[i] = val
		at = i + 1
		return nil
	})
	if err != nil {
		return fmt.Errorf("row %d doesn't fit the table: %w", w.rows, err)
	}
	w.rows++
	w.buf = w.buf[:0]
	for i, v := range w.cells {
		if i > 0 {
			w.buf = append(w.buf, w.delim)
		}
		switch {
		case v == nil || jsonrow.IsNull(v):
			if len(w.cells) == 1 {
				w.field(nil, true) // not a blank line
			}
		case v[0] == '"':
			if w.text, err = jsonrow.AppendUnquoted(w.text[:0], v); err != nil {
				return fmt.Errorf("row %d: %w", w.rows-1, err)
			}
			w.field(w.text, len(w.text) == 0)
		default:
			w.field(v, false)
		}
	}
	return w.end()
}

// field appends a value to the row, in quotes where it has to be.
func (w *writer) field(text []byte, quote bool) {
	if !quote && !w.style.quoted && !bytes.ContainsAny(text, w.stops) {
		w.buf = append(w.buf, text...)
		return
	}
	w.buf = append(w.buf, '"')
	for {
		k := bytes.IndexByte(text, '"')
		if k < 0 {
			break
		}
		w.buf = append(append(w.buf, text[:k+1]...), '"')
		text = text[k+1:]
	}
	w.buf = append(append(w.buf, text...), '"')
}

// end ends the row and writes it.
func (w *writer) end() error {
	if w.style.crlf {
		w.buf = append(w.buf, '\r')
	}
	w.buf = append(w.buf, '\n')
	_, err := w.w.Write(w.buf)
	return err
}

// Close completes the file. Rows are written as they come.
func (w *writer) Close() error { return nil }
