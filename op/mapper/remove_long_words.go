package mapper

import (
	"context"
	"math"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

type removeLongWordsParams struct {
	MinLen int64 `json:"min_len" doc:"fewest code points of a word that stays"`
	MaxLen int64 `json:"max_len" doc:"most code points of a word that stays"`
}

func init() {
	op.Register(op.Spec{
		Name:    "remove_long_words_mapper",
		Summary: "Removes the words of the text whose length is out of a range.",
		Kind:    op.KindMapper,
		Doc: `Words lie between spaces, tabs and newlines, and their length is in code points. A word that is
too long is measured again without the special characters around it (digits and punctuation among them),
and stays whole if that is within the range.

The words that stay are joined anew, also where none was removed: runs of separators become one, a newline
where one is in the run, else a tab, else a space, and those around the text go.`,
		ScratchPerByte: 3,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:    "Words of three to eight code points stay.",
				Params: `{"min_len":3,"max_len":8}`,
				In:     `{"text":"It is a pneumonoultramicroscopic word, (\"wrapped\")... éàü"}`,
				Want:   `{"text":"word, (\"wrapped\")... éàü"}`,
			},
			{
				Doc:  "By default no word goes; the separators are made single.",
				In:   `{"text":" a  b \t c\n\n d "}`,
				Want: `{"text":"a b\tc\nd"}`,
			},
		},
	}, removeLongWordsParams{1, math.MaxInt64}, func(p removeLongWordsParams) (op.Operator, error) {
		clamp := func(n int64) int { return int(min(max(n, 0), math.MaxInt)) }
		o := &removeLongWords{shortest: clamp(p.MinLen), longest: clamp(p.MaxLen)}
		if p.MaxLen < 0 {
			o.shortest, o.longest = 1, 0
		}
		return o, nil
	})
}

type removeLongWords struct {
	op.Base
	shortest, longest int
	text              record.Path
}

func (o *removeLongWords) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *removeLongWords) New(*op.Worker) (any, error) { return o, nil }

func (o *removeLongWords) Map(r *record.Record) error {
	b, words := r.Text(o.text), r.Doc(o.text).Words()
	if !text.WordsOfLength(b, words, o.shortest, o.longest) {
		r.SetText(o.text, text.AppendWordsOfLength(r.Buffer(o.text), b, words, o.shortest, o.longest))
	}
	return nil
}
