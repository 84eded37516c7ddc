package filter

import (
	"context"
	"math"

	"corpusmill/op"
	"corpusmill/record"
)

type wordsNumParams struct {
	Lang         string `json:"lang" doc:"language of the model for tokenization"`
	Tokenization bool   `json:"tokenization" doc:"words are the pieces of the SentencePiece model {lang}.sp.model"`
	MinNum       int64  `json:"min_num" doc:"fewest words kept"`
	MaxNum       int64  `json:"max_num" doc:"most words kept"`
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "words_num_filter",
		Summary: "Keeps texts whose number of words is within a range.",
		Kind:    op.KindFilter,
		Doc: `Words lie between spaces, newlines and tabs. Punctuation, digits, emoji and other special
characters around a word don't count, so a word of them alone is none.

` + tokenizationDoc,
		Stats:          []op.Stat{{Name: "num_words", Doc: "words of the text"}},
		Reasons:        op.RangeReasons("min_num", "max_num"),
		ScratchPerByte: 10,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:    "Numbers and dashes are no words.",
				Params: `{"min_num":3}`,
				In:     `{"text":"one 2 three - four"}` + "\n" + `{"text":"(one) 2 - 3 \"four\""}`,
				Want:   `{"text":"one 2 three - four"}`,
			},
			{
				Doc:    "An open bound.",
				Params: `{"min_num":1,"max_num":2,"max_closed_interval":false}`,
				In:     `{"text":"one"}` + "\n" + `{"text":"one two"}`,
				Want:   `{"text":"one"}`,
			},
		},
	}, wordsNumParams{Lang: "en", MinNum: 10, MaxNum: math.MaxInt64, Interval: op.DefaultInterval}, func(p wordsNumParams) (op.Operator, error) {
		return &wordsNum{params: p}, nil
	})
}

type wordsNum struct {
	splitter
	params wordsNumParams
	text   record.Path
	stat   record.Slot
}

func (o *wordsNum) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Int("num_words")
	return o.open(env, o.params.Tokenization, o.params.Lang)
}

func (o *wordsNum) New(*op.Worker) (any, error) { return o, nil }

func (o *wordsNum) Measure(r *record.Record) error {
	r.SetInt(o.stat, int64(o.count(r.Doc(o.text))))
	return nil
}

func (o *wordsNum) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Int(o.stat), o.params.MinNum, o.params.MaxNum)
}
