package filter

import (
	"context"
	"math"

	"corpusmill/op"
	"corpusmill/record"
)

type averageLineLengthParams struct {
	MinLen int64 `json:"min_len" doc:"least average kept, in code points"`
	MaxLen int64 `json:"max_len" doc:"greatest average kept, in code points"`
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "average_line_length_filter",
		Summary: "Keeps texts whose average line length is within a range.",
		Kind:    op.KindFilter,
		Doc: `The average is the text's code points, with those that end lines, by the number of its lines; 0
for an empty text. ` + linesDoc,
		Stats:          []op.Stat{{Name: "avg_line_length", Doc: "code points per line"}},
		Reasons:        op.RangeReasons("min_len", "max_len"),
		ScratchPerByte: 8,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "Lists of short lines go.",
				In:   `{"text":"a\nbb\nccc"}` + "\n" + `{"text":"A line of some length.\nend"}`,
				Want: `{"text":"A line of some length.\nend"}`,
			},
			{
				Doc:    "The ends of lines are part of the average, which is 3 and 2.5.",
				Params: `{"min_len":3}`,
				In:     `{"text":"ab\ncd\n"}` + "\n" + `{"text":"ab\ncd"}`,
				Want:   `{"text":"ab\ncd\n"}`,
			},
		},
	}, averageLineLengthParams{10, math.MaxInt64, op.DefaultInterval}, func(p averageLineLengthParams) (op.Operator, error) {
		return &averageLineLength{params: p}, nil
	})
}

// linesDoc says what a line is.
const linesDoc = `Lines end as those of Python's str.splitlines do: at \n, \r, \r\n, \v, \f, U+001C to U+001E, U+0085,
U+2028 and U+2029. There is no line after the last of them when nothing follows.`

type averageLineLength struct {
	op.Base
	params averageLineLengthParams
	text   record.Path
	stat   record.Slot
}

func (o *averageLineLength) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Float("avg_line_length")
	return nil
}

func (o *averageLineLength) New(*op.Worker) (any, error) { return o, nil }

func (o *averageLineLength) Measure(r *record.Record) error {
	d := r.Doc(o.text)
	r.SetFloat(o.stat, ratio(d.Runes(), len(d.Lines())))
	return nil
}

func (o *averageLineLength) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Float(o.stat), float64(o.params.MinLen), float64(o.params.MaxLen))
}
