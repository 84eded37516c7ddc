package mapper

import (
	"corpusmill/op"
	"corpusmill/text"
)

type cleanEmailParams struct {
	Pattern *string `json:"pattern" doc:"what to replace, a Python regex; e-mail addresses when null"`
	Repl    string  `json:"repl" doc:"what to put in its place, a Python replacement template"`
}

func init() {
	op.Register(op.Spec{
		Name:    "clean_email_mapper",
		Summary: "Removes e-mail addresses from the text, or replaces them.",
		Kind:    op.KindMapper,
		Doc: "An address is what " + "`" + text.EmailPattern + "`" + ` matches, so the domain is in lower case.

` + substituteDoc,
		ScratchPerByte: 12,
		CanFail:        true,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "The address goes, what is around it stays.",
				In:   `{"text":"happy day euqdh@cjqi.com"}`,
				Want: `{"text":"happy day "}`,
			},
			{
				Doc:    "A replacement.",
				Params: `{"repl":"<EMAIL>"}`,
				In:     `{"text":"write to a.b+c@example.co.uk.","id":7}`,
				Want:   `{"text":"write to <EMAIL>.","id":7}`,
			},
			{
				Doc:    "A pattern of one's own, with a group in the replacement.",
				Params: `{"pattern":"(\\w+)@\\w+","repl":"\\1@..."}`,
				In:     `{"text":"é@ü and root@localhost"}`,
				Want:   `{"text":"é@... and root@..."}`,
			},
		},
	}, cleanEmailParams{}, func(p cleanEmailParams) (op.Operator, error) {
		return newSubstitute(builtin{
			pattern: text.EmailPattern,
			scan:    func() scanner { return new(text.EmailScanner) },
		}, p.Pattern, p.Repl)
	})
}
