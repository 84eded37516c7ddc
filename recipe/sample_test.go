package recipe_test

import (
	"errors"
	"regexp"

	"corpusmill/op"
)

// Operators that exist in these tests only. Between them they have every type
// of parameter.

type sampleMapper struct {
	Pattern *string  `json:"pattern" doc:"what to replace"`
	Repl    string   `json:"repl" doc:"what to put there"`
	Mode    string   `json:"mode" enum:"first,last,all" doc:"which matches"`
	Words   []string `json:"words" doc:"words"`
	Sizes   []int64  `json:"sizes" doc:"sizes"`
}

type sampleFilter struct {
	MinLen   int64   `json:"min_len" min:"0" doc:"least"`
	MaxLen   int64   `json:"max_len" doc:"most"`
	MaxRatio float64 `json:"max_ratio" min:"0" max:"1" doc:"largest share"`
	Tokens   bool    `json:"tokenization" doc:"count tokens"`
	op.Interval
}

type sampleDeduplicator struct {
	Lowercase bool `json:"lowercase" doc:"fold case"`
}

func register[P any](spec op.Spec, defaults P, check func(P) error) {
	spec.Summary, spec.Version, spec.Examples = "Only in tests.", 1, []op.Example{{}}
	op.Register(spec, defaults, func(p P) (op.Operator, error) { return nil, check(p) })
}

func init() {
	register(op.Spec{Name: "sample_replace_mapper", Kind: op.KindMapper}, sampleMapper{Mode: "all", Words: []string{}, Sizes: []int64{}},
		func(p sampleMapper) error {
			if p.Pattern == nil {
				return nil
			}
			_, err := regexp.Compile(*p.Pattern)
			return err
		})
	register(op.Spec{Name: "sample_length_filter", Kind: op.KindFilter, Stats: []op.Stat{{Name: "len"}}, Reasons: []string{"x"}},
		sampleFilter{MinLen: 10, MaxLen: 1000000, MaxRatio: 0.5, Interval: op.DefaultInterval},
		func(p sampleFilter) error {
			if p.Tokens {
				return errors.New("tokenization needs a model")
			}
			return nil
		})
	register(op.Spec{Name: "sample_document_deduplicator", Kind: op.KindDeduplicator}, sampleDeduplicator{},
		func(sampleDeduplicator) error { return nil })
}
