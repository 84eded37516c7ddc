package mapper

import (
	"context"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

func init() {
	op.Register(op.Spec{
		Name:    "punctuation_normalization_mapper",
		Summary: "Replaces punctuation marks of other scripts by those of ASCII.",
		Kind:    op.KindMapper,
		Doc: `These are replaced, the rest stays: ，、 by a comma, 。 by a full stop, ． by a full stop and a
space, „”“«»「」《》 by ", ´’ by ', ∶： by a colon, ；？！ by theirs, （）【】〈〉 by (), [] and <>, –━► by -,
— by a dash between spaces, … by three full stops, ～ by ~, ％ by %. The full-width digit １ becomes " too,
as it does in Data-Juicer.`,
		ScratchPerByte: 3,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "Chinese and typographic punctuation.",
				In:   `{"text":"你好，世界！“yes”—it’s…"}`,
				Want: `{"text":"你好,世界!\"yes\" - it's..."}`,
			},
			{
				Doc:  "A text without them leaves byte for byte as it came.",
				In:   `{ "text" : "a, \u0062" }`,
				Want: `{ "text" : "a, \u0062" }`,
			},
		},
	}, struct{}{}, func(struct{}) (op.Operator, error) { return new(punctuationNormalization), nil })
}

type punctuationNormalization struct {
	op.Base
	text record.Path
}

func (o *punctuationNormalization) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *punctuationNormalization) New(*op.Worker) (any, error) { return o, nil }

func (o *punctuationNormalization) Map(r *record.Record) error {
	if b := r.Text(o.text); text.PlainPunctuation(b) < len(b) {
		r.SetText(o.text, text.AppendPlainPunctuation(r.Buffer(o.text), b))
	}
	return nil
}
