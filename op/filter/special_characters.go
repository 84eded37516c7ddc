package filter

import (
	"context"

	"corpusmill/op"
	"corpusmill/record"
)

type specialCharactersParams struct {
	MinRatio float64 `json:"min_ratio" doc:"least ratio kept"`
	MaxRatio float64 `json:"max_ratio" doc:"greatest ratio kept"`
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "special_characters_filter",
		Summary: "Keeps texts in which the share of special characters is within a range.",
		Kind:    op.KindFilter,
		Doc: `The ratio is that of special characters to all code points; 0 for an empty text. Special are
ASCII punctuation, digits and white space, and a list of other punctuation, symbols, spaces and emoji:
the one that filters of words strip from the ends of words. An emoji of several code points counts by
those of them that are emoji by themselves.`,
		Stats:   []op.Stat{{Name: "special_char_ratio", Doc: "share of special characters, 0 to 1"}},
		Reasons: op.RangeReasons("min_ratio", "max_ratio"),
		Version: 1,
		Examples: []op.Example{
			{
				Doc:  "Spaces count: the first text has 4 of 18.",
				In:   `{"text":"Today is a nice day"}` + "\n" + `{"text":"##### 1. $$$ 👍 !!!"}`,
				Want: `{"text":"Today is a nice day"}`,
			},
			{
				Doc:    "The range reversed keeps what lies outside of it.",
				Params: `{"min_ratio":0.1,"max_ratio":0.9,"reversed_range":true}`,
				In:     `{"text":"日本語のテキスト"}` + "\n" + `{"text":"one, two"}` + "\n" + `{"text":"1234"}`,
				Want:   `{"text":"日本語のテキスト"}` + "\n" + `{"text":"1234"}`,
			},
		},
	}, specialCharactersParams{MaxRatio: 0.25, Interval: op.DefaultInterval}, func(p specialCharactersParams) (op.Operator, error) {
		return &specialCharacters{params: p}, nil
	})
}

type specialCharacters struct {
	op.Base
	params specialCharactersParams
	text   record.Path
	stat   record.Slot
}

func (o *specialCharacters) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Float("special_char_ratio")
	return nil
}

func (o *specialCharacters) New(*op.Worker) (any, error) { return o, nil }

func (o *specialCharacters) Measure(r *record.Record) error {
	c := r.Doc(o.text).Census()
	r.SetFloat(o.stat, ratio(c.Special, c.Runes))
	return nil
}

func (o *specialCharacters) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Float(o.stat), o.params.MinRatio, o.params.MaxRatio)
}
