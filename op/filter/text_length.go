package filter

import (
	"context"
	"math"

	"corpusmill/op"
	"corpusmill/record"
)

type textLengthParams struct {
	MinLen int64 `json:"min_len" doc:"fewest code points kept"`
	MaxLen int64 `json:"max_len" doc:"most code points kept"`
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "text_length_filter",
		Summary: "Keeps texts whose length in code points is within a range.",
		Kind:    op.KindFilter,
		Doc:     `The length is Python's len: code points, a lone surrogate counting as one.`,
		Stats:   []op.Stat{{Name: "text_len", Doc: "code points of the text"}},
		Reasons: op.RangeReasons("min_len", "max_len"),
		Version: 1,
		Examples: []op.Example{
			{
				Doc:  "Ten code points are the least by default.",
				In:   `{"text":"123456789"}` + "\n" + `{"text":"今天天气很好，我们出去"}`,
				Want: `{"text":"今天天气很好，我们出去"}`,
			},
			{
				Doc:    "The range reversed keeps what lies outside of it.",
				Params: `{"min_len":2,"max_len":4,"reversed_range":true}`,
				In:     `{"text":"a"}` + "\n" + `{"text":"abc"}` + "\n" + `{"text":"abcde"}`,
				Want:   `{"text":"a"}` + "\n" + `{"text":"abcde"}`,
			},
		},
	}, textLengthParams{10, math.MaxInt64, op.DefaultInterval}, func(p textLengthParams) (op.Operator, error) {
		return &textLength{params: p}, nil
	})
}

type textLength struct {
	op.Base
	params textLengthParams
	text   record.Path
	stat   record.Slot
}

func (o *textLength) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Int("text_len")
	return nil
}

func (o *textLength) New(*op.Worker) (any, error) { return o, nil }

func (o *textLength) Measure(r *record.Record) error {
	r.SetInt(o.stat, int64(r.Doc(o.text).Runes()))
	return nil
}

func (o *textLength) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Int(o.stat), o.params.MinLen, o.params.MaxLen)
}
