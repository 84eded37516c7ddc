package storage

import (
	"encoding/json"
	"io"

	"corpusmill/record"
)

// Columnar is a Format that can be written and needs a schema for it. Rows
// come as JSON; the schema is what a Sketch has seen of them.
type Columnar interface {
	Format
	// NewSketch returns an empty sketch for rows that come from the inputs.
	// When these all have this format and one schema, its types are kept.
	NewSketch(inputs []File) (Sketch, error)
	// NewWriter writes rows of the schema that s has come to. The bytes
	// depend on the schema and the rows alone.
	NewWriter(w io.Writer, s Sketch) (RowWriter, error)
}

// Sketch is a schema that widens to fit every row it is shown.
type Sketch interface {
	// Observe widens the schema to fit a row, a JSON object. An error means
	// that the format can't hold the row; it then has no part in the schema.
	Observe(id record.ID, row []byte) error
	// State is the sketch as JSON, and Merge widens the schema to fit the
	// rows of another sketch, given by its state.
	State() (json.RawMessage, error)
	Merge(state json.RawMessage) error
}

// RowWriter writes rows that a Sketch has seen.
type RowWriter interface {
	// WriteJSON adds a row, a JSON object; it doesn't keep the slice.
	WriteJSON(row []byte) error
	// Close completes the file; it doesn't close the writer below.
	Close() error
}
