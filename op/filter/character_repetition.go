package filter

import (
	"context"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

type characterRepetitionParams struct {
	RepLen   int64   `json:"rep_len" min:"1" doc:"code points in an n-gram"`
	MinRatio float64 `json:"min_ratio" doc:"least ratio kept"`
	MaxRatio float64 `json:"max_ratio" doc:"greatest ratio kept"`
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "character_repetition_filter",
		Summary: "Keeps texts in which the share of the most repeated character n-grams is within a range.",
		Kind:    op.KindFilter,
		Doc: `The n-grams are of code points. Of d distinct ones, the √d (rounded down) most frequent are taken,
but only those that occur more than once; the ratio is that of their occurrences to all n-grams. It is
0 when the text has fewer code points than an n-gram. N-grams are compared by 63 bits of a hash, which
takes two for one in about one of 10^12 texts of 2 KB.`,
		Stats:          []op.Stat{{Name: "char_rep_ratio", Doc: "share of the most repeated n-grams, 0 to 1"}},
		Reasons:        op.RangeReasons("min_ratio", "max_ratio"),
		ScratchPerByte: 50,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "Nearly all n-grams of the first text are the same one.",
				In:   `{"text":"Noooooooooooooooooooooooo!"}` + "\n" + `{"text":"It is the same day as yesterday, or so it seems."}`,
				Want: `{"text":"It is the same day as yesterday, or so it seems."}`,
			},
			{
				Doc:    "Of four bigrams three are distinct; the most frequent one occurs twice, which makes 0.5.",
				Params: `{"rep_len":2,"max_ratio":0.4}`,
				In:     `{"text":"ababc"}` + "\n" + `{"text":"abcde"}`,
				Want:   `{"text":"abcde"}`,
			},
		},
	}, characterRepetitionParams{RepLen: 10, MaxRatio: 0.5, Interval: op.DefaultInterval}, func(p characterRepetitionParams) (op.Operator, error) {
		return &characterRepetition{params: p}, nil
	})
}

type characterRepetition struct {
	op.Base
	params characterRepetitionParams
	text   record.Path
	stat   record.Slot
}

func (o *characterRepetition) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Float("char_rep_ratio")
	return nil
}

func (o *characterRepetition) New(*op.Worker) (any, error) {
	return &characterRepetitionInstance{characterRepetition: o}, nil
}

type characterRepetitionInstance struct {
	*characterRepetition
	ngrams text.CharNGrams
}

func (o *characterRepetitionInstance) Measure(r *record.Record) error {
	d := r.Doc(o.text)
	n := int(min(o.params.RepLen, int64(d.Runes())+1))
	r.SetFloat(o.stat, o.ngrams.Repetition(d.Text(), n))
	return nil
}

func (o *characterRepetition) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Float(o.stat), o.params.MinRatio, o.params.MaxRatio)
}
