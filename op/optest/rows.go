package optest

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"corpusmill/record"
	"corpusmill/text"
)

// Lines returns rows over JSON Lines. Blank lines are no rows.
func Lines(fields *record.Fields, jsonl string) record.Rows {
	rows := record.NewJSONRows(fields)
	buf := append([]byte(jsonl), '\n')
	rows.Reset(0, buf)
	for start, line := 0, 0; start < len(buf); line++ {
		end := start + bytes.IndexByte(buf[start:], '\n')
		if end > start {
			rows.Add(start, end, uint64(start), line)
		}
		start = end + 1
	}
	return rows
}

// Texts returns rows that have the texts, WTF-8, as their field key.
func Texts(fields *record.Fields, key string, texts ...[]byte) record.Rows {
	var b []byte
	for _, t := range texts {
		b = append(appendString(append(b, '{'), []byte(key)), ':')
		b = append(appendString(b, t), "}\n"...)
	}
	return Lines(fields, string(b))
}

func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for len(s) > 0 {
		r, n := text.Decode(s)
		switch {
		case r < ' ', r == '"', r == '\\', r >= 0xD800 && r < 0xE000:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
		s = s[n:]
	}
	return append(dst, '"')
}

// Decoded returns rows whose every field is the text, as if read from a format
// that needs no decoding. They are for benchmarks of operators alone.
func Decoded(texts ...[]byte) record.Rows { return &decoded{texts: texts} }

type decoded struct {
	texts [][]byte
	row   int
}

func (d *decoded) Len() int             { return len(d.texts) }
func (d *decoded) ID(row int) record.ID { return record.ID{Pos: uint64(row)} }
func (d *decoded) Line(int) int         { return -1 }
func (d *decoded) Raw() []byte          { return d.texts[d.row] }

func (d *decoded) Seek(row int) error {
	d.row = row
	return nil
}

func (d *decoded) Field(record.Path, *record.Scratch) ([]byte, record.Kind) {
	return d.texts[d.row], record.String
}

// AppendJSON writes the text, or what it was changed to, as the member text.
func (d *decoded) AppendJSON(dst []byte, e *record.Edits) []byte {
	t := d.texts[d.row]
	for p, set := range e.Set {
		if set {
			t = e.Text[p]
		}
	}
	return append(appendString(append(dst, `{"text":`...), t), '}')
}
