package dedup

import (
	"context"

	"github.com/zeebo/xxh3"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

type documentParams struct {
	Lowercase          bool `json:"lowercase" doc:"compare texts in lower case"`
	IgnoreNonCharacter bool `json:"ignore_non_character" doc:"compare texts without white space, digits and ASCII punctuation"`
}

func init() {
	op.Register(op.Spec{
		Name:    "document_deduplicator",
		Summary: "Keeps the first of the rows whose texts are the same.",
		Kind:    op.KindDeduplicator,
		Doc: `Texts are compared without the white space around them, by a 128-bit hash (XXH3). Lower case
is Python's str.lower; ignore_non_character takes out white space, the decimal digits of all scripts
and ASCII punctuation, but no other punctuation. Empty texts are the same as each other. Data-Juicer
compares by MD5; its column with the hash is not written.`,
		ScratchPerByte: 3,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "White space around the text doesn't count.",
				In:   `{"text":"a b","id":1}` + "\n" + `{"text":" a b\n","id":2}` + "\n" + `{"text":"A b","id":3}`,
				Want: `{"text":"a b","id":1}` + "\n" + `{"text":"A b","id":3}`,
			},
			{
				Doc:    "Looser comparison.",
				Params: `{"lowercase":true,"ignore_non_character":true}`,
				In:     `{"text":"Chapter 1: It begins."}` + "\n" + `{"text":"chapter 2 - it begins"}` + "\n" + `{"text":"it begins"}`,
				Want:   `{"text":"Chapter 1: It begins."}` + "\n" + `{"text":"it begins"}`,
			},
		},
	}, documentParams{}, func(p documentParams) (op.Operator, error) { return &document{params: p}, nil })
}

type document struct {
	op.Base
	params documentParams
	text   record.Path
}

func (o *document) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *document) New(*op.Worker) (any, error) { return &documentInstance{document: o}, nil }

type documentInstance struct {
	*document
	buf []byte
}

func (o *documentInstance) Keys(r *record.Record, dst []op.Key) ([]op.Key, error) {
	b := r.Text(o.text)
	if o.params.Lowercase {
		b = r.Doc(o.text).Lower()
	}
	if o.params.IgnoreNonCharacter {
		o.buf = text.AppendCharacters(o.buf[:0], b)
		b = o.buf
	}
	h := xxh3.Hash128(text.Trim(b))
	return append(dst, op.Key{Hi: h.Hi, Lo: h.Lo}), nil
}
