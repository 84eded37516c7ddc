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
