package csv

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"corpusmill/record"
	"corpusmill/storage"
	"corpusmill/storage/jsonrow"
)

// maxColumns is how many columns an output may have. Rows with more names
// have keys for values, which is no table.
const maxColumns = 16_384

// sketch is the columns of an output: all names of members, in the order of
// their first appearance.
type sketch struct {
	format Format
	inputs []storage.File
	cols   []column
	index  map[string]int
}

type column struct {
	Name  string    `json:"name"`
	First record.ID `json:"first"` // the row that had the name first
	At    int       `json:"at"`    // and how many names of the row came before
}

// NewSketch implements storage.Columnar. An output without rows has the header
// of the first input, when all are CSV or TSV; and with inputs of the output's
// own format, rows end as in the first one, and all fields are in quotes where
// all names of its header are. So rows that nothing has edited leave with the
// bytes they came with, where the input has one header and its quotes follow
// one rule.
func (f Format) NewSketch(inputs []storage.File) (storage.Sketch, error) {
	return &sketch{format: f, inputs: inputs, index: map[string]int{}}, nil
}

// Observe implements storage.Sketch. CSV can't hold a row with half a
// surrogate pair, which is no UTF-8, or one without members, which would be a
// blank line.
func (s *sketch) Observe(id record.ID, row []byte) error {
	row = bytes.TrimSpace(row)
	if len(row) < 2 || row[0] != '{' {
		return errors.New("the row is no JSON object")
	}
	if err := jsonrow.CheckText(row); err != nil {
		return err
	}
	at := 0
	var name []byte
	err := jsonrow.Members(row, func(key, _ []byte) (err error) {
		if at < len(s.cols) && isName(key, s.cols[at].Name) {
			s.see(at, id, at)
			at++
			return nil
		}
		if name, err = jsonrow.AppendUnquoted(name[:0], key); err != nil {
			return err
		}
		s.seeName(string(name), id, at)
		at++
		return nil
	})
	if err == nil && at == 0 {
		err = errors.New("the row has no members, which CSV can't tell from a blank line")
	}
	return err
}

// isName says whether key, with its quotes, is plainly that name.
func isName(key []byte, name string) bool {
	return string(key[1:len(key)-1]) == name && bytes.IndexByte(key, '\\') < 0
}

func (s *sketch) seeName(name string, id record.ID, at int) {
	if i, ok := s.index[name]; ok {
		s.see(i, id, at)
	} else if len(s.cols) <= maxColumns { // one more says that there are too many
		s.index[name] = len(s.cols)
		s.cols = append(s.cols, column{name, id, at})
	}
}

// see notes that a row had the column i.
func (s *sketch) see(i int, id record.ID, at int) {
	if c := &s.cols[i]; cmp.Or(id.Compare(c.First), cmp.Compare(at, c.At)) < 0 {
		c.First, c.At = id, at
	}
}

// State implements storage.Sketch.
func (s *sketch) State() (json.RawMessage, error) {
	s.order()
	return json.Marshal(s.cols)
}

// order puts the columns in the order of their first appearance.
func (s *sketch) order() {
	slices.SortFunc(s.cols, func(a, b column) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.At, b.At), cmp.Compare(a.Name, b.Name))
	})
	for i, c := range s.cols {
		s.index[c.Name] = i
	}
}

// Merge implements storage.Sketch.
func (s *sketch) Merge(state json.RawMessage) error {
	var cols []column
	if err := json.Unmarshal(state, &cols); err != nil {
		return fmt.Errorf("columns of the output: %w", err)
	}
	for _, c := range cols {
		s.seeName(c.Name, c.First, c.At)
	}
	return nil
}

// NewWriter implements storage.Columnar.
func (f Format) NewWriter(w io.Writer, s storage.Sketch) (storage.RowWriter, error) {
	c, ok := s.(*sketch)
	if !ok || c.format != f {
		return nil, fmt.Errorf("a %T is no sketch of this format", s)
	}
	if len(c.cols) > maxColumns {
		return nil, fmt.Errorf("the rows have more than %d different names, which is no table: write JSON Lines, or drop members first", maxColumns)
	}
	c.order()
	var names []string
	for _, col := range c.cols {
		names = append(names, col.Name)
	}
	h, err := c.first()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		names = h.names
	}
	out := newWriter(w, f.delim, names)
	if len(c.inputs) > 0 && c.inputs[0].Format == f.name {
		out.style = h.style
	}
	return out, out.header()
}

// first is the header of the first input, an empty one unless all inputs have
// one.
func (s *sketch) first() (*header, error) {
	for i, in := range s.inputs {
		f, ok := storage.Lookup(in.Format)
		if _, table := f.(Format); !ok || !table || in.Size < 0 {
			return &header{}, nil
		}
		if i == len(s.inputs)-1 {
			f, _ = storage.Lookup(s.inputs[0].Format)
			return headerOf(s.inputs[0], f.(Format).delim)
		}
	}
	return &header{}, nil
}
