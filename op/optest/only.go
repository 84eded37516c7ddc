package optest

import "corpusmill/record"

// only is one row of rows.
type only struct {
	rows record.Rows
	row  int
}

func (o only) Len() int         { return 1 }
func (o only) ID(int) record.ID { return o.rows.ID(o.row) }
func (o only) Line(int) int     { return o.rows.Line(o.row) }
func (o only) Seek(int) error   { return o.rows.Seek(o.row) }
func (o only) Field(p record.Path, s *record.Scratch) ([]byte, record.Kind) {
	return o.rows.Field(p, s)
}
func (o only) AppendJSON(dst []byte, e *record.Edits) []byte { return o.rows.AppendJSON(dst, e) }
func (o only) Raw() []byte                                   { return o.rows.Raw() }
