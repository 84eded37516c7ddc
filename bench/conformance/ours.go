package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"corpusmill/op"
	_ "corpusmill/op/all"
	"corpusmill/op/optest"
	"corpusmill/record"
)

// ours answers a request with this module's operator, as peer.ask does with
// the peer's.
func ours(q request) (response, error) {
	s, err := optest.Open(q.Op, string(q.Params))
	if err != nil {
		return response{Error: err.Error()}, nil
	}
	defer s.Close()
	rows, err := s.Run(optest.Lines(s.Fields, string(bytes.Join(rawRows(q), []byte("\n")))))
	if err != nil {
		return response{}, fmt.Errorf("%s %s: %w", q.Op, q.Params, err)
	}
	var out response
	for i, row := range rows {
		o := outcome{Keep: row.Kept}
		switch {
		case row.Err != nil:
			o.Error = row.Err.Error()
		case s.Spec.Kind == op.KindFilter:
			o.Stats = plain(row.Stats)
		case row.Kept:
			if o.Text, err = textOf(row.JSON); err != nil {
				return response{}, fmt.Errorf("%s %s %s: %w", q.Op, q.Params, q.Rows[i], err)
			}
			out.Kept, out.Texts = append(out.Kept, i), append(out.Texts, o.Text)
		}
		out.Rows = append(out.Rows, o)
	}
	return out, nil
}

// plain gives stats the types that encoding/json gives parsed ones.
func plain(stats map[string]any) map[string]any {
	b, err := json.Marshal(stats)
	var out map[string]any
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return map[string]any{"not JSON": err.Error()}
	}
	return out
}

// textOf reads the text of a row that an operator wrote, as WTF-8: unlike
// encoding/json it keeps lone surrogates.
func textOf(row string) ([]byte, error) {
	fields := new(record.Fields)
	path := fields.Path("text")
	rows := optest.Lines(fields, row)
	if err := rows.Seek(0); err != nil {
		return nil, err
	}
	value, kind := rows.Field(path, new(record.Scratch))
	if kind != record.String {
		return nil, fmt.Errorf("the text is %s in %s", kind, row)
	}
	return bytes.Clone(value), nil
}
