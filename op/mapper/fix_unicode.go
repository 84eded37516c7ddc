package mapper

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text/ftfy"
)

type fixUnicodeParams struct {
	Normalization *string `json:"normalization" doc:"the normal form that the text is left in: NFC, NFD, NFKC or NFKD, in any case; NFC when null or empty"`
}

func init() {
	op.Register(op.Spec{
		Name:    "fix_unicode_mapper",
		Summary: "Mends garbled text: wrong encodings, entities, stray controls and typography.",
		Kind:    op.KindMapper,
		Doc: `Does what fix_text of the Python package ftfy 6.3.1 does, line by line: HTML entities become
characters (up to the first line with a < in it: from there on they are meant); text that was decoded with
the wrong encoding, even several times or in part, is decoded anew; C1 controls become what Windows-1252
has in their place; Latin ligatures are taken apart, characters of full and half width become common ones,
curly quotes straight, line breaks newlines, surrogate pairs what they stand for and lone ones U+FFFD;
escape sequences of terminals and control characters go. Then the text is put in the normal form.

Lines of more than a million code points are cut. The tables are those of Unicode 15.0; ftfy's are those of
the Python that runs it.`,
		ScratchPerByte: 24,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "Garbled punctuation and letters, entities, width.",
				In:   `{"text":"âœ” schÃ¶n, donâ€™t &lt;3 &eacute; ＯＫ"}`,
				Want: `{"text":"✔ schön, don't <3 é OK"}`,
			},
			{
				Doc:    "Another normal form.",
				Params: `{"normalization":"NFKC"}`,
				In:     `{"text":"10³ µm"}`,
				Want:   `{"text":"103 μm"}`,
			},
			{
				Doc:  "A text with nothing to mend leaves byte for byte as it came.",
				In:   `{ "text" : "AT&T d\u00e9j\u00e0 vu" }`,
				Want: `{ "text" : "AT&T d\u00e9j\u00e0 vu" }`,
			},
		},
	}, fixUnicodeParams{}, func(p fixUnicodeParams) (op.Operator, error) {
		o := &fixUnicode{form: norm.NFC}
		if p.Normalization == nil || *p.Normalization == "" {
			return o, nil
		}
		switch strings.ToUpper(*p.Normalization) {
		case "NFC":
		case "NFD":
			o.form = norm.NFD
		case "NFKC":
			o.form = norm.NFKC
		case "NFKD":
			o.form = norm.NFKD
		default:
			return nil, fmt.Errorf("normalization: %q is no normal form; use NFC, NFD, NFKC or NFKD", *p.Normalization)
		}
		return o, nil
	})
}

type fixUnicode struct {
	op.Base
	form norm.Form
	text record.Path
}

func (o *fixUnicode) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *fixUnicode) New(*op.Worker) (any, error) {
	return &unicodeFixer{o.text, ftfy.New(o.form)}, nil
}

type unicodeFixer struct {
	text  record.Path
	fixer *ftfy.Fixer
}

func (m *unicodeFixer) Map(r *record.Record) error {
	if out, changed := m.fixer.Append(r.Buffer(m.text), r.Text(m.text)); changed {
		r.SetText(m.text, out)
	}
	return nil
}
