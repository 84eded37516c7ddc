// Package record is the one row that every operator sees: a backing that is
// read lazily, and overlays for what a chain changes, measures and knows of it.
//
// Read Rows first (what a file format provides), then Record (what an
// operator uses).
package record

// Record is the current row of a batch with its overlays. One Record serves
// a worker for all its rows: Reset moves it on, and nothing it returned
// before is valid after that.
type Record struct {
	rows    Rows
	row     int
	fields  *Fields
	stats   *Stats
	scratch Scratch
	cells   []cell
	values  []Value
	edits   Edits
	changes int
}

// cell is the state of one field of the current row.
type cell struct {
	loaded bool
	kind   Kind
	val    []byte
	bufs   [2][]byte // where mappers build new values, in turn
	turn   uint8
	doc    Doc
}

// New returns a Record for chains whose operators opened with these tables.
func New(fields *Fields, stats *Stats) *Record {
	r := &Record{fields: fields, stats: stats}
	r.cells = make([]cell, fields.Len())
	r.values = make([]Value, stats.Len())
	r.edits = Edits{Fields: fields, Text: make([][]byte, fields.Len()), Set: make([]bool, fields.Len())}
	return r
}

// Reset moves the record to a row of rows, which the caller has made current
// by rows.Seek.
func (r *Record) Reset(rows Rows, row int) {
	r.rows, r.row = rows, row
	r.scratch.Reset()
	for i := range r.cells {
		r.cells[i].loaded = false
	}
	clear(r.values)
	clear(r.edits.Set)
	r.edits.N = 0
	r.edits.Extra, r.edits.Drop = r.edits.Extra[:0], r.edits.Drop[:0]
	r.changes = 0
}

// Shrink gives memory back that a rare large row has taken, all but keep bytes
// of each buffer. It makes invalid what the record returned.
func (r *Record) Shrink(keep int) {
	r.scratch.Shrink(keep)
	for i := range r.cells {
		c := &r.cells[i]
		c.loaded, c.val = false, nil
		for k := range c.bufs {
			if cap(c.bufs[k]) > keep {
				c.bufs[k] = nil
			}
		}
		c.doc = Doc{}
	}
}

// ID names the row.
func (r *Record) ID() ID { return r.rows.ID(r.row) }

// Fields is the table that the record's paths belong to.
func (r *Record) Fields() *Fields { return r.fields }

func (r *Record) cell(p Path) *cell {
	c := &r.cells[p]
	if !c.loaded {
		c.val, c.kind = r.rows.Field(p, &r.scratch)
		c.loaded = true
		c.doc.Reset(c.val)
	}
	return c
}

// Kind returns the type of the field's current value.
func (r *Record) Kind(p Path) Kind { return r.cell(p).kind }

// Text returns the field's current value: UTF-8 for a string (see Rows.Field),
// JSON text for other kinds, nothing for a missing one. It is valid until the
// field is changed or the record moves on. Operators don't modify it.
func (r *Record) Text(p Path) []byte { return r.cell(p).val }

// Doc returns the analysis of the field's current text. What operators ask
// of it is computed once and kept until the text changes.
func (r *Record) Doc(p Path) *Doc { return &r.cell(p).doc }

// Buffer returns an empty buffer to build a new value of the field in; it
// doesn't overlap the current value. Pass the result to SetText.
func (r *Record) Buffer(p Path) []byte {
	c := r.cell(p)
	return c.bufs[c.turn][:0]
}

// SetText makes v the field's value, a string. v must be a slice that Buffer
// returned, grown or not; the record keeps it. Setting an equal text is no
// change.
func (r *Record) SetText(p Path, v []byte) {
	c := r.cell(p)
	c.bufs[c.turn] = v
	if c.kind == String && string(c.val) == string(v) {
		return
	}
	c.turn ^= 1
	c.val, c.kind = v, String
	c.doc.Reset(v)
	if !r.edits.Set[p] {
		r.edits.Set[p] = true
		r.edits.N++
	}
	r.edits.Text[p] = v
	r.changes++
}

// Changes counts the changes made to the row so far.
func (r *Record) Changes() int { return r.changes }

// SetInt records an integer stat.
func (r *Record) SetInt(s Slot, v int64) { r.values[s] = Value{Set: true, Int: v} }

// SetFloat records a float stat.
func (r *Record) SetFloat(s Slot, v float64) { r.values[s] = Value{Set: true, Float: v} }

// SetString records a string stat.
func (r *Record) SetString(s Slot, v string) { r.values[s] = Value{Set: true, Str: v} }

// Int returns an integer stat that was set.
func (r *Record) Int(s Slot) int64 { return r.values[s].Int }

// Float returns a float stat that was set.
func (r *Record) Float(s Slot) float64 { return r.values[s].Float }

// Str returns a text stat that was set.
func (r *Record) Str(s Slot) string { return r.values[s].Str }

// Values are the row's stats by slot. The slice belongs to the record.
func (r *Record) Values() []Value { return r.values }

// Edits are the row's changes so far. The sink may add Extra members.
func (r *Record) Edits() *Edits { return &r.edits }

// AppendJSON appends the row with its edits; see Rows.AppendJSON.
func (r *Record) AppendJSON(dst []byte) []byte {
	return r.rows.AppendJSON(dst, &r.edits)
}
