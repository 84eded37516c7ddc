package filter

import (
	"context"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

type wordRepetitionParams struct {
	Lang         string  `json:"lang" doc:"language of the model for tokenization"`
	Tokenization bool    `json:"tokenization" doc:"words are the pieces of the SentencePiece model {lang}.sp.model"`
	RepLen       int64   `json:"rep_len" min:"1" doc:"words in an n-gram"`
	MinRatio     float64 `json:"min_ratio" doc:"least ratio kept"`
	MaxRatio     float64 `json:"max_ratio" doc:"greatest ratio kept"`
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "word_repetition_filter",
		Summary: "Keeps texts in which the share of repeated word n-grams is within a range.",
		Kind:    op.KindFilter,
		Doc: `The ratio is that of the n-grams which occur more than once, counted with their
repetitions, to all n-grams; 0 when the text has fewer words than an n-gram. Words lie between spaces,
newlines and tabs; they are put in lower case, then special characters around them are stripped and
empty words left out. Words and n-grams are compared by 64-bit and 61-bit hashes.

` + tokenizationDoc,
		Stats:          []op.Stat{{Name: "word_rep_ratio", Doc: "share of repeated n-grams, 0 to 1"}},
		Reasons:        op.RangeReasons("min_ratio", "max_ratio"),
		ScratchPerByte: 32,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:    "Three of the first text's six bigrams are the same one.",
				Params: `{"rep_len":2,"max_ratio":0.4}`,
				In:     `{"text":"Today is Sunday, sunday SUNDAY sunday. Bye"}` + "\n" + `{"text":"Today is Sunday and a happy day"}`,
				Want:   `{"text":"Today is Sunday and a happy day"}`,
			},
		},
	}, wordRepetitionParams{Lang: "en", RepLen: 10, MaxRatio: 0.5, Interval: op.DefaultInterval}, func(p wordRepetitionParams) (op.Operator, error) {
		return &wordRepetition{params: p}, nil
	})
}

type wordRepetition struct {
	splitter
	params wordRepetitionParams
	text   record.Path
	stat   record.Slot
}

func (o *wordRepetition) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Float("word_rep_ratio")
	return o.open(env, o.params.Tokenization, o.params.Lang)
}

func (o *wordRepetition) New(*op.Worker) (any, error) {
	return &wordRepetitionInstance{wordRepetition: o}, nil
}

type wordRepetitionInstance struct {
	*wordRepetition
	ngrams text.NGrams
}

func (o *wordRepetitionInstance) Measure(r *record.Record) error {
	ids := o.ids(r.Doc(o.text))
	n := int(min(o.params.RepLen, int64(len(ids))+1))
	ratio := 0.0
	if total, repeated := o.ngrams.Repeated(ids, n); total > 0 {
		ratio = float64(repeated) / float64(total)
	}
	r.SetFloat(o.stat, ratio)
	return nil
}

func (o *wordRepetition) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Float(o.stat), o.params.MinRatio, o.params.MaxRatio)
}
