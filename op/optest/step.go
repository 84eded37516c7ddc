// Package optest runs operators as an engine does, for tests: one step over
// rows in memory, and the contract that every registered operator keeps.
package optest

import (
	"context"
	"encoding/json"
	"fmt"

	"corpusmill/op"
	"corpusmill/record"
)

// Step is one operator, opened, with one instance.
type Step struct {
	Spec   op.Spec
	Fields *record.Fields
	Stats  *record.Stats
	Key    string // the text field

	env      *op.Env
	operator op.Operator
	grouping op.Grouping // of a deduplicator
	instance any
	record   *record.Record
	keys     []op.Key // of a deduplicator, for the row that One ran last
	payload  []byte
}

// Open builds and opens an operator. params may be empty for the defaults.
// Models are those of testdata/models.
func Open(name, params string) (*Step, error) { return openWith(name, params, findModel) }

// OpenWithoutModels is Open where no model is there.
func OpenWithoutModels(name, params string) (*Step, error) { return openWith(name, params, nil) }

func openWith(name, params string, findModel func(string) (string, error)) (*Step, error) {
	spec, ok := op.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("no operator is named %q", name)
	}
	o, err := op.Build(name, json.RawMessage(params))
	if err != nil {
		return nil, err
	}
	s := &Step{Spec: spec, Fields: new(record.Fields), Stats: new(record.Stats), operator: o}
	s.Key = op.TextKey(json.RawMessage(params), "text")
	s.env = &op.Env{Fields: s.Fields, Stats: s.Stats, TextKey: s.Key, FindModel: findModel}
	if err := o.Open(context.Background(), s.env); err != nil {
		return nil, err
	}
	s.grouping.By = op.ByKey
	if g, ok := o.(op.Grouped); ok {
		s.grouping = g.Grouping()
	}
	if s.instance, err = o.New(&op.Worker{}); err != nil {
		return nil, err
	}
	s.Forget()
	return s, nil
}

// Another returns a Step with an instance and a record of its own that share
// the operator of s.
func (s *Step) Another(worker int) (*Step, error) {
	t := *s
	var err error
	t.instance, err = s.operator.New(&op.Worker{ID: worker})
	t.Forget()
	return &t, err
}

// Forget begins anew, with a fresh record.
func (s *Step) Forget() {
	s.record = record.New(s.Fields, s.Stats)
	s.keys, s.payload = nil, nil
}

// Close closes the operator.
func (s *Step) Close() error { return s.operator.Close() }

// Row is what became of a row.
type Row struct {
	Kept    bool
	Reason  string // why not, where the operator said
	Err     error  // the operator refused the row
	Changes int
	Stats   map[string]any // int64, float64 or string
	JSON    string         // the row as it leaves, if kept
	Keys    []op.Key
	Payload []byte // where the operator's Grouping has Verify
}

// Run takes rows through the step, each with its outcome. Those of a
// deduplicator are grouped.
func (s *Step) Run(rows record.Rows) ([]Row, error) {
	out := make([]Row, rows.Len())
	for i := range out {
		kept, why, err := s.One(rows, i)
		if err != nil && !kept {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		r := s.record
		row := Row{Kept: kept && err == nil, Err: err, Changes: r.Changes(), Stats: map[string]any{}}
		if !row.Kept && err == nil && s.Spec.Kind == op.KindFilter {
			if int(why) >= len(s.Spec.Reasons) {
				return nil, fmt.Errorf("row %d: reason %d is not in the spec", i, why)
			}
			row.Reason = s.Spec.Reasons[why]
		}
		for slot, v := range r.Values() {
			name := s.Stats.Name(record.Slot(slot))
			switch kind := s.Stats.Kind(record.Slot(slot)); {
			case !v.Set:
			case kind == record.IntStat:
				row.Stats[name] = v.Int
			case kind == record.FloatStat:
				row.Stats[name] = v.Float
			default:
				row.Stats[name] = v.Str
			}
		}
		if row.Kept {
			row.JSON = string(r.AppendJSON(nil))
		}
		row.Keys = append(row.Keys, s.keys...)
		row.Payload = append(row.Payload, s.payload...)
		out[i] = row
	}
	if s.Spec.Kind == op.KindDeduplicator {
		return out, s.group(rows, out)
	}
	return out, nil
}

// One takes one row through the step without allocating for itself; a
// deduplicator keeps it. kept with an error means that the operator refused the
// row; an error alone, that the row is malformed.
func (s *Step) One(rows record.Rows, i int) (kept bool, why op.Reason, err error) {
	if err := rows.Seek(i); err != nil {
		return false, 0, err
	}
	r := s.record
	r.Reset(rows, i)
	s.keys, s.payload = s.keys[:0], s.payload[:0]
	for _, p := range s.env.Texts() {
		if r.Kind(p) != record.String {
			return false, 0, nil
		}
	}
	switch o := s.instance.(type) {
	case op.Mapper:
		return true, 0, o.Map(r)
	case op.Filter:
		if err := o.Measure(r); err != nil {
			return true, 0, err
		}
		kept, why = o.Keep(r)
		return kept, why, nil
	case op.Deduplicator:
		if s.keys, err = o.Keys(r, s.keys); err != nil {
			return true, 0, err
		}
		if s.grouping.Verify {
			s.payload, err = o.(op.Comparer).Payload(r, s.payload)
		}
		return true, 0, err
	}
	return false, 0, fmt.Errorf("%s: an instance is a %T, no mapper, filter or deduplicator", s.Spec.Name, s.instance)
}

// Text is the text of the row that One ran last, as the operator left it.
func (s *Step) Text() []byte { return s.record.Text(s.Fields.Path(s.Key)) }
