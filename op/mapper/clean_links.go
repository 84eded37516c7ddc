package mapper

import (
	"corpusmill/op"
	"corpusmill/text"
)

type cleanLinksParams struct {
	Pattern *string `json:"pattern" doc:"what to replace, a Python regex; links when null"`
	Repl    string  `json:"repl" doc:"what to put in its place, a Python replacement template"`
}

func init() {
	op.Register(op.Spec{
		Name:    "clean_links_mapper",
		Summary: "Removes links from the text, or replaces them.",
		Kind:    op.KindMapper,
		Doc: `A link begins with a scheme (http:, mailto:x), with www. or with a host and a slash
(example.org/). It runs up to white space or an angle bracket, and doesn't end in punctuation, but may
end in parentheses that it holds whole. The pattern is Gruber's "liberal" one for web addresses.

` + substituteDoc,
		ScratchPerByte: 12,
		CanFail:        true,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "The link goes, the punctuation after it stays.",
				In:   `{"text":"see https://example.com/a?b=c#d, or www.example.org/x_(y)."}`,
				Want: `{"text":"see , or ."}`,
			},
			{
				Doc:    "A replacement.",
				Params: `{"repl":"<LINK>"}`,
				In:     `{"text":"from example.org/docs to ftp://example.net/file"}`,
				Want:   `{"text":"from <LINK> to <LINK>"}`,
			},
			{
				Doc:    "A pattern of one's own.",
				Params: `{"pattern":"(?:https?|ftp)://\\S+","repl":"L"}`,
				In:     `{"text":"at http://a.b/c and d.e/f"}`,
				Want:   `{"text":"at L and d.e/f"}`,
			},
		},
	}, cleanLinksParams{}, func(p cleanLinksParams) (op.Operator, error) {
		return newSubstitute(builtin{
			pattern: text.LinkPattern,
			groups:  5,
			whole:   1,
			scan:    func() scanner { return new(text.LinkScanner) },
		}, p.Pattern, p.Repl)
	})
}
