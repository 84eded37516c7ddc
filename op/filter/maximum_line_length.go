package filter

import (
	"context"
	"math"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

type maximumLineLengthParams struct {
	MinLen int64 `json:"min_len" doc:"least length of the longest line kept, in code points"`
	MaxLen int64 `json:"max_len" doc:"greatest length of the longest line kept, in code points"`
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "maximum_line_length_filter",
		Summary: "Keeps texts whose longest line has a length within a range.",
		Kind:    op.KindFilter,
		Doc: `The length is in code points, without what ends the line; 0 for an empty text.
` + linesDoc,
		Stats:          []op.Stat{{Name: "max_line_length", Doc: "code points of the longest line"}},
		Reasons:        op.RangeReasons("min_len", "max_len"),
		ScratchPerByte: 8,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "One line of ten code points is enough by default.",
				In:   `{"text":"a\nbb\nccc"}` + "\n" + `{"text":"a\nten or more\nb"}`,
				Want: `{"text":"a\nten or more\nb"}`,
			},
			{
				Doc:    "Lines of minified code are too long.",
				Params: `{"min_len":0,"max_len":20}`,
				In:     `{"text":"x=1;y=2;z=3;a=4;b=5;c=6"}` + "\n" + `{"text":"x = 1\ny = 2"}`,
				Want:   `{"text":"x = 1\ny = 2"}`,
			},
		},
	}, maximumLineLengthParams{10, math.MaxInt64, op.DefaultInterval}, func(p maximumLineLengthParams) (op.Operator, error) {
		return &maximumLineLength{params: p}, nil
	})
}

type maximumLineLength struct {
	op.Base
	params maximumLineLengthParams
	text   record.Path
	stat   record.Slot
}

func (o *maximumLineLength) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Int("max_line_length")
	return nil
}

func (o *maximumLineLength) New(*op.Worker) (any, error) { return o, nil }

func (o *maximumLineLength) Measure(r *record.Record) error {
	d := r.Doc(o.text)
	longest := 0
	for _, line := range d.Lines() {
		// A line has at most as many code points as bytes.
		if int(line.End-line.Start) > longest {
			longest = max(longest, text.Runes(line.Of(d.Text())))
		}
	}
	r.SetInt(o.stat, int64(longest))
	return nil
}

func (o *maximumLineLength) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Int(o.stat), o.params.MinLen, o.params.MaxLen)
}
