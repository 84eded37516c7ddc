package mapper

import (
	"context"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

func init() {
	op.Register(op.Spec{
		Name:    "whitespace_normalization_mapper",
		Summary: "Trims the text and turns the various kinds of space in it into plain ones.",
		Kind:    op.KindMapper,
		Doc: `White space around the text goes, as Python's str.strip takes it. Inside, each of these
becomes one space: tab, U+0084, U+00A0, U+2000 to U+200D (zero-width characters among them), U+202F,
U+205F, U+2060, U+3000 and U+FFFC. Line breaks stay, and runs of spaces are not joined.`,
		ScratchPerByte: 2,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "Tabs, no-break and ideographic spaces.",
				In:   `{"text":"\u00a0a\tb\u3000c\nd \n"}`,
				Want: `{"text":"a b c\nd"}`,
			},
			{
				Doc:  "A text that is normal already leaves byte for byte as it came.",
				In:   `{ "text" : "a  b\u0021" }`,
				Want: `{ "text" : "a  b\u0021" }`,
			},
		},
	}, struct{}{}, func(struct{}) (op.Operator, error) { return new(whitespaceNormalization), nil })
}

type whitespaceNormalization struct {
	op.Base
	text record.Path
}

func (o *whitespaceNormalization) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *whitespaceNormalization) New(*op.Worker) (any, error) { return o, nil }

func (o *whitespaceNormalization) Map(r *record.Record) error {
	if b := r.Text(o.text); !text.NormalSpace(b) {
		r.SetText(o.text, text.AppendNormalSpace(r.Buffer(o.text), b))
	}
	return nil
}
