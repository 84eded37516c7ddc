package csv

import (
	"bytes"
	"fmt"
)

// field is where a value lies in its row, without quotes.
type field struct {
	start, end int
	kind       fieldKind
}

type fieldKind uint8

const (
	empty   fieldKind = iota // no bytes: null
	plain                    // without quotes
	quoted                   // in quotes
	doubled                  // in quotes, with "" for a quote
)

// append appends what the field says.
func (f field) append(dst, row []byte) []byte {
	text := row[f.start:f.end]
	if f.kind != doubled {
		return append(dst, text...)
	}
	for {
		k := bytes.IndexByte(text, '"')
		if k < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:k+1]...)
		text = text[k+2:]
	}
}

// RowError is what is wrong with a row, and at which of its bytes, from 0.
type RowError struct {
	At   int
	What string
}

func (e *RowError) Error() string { return fmt.Sprintf("at byte %d: %s", e.At, e.What) }

// appendFields finds the fields of a row without its line end.
func appendFields(dst []field, row []byte, delim byte) ([]field, error) {
	for i := 0; ; {
		f, next, err := fieldAt(row, i, delim)
		if err != nil {
			return dst, err
		}
		dst = append(dst, f)
		if next == len(row) {
			return dst, nil
		}
		i = next + 1
	}
}

// fieldAt reads the field that begins at i and finds the delimiter behind it,
// or the row's end.
func fieldAt(row []byte, i int, delim byte) (f field, next int, err error) {
	if i == len(row) || row[i] != '"' {
		end := len(row)
		if k := bytes.IndexByte(row[i:], delim); k >= 0 {
			end = i + k
		}
		if end == i {
			return field{i, i, empty}, end, nil
		}
		return field{i, end, plain}, end, nil
	}
	f = field{start: i + 1, kind: quoted}
	for at := i + 1; ; {
		k := bytes.IndexByte(row[at:], '"')
		if k < 0 {
			return f, 0, &RowError{i, "the quote that opens here is never closed: the row takes the rest of the file"}
		}
		f.end = at + k
		switch next = f.end + 1; {
		case next == len(row) || row[next] == delim:
			return f, next, nil
		case row[next] != '"':
			return f, 0, &RowError{next, "text follows the quote that closes the field: a quote inside is written twice"}
		}
		f.kind, at = doubled, next+1
	}
}
