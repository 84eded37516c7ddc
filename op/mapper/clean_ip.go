package mapper

import (
	"corpusmill/op"
	"corpusmill/text"
)

type cleanIPParams struct {
	Pattern *string `json:"pattern" doc:"what to replace, a Python regex; IP addresses when null"`
	Repl    string  `json:"repl" doc:"what to put in its place, a Python replacement template"`
}

func init() {
	op.Register(op.Spec{
		Name:    "clean_ip_mapper",
		Summary: "Removes IP addresses from the text, or replaces them.",
		Kind:    op.KindMapper,
		Doc: `An address is four numbers from 0 to 255 without leading zeros and with dots between them,
or eight groups of up to four hexadecimal digits with colons between them. It may stand within a longer
run of digits or letters; IPv6 addresses that are shortened by :: are not found.

` + substituteDoc,
		ScratchPerByte: 12,
		CanFail:        true,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "The addresses go, what is around them stays.",
				In:   `{"text":"from 192.168.0.12:80 and 2001:db8:0:1:2:3:4:5, not ::1"}`,
				Want: `{"text":"from :80 and , not ::1"}`,
			},
			{
				Doc:    "A replacement.",
				Params: `{"repl":"<IP>"}`,
				In:     `{"text":"8.8.8.8 or 1.2.3.256","id":7}`,
				Want:   `{"text":"<IP> or <IP>6","id":7}`,
			},
			{
				Doc:    "A pattern of one's own.",
				Params: `{"pattern":"\\b::1\\b|::1","repl":"localhost"}`,
				In:     `{"text":"ping ::1"}`,
				Want:   `{"text":"ping localhost"}`,
			},
		},
	}, cleanIPParams{}, func(p cleanIPParams) (op.Operator, error) {
		return newSubstitute(builtin{
			pattern: text.AddressPattern,
			groups:  1,
			scan:    func() scanner { return new(text.AddressScanner) },
		}, p.Pattern, p.Repl)
	})
}
