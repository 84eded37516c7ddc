package parquet

import (
	"encoding/json"
	"fmt"
	"io"

	"corpusmill/storage"
)

// columnar is a Sketch with the schema of the input that it may keep.
type columnar struct {
	*Sketch
	hint *Schema
}

// NewSketch implements storage.Columnar.
func (Format) NewSketch(inputs []storage.File) (storage.Sketch, error) {
	var hint *Schema
	for _, f := range inputs {
		if f.Format != "parquet" {
			return columnar{NewSketch(nil), nil}, nil
		}
	}
	hint, err := FromParquet(inputs)
	if err != nil {
		return nil, err
	}
	return columnar{NewSketch(hint), hint}, nil
}

// NewWriter implements storage.Columnar.
func (Format) NewWriter(w io.Writer, s storage.Sketch) (storage.RowWriter, error) {
	c, ok := s.(columnar)
	if !ok {
		return nil, fmt.Errorf("a %T is no sketch of this format", s)
	}
	schema, err := c.Schema(c.hint)
	if err != nil {
		return nil, err
	}
	return NewWriter(w, schema, WriterOptions{})
}

// State implements storage.Sketch.
func (c columnar) State() (json.RawMessage, error) { return json.Marshal(c.Sketch) }

// Merge implements storage.Sketch.
func (c columnar) Merge(state json.RawMessage) error {
	o := NewSketch(nil)
	if err := json.Unmarshal(state, o); err != nil {
		return err
	}
	c.Sketch.Merge(o)
	return nil
}
