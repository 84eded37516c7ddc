package filter

import (
	"context"
	"errors"
	"math"

	"corpusmill/op"
	"corpusmill/record"
)

type alphanumericParams struct {
	Tokenization bool    `json:"tokenization" doc:"divide by the tokens of a Hugging Face tokenizer; not built yet"`
	MinRatio     float64 `json:"min_ratio" doc:"least ratio kept"`
	MaxRatio     float64 `json:"max_ratio" doc:"greatest ratio kept"`
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "alphanumeric_filter",
		Summary: "Keeps texts in which the share of letters and numbers is within a range.",
		Kind:    op.KindFilter,
		Doc: `The ratio is that of the code points for which Python's str.isalnum holds, letters and numbers
of any script, to all; 0 for an empty text. Marks are neither, so that the vowel signs of Indic scripts
lower the ratio.`,
		Stats:   []op.Stat{{Name: "alnum_ratio", Doc: "share of letters and numbers, 0 to 1"}},
		Reasons: op.RangeReasons("min_ratio", "max_ratio"),
		Version: 1,
		Examples: []op.Example{
			{
				Doc:  "A quarter is the least by default.",
				In:   `{"text":"a=1+2"}` + "\n" + `{"text":"-=[ 7 ]=-"}` + "\n" + `{"text":"你好，世界！"}`,
				Want: `{"text":"a=1+2"}` + "\n" + `{"text":"你好，世界！"}`,
			},
			{
				Doc:    "Texts that aren't letters and numbers alone.",
				Params: `{"min_ratio":0,"max_ratio":1,"max_closed_interval":false}`,
				In:     `{"text":"abc123"}` + "\n" + `{"text":"abc 123"}`,
				Want:   `{"text":"abc 123"}`,
			},
		},
	}, alphanumericParams{MinRatio: 0.25, MaxRatio: math.MaxInt64, Interval: op.DefaultInterval}, newAlphanumeric)
}

func newAlphanumeric(p alphanumericParams) (op.Operator, error) {
	if p.Tokenization {
		return nil, errors.New("tokenization: counting the tokens of a Hugging Face tokenizer is not built yet; " +
			"leave it false to divide by code points")
	}
	return &alphanumeric{params: p}, nil
}

type alphanumeric struct {
	op.Base
	params alphanumericParams
	text   record.Path
	stat   record.Slot
}

func (o *alphanumeric) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Float("alnum_ratio")
	return nil
}

func (o *alphanumeric) New(*op.Worker) (any, error) { return o, nil }

func (o *alphanumeric) Measure(r *record.Record) error {
	c := r.Doc(o.text).Census()
	r.SetFloat(o.stat, ratio(c.Alnum, c.Runes))
	return nil
}

func (o *alphanumeric) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Float(o.stat), o.params.MinRatio, o.params.MaxRatio)
}
