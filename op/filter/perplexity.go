package filter

import (
	"context"
	"math"
	"strconv"
	"unicode/utf8"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
	"corpusmill/text/kenlm"
)

type perplexityParams struct {
	Lang   string  `json:"lang" doc:"language of the two models"`
	MinPPL float64 `json:"min_ppl" doc:"least perplexity kept"`
	MaxPPL float64 `json:"max_ppl" doc:"greatest perplexity kept"`
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "perplexity_filter",
		Summary: "Keeps texts whose perplexity, by an n-gram model, is within a range.",
		Kind:    op.KindFilter,
		Doc: `The text is cut by the SentencePiece model {lang}.sp.model, and its pieces are scored by the KenLM model
{lang}.arpa.bin as the words of a sentence. The files are looked for in the folders of ` + "`--models`" + `, in the
user's cache and where Data-Juicer keeps its models; a run doesn't fetch them, corpusmill
models pull does. Their hashes are part of the plan. SentencePiece models may be unigram or BPE; language models may be ARPA files and binary files
of all of KenLM's structures. A binary file is mapped, and processes share it; of an ARPA file of 16 MiB and
more one is made first, which stays in ` + "`corpusmill/kenlm`" + ` in the user's cache for the next run, under
the hash of the ARPA file. Where nothing can be written there, an ARPA file of up to 2 GiB is read into
memory.

The perplexity is 10 to the power of minus the sum of the logarithms over their number, one per piece
and one for the end, rounded to one decimal; 0 for a text without pieces. Where the SentencePiece model
leaves line breaks in the text, each line is a sentence. A lone surrogate is read as U+FFFD, where
Data-Juicer fails.`,
		Stats:          []op.Stat{{Name: "perplexity", Doc: "perplexity per piece, rounded to one decimal"}},
		Reasons:        op.RangeReasons("min_ppl", "max_ppl"),
		ScratchPerByte: 48,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:    "What the model of English doesn't expect has a high perplexity.",
				Params: `{"max_ppl":100}`,
				In:     `{"text":"Hello, world!"}` + "\n" + `{"text":"日本語のテキスト、カタカナ"}`,
				Want:   `{"text":"Hello, world!"}`,
			},
		},
	}, perplexityParams{Lang: "en", MaxPPL: 1500, Interval: op.DefaultInterval}, func(p perplexityParams) (op.Operator, error) {
		return &perplexity{params: p}, nil
	})
}

type perplexity struct {
	params perplexityParams
	text   record.Path
	stat   record.Slot
	pieces splitter
	model  *kenlm.Model
	// words are the numbers of the pieces in model, split for those that white
	// space is in.
	words []uint32
}

// split marks a piece that is not one word: no model has so many.
const split = math.MaxUint32

func (o *perplexity) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Float("perplexity")
	if err := o.pieces.open(env, true, o.params.Lang); err != nil {
		return err
	}
	path, err := findModel(env, o.params.Lang, ".arpa.bin")
	if err == nil {
		o.model, err = kenlm.OpenCached(path, env.DerivedFolder("kenlm"))
	}
	if err != nil {
		o.Close()
		return err
	}
	pieces := o.pieces.tokenizer.Model()
	o.words = make([]uint32, pieces.Len())
	for i := range o.words {
		o.words[i] = o.word([]byte(pieces.Piece(int32(i))))
	}
	o.words[pieces.Unknown()] = split
	return nil
}

// word returns the number of a piece, or split.
func (o *perplexity) word(piece []byte) uint32 {
	for i := 0; i < len(piece); {
		if c := piece[i]; c < utf8.RuneSelf {
			if c <= ' ' {
				return split
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(piece[i:])
		if text.IsSpace(r) { // among them all line ends above ASCII
			return split
		}
		i += n
	}
	return o.model.Index(piece)
}

func (o *perplexity) Close() error {
	o.pieces.Close()
	if o.model == nil {
		return nil
	}
	return o.model.Close()
}

func (o *perplexity) New(*op.Worker) (any, error) { return &perplexityInstance{perplexity: o}, nil }

type perplexityInstance struct {
	*perplexity
	states [2]kenlm.State
	joined []byte
	lines  []text.Span
	digits [32]byte
}

func (o *perplexityInstance) Measure(r *record.Record) error {
	tokens := r.Doc(o.text).Tokens(o.pieces.tokenizer)
	sum, count, ok := o.sentence(tokens)
	if !ok {
		sum, count = o.sentences(tokens)
	}
	ppl := 0.0
	if count > 0 {
		ppl = min(math.Pow(10, -sum/float64(count)), math.MaxFloat64)
	}
	r.SetFloat(o.stat, o.round(ppl))
	return nil
}

// sentence scores the pieces as one sentence of a word each; ok is false when
// they are not.
func (o *perplexityInstance) sentence(tokens *record.Tokens) (sum float64, count int, ok bool) {
	pieces := tokens.Pieces()
	if len(pieces) == 0 {
		return 0, 0, true
	}
	unknown := o.pieces.tokenizer.Model().Unknown()
	in, out := o.model.Begin(), &o.states[0]
	total := float32(0)
	for i, p := range pieces {
		word := o.words[p.ID]
		if p.ID == unknown {
			word = o.word(tokens.Text(p))
		}
		if word == split {
			return 0, 0, false
		}
		prob, _ := o.model.Score(in, word, out)
		total += prob
		in, out = out, &o.states[1-i&1]
	}
	prob, _ := o.model.Score(in, o.model.End(), out)
	return float64(total + prob), len(pieces) + 1, true
}

// sentences scores the lines of the pieces joined by spaces.
func (o *perplexityInstance) sentences(tokens *record.Tokens) (sum float64, count int) {
	o.joined = o.joined[:0]
	for i, p := range tokens.Pieces() {
		if i > 0 {
			o.joined = append(o.joined, ' ')
		}
		o.joined = append(o.joined, tokens.Text(p)...)
	}
	o.lines = text.AppendLines(o.lines[:0], o.joined)
	for _, l := range o.lines {
		line := l.Of(o.joined)
		sum += float64(o.model.Sentence(line))
		count += fields(line) + 1
	}
	return sum, count
}

// fields is the number of words between white space of Unicode.
func fields(b []byte) (n int) {
	in := false
	for i := 0; i < len(b); {
		r, width := text.Decode(b[i:])
		i += width
		if space := text.IsSpace(r); space == in {
			in = !space
			if in {
				n++
			}
		}
	}
	return n
}

// round rounds to one decimal, as the nearest number with one is written.
func (o *perplexityInstance) round(x float64) float64 {
	if x >= 1<<52 {
		return x
	}
	x, _ = strconv.ParseFloat(string(strconv.AppendFloat(o.digits[:0], x, 'f', 1, 64)), 64)
	return x
}

func (o *perplexity) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.params.Interval, r.Float(o.stat), o.params.MinPPL, o.params.MaxPPL)
}
