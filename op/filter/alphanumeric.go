package filter

import (
	"context"
	"math"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
	hf "corpusmill/text/tokenizers"
)

type alphanumericParams struct {
	Tokenization bool    `json:"tokenization" doc:"divide the letters by the tokens of a Hugging Face tokenizer"`
	MinRatio     float64 `json:"min_ratio" doc:"least ratio kept"`
	MaxRatio     float64 `json:"max_ratio" doc:"greatest ratio kept"`
	op.Interval
}

// alphanumericTokenizer is the tokenizer that Data-Juicer counts tokens with.
const alphanumericTokenizer = "EleutherAI/pythia-6.9b-deduped/tokenizer.json"

func init() {
	op.Register(op.Spec{
		Name:    "alphanumeric_filter",
		Summary: "Keeps texts in which the share of letters and numbers is within a range.",
		Kind:    op.KindFilter,
		Doc: `The ratio is that of the code points for which Python's str.isalnum holds, letters and numbers
of any script, to all; 0 for an empty text. Marks are neither, so that the vowel signs of Indic scripts
lower the ratio.

With tokenization it is that of the letters alone, for which str.isalpha holds, to the tokens of the text,
and may be well above 1; 0 for a text without tokens. Tokens are those of the tokenizer of
EleutherAI/pythia-6.9b-deduped, without special ones added. Its tokenizer.json is looked for in the folders
of ` + "`--models`" + `, below EleutherAI/pythia-6.9b-deduped, in the user's cache, where Data-Juicer keeps its
models and in the cache of Hugging Face; it is not fetched, and its hash is part of the plan. A lone surrogate
is read as U+FFFD, where Data-Juicer fails.`,
		Stats: []op.Stat{
			{Name: "alnum_ratio", Doc: "share of letters and numbers, 0 to 1; without tokenization"},
			{Name: "alpha_token_ratio", Doc: "letters per token; with tokenization"},
		},
		Reasons:        op.RangeReasons("min_ratio", "max_ratio"),
		ScratchPerByte: 24,
		CanFail:        true,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "A quarter is the least by default.",
				In:   `{"text":"a=1+2"}` + "\n" + `{"text":"-=[ 7 ]=-"}` + "\n" + `{"text":"你好，世界！"}`,
				Want: `{"text":"a=1+2"}` + "\n" + `{"text":"你好，世界！"}`,
			},
			{
				Doc:    "Texts that aren't letters and numbers alone.",
				Params: `{"min_ratio":0,"max_ratio":1,"max_closed_interval":false}`,
				In:     `{"text":"abc123"}` + "\n" + `{"text":"abc 123"}`,
				Want:   `{"text":"abc 123"}`,
			},
			{
				Doc:    "What the tokenizer knows no words of has few letters in a token.",
				Params: `{"tokenization":true,"min_ratio":1.5}`,
				In:     `{"text":"The people of the house will know it."}` + "\n" + `{"text":"0x7F == 127 || (a & b) != c"}`,
				Want:   `{"text":"The people of the house will know it."}`,
			},
		},
	}, alphanumericParams{MinRatio: 0.25, MaxRatio: math.MaxInt64, Interval: op.DefaultInterval}, newAlphanumeric)
}

func newAlphanumeric(p alphanumericParams) (op.Operator, error) { return &alphanumeric{params: p}, nil }

type alphanumeric struct {
	op.Base
	params    alphanumericParams
	text      record.Path
	stat      record.Slot
	tokenizer *hf.Tokenizer // nil without tokenization
}

func (o *alphanumeric) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	if !o.params.Tokenization {
		o.stat = env.Float("alnum_ratio")
		return nil
	}
	o.stat = env.Float("alpha_token_ratio")
	path, err := env.Model(alphanumericTokenizer)
	if err == nil {
		o.tokenizer, err = hf.Open(path)
	}
	return err
}

func (o *alphanumeric) New(*op.Worker) (any, error) {
	if o.tokenizer == nil {
		return o, nil
	}
	return &alphaTokens{alphanumeric: o, encoder: o.tokenizer.NewEncoder()}, nil
}

func (o *alphanumeric) Measure(r *record.Record) error {
	c := r.Doc(o.text).Census()
	r.SetFloat(o.stat, ratio(c.Alnum, c.Runes))
	return nil
}

func (o *alphanumeric) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Float(o.stat), o.params.MinRatio, o.params.MaxRatio)
}

// alphaTokens is the operator with tokenization.
type alphaTokens struct {
	*alphanumeric
	encoder *hf.Encoder
	ids     []uint32
}

func (o *alphaTokens) Measure(r *record.Record) (err error) {
	b := r.Text(o.text)
	if o.ids, err = o.encoder.Append(o.ids[:0], b); err != nil {
		return err
	}
	r.SetFloat(o.stat, ratio(text.Letters(b), len(o.ids)))
	return nil
}
