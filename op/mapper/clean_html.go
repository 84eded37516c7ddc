package mapper

import (
	"context"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text/htmltext"
)

func init() {
	op.Register(op.Spec{
		Name:    "clean_html_mapper",
		Summary: "Replaces HTML by the text in it.",
		Kind:    op.KindMapper,
		Doc: `First each <li> and <ol> that has no attributes becomes a newline and an asterisk. Then the text is
read as browsers read a page with scripts turned off, and what is text in its body stays, joined with
nothing between: comments, tags, attributes and the head go, character references become characters, and a
carriage return becomes a newline. White space before the body goes; a text without any HTML is a body.
Sources of scripts and styles in the body stay, as Data-Juicer has it.

Data-Juicer's result depends on the version of the parser that is installed there: this is what Data-Juicer
1.4.3 did, whose parser took the body alone; newer parsers also give the head's text. Where that parser
departed from the HTML standard (it lost the text before a < at the very end), the standard is followed.

A page with more than 512 elements open at once, or more than 16 of those that only change the font (b, i,
a, font and the like), has its texts taken in the order of the source, without the rules that move them in
broken tables.`,
		ScratchPerByte: 64,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "Tags and comments go, references become characters.",
				In:   `{"text":"<h1>Fish &amp; chips</h1><!-- x --><p>1 &lt; 2, caf&eacute;"}`,
				Want: `{"text":"Fish & chips1 < 2, café"}`,
			},
			{
				Doc:  "Items of lists.",
				In:   `{"text":"<ul><li>one</li><li class=\"x\">two</li></ul>"}`,
				Want: `{"text":"\n*onetwo"}`,
			},
			{
				Doc:  "A text without HTML leaves byte for byte as it came.",
				In:   `{ "text" : "a > b\u0021" }`,
				Want: `{ "text" : "a > b\u0021" }`,
			},
		},
	}, struct{}{}, func(struct{}) (op.Operator, error) { return new(cleanHTML), nil })
}

type cleanHTML struct {
	op.Base
	text record.Path
}

func (o *cleanHTML) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *cleanHTML) New(*op.Worker) (any, error) { return &htmlCleaner{text: o.text}, nil }

type htmlCleaner struct {
	text   record.Path
	marked []byte
}

func (m *htmlCleaner) Map(r *record.Record) error {
	b := r.Text(m.text)
	if htmltext.Plain(b) {
		return nil
	}
	const keep = 1 << 20 // a larger buffer serves one text alone
	if cap(m.marked) > keep && len(b) < keep/16 {
		m.marked = nil
	}
	m.marked = htmltext.AppendMarkedItems(m.marked[:0], b)
	r.SetText(m.text, htmltext.Append(r.Buffer(m.text), m.marked))
	return nil
}
