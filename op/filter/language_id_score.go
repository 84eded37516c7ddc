package filter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text/fasttext"
)

type languageIDScoreParams struct {
	Lang     op.OneOrMore `json:"lang" doc:"languages kept, as the model names them; all when empty"`
	MinScore float64      `json:"min_score" doc:"least score kept"`
	op.Interval
}

const languageModel = "lid.176.bin"

func init() {
	op.Register(op.Spec{
		Name:    "language_id_score_filter",
		Summary: "Keeps texts that a fastText model finds to be in one of the given languages, with a score of at least min_score.",
		Kind:    op.KindFilter,
		Doc: `The model is the file ` + "`" + languageModel + "`" + `, which is looked for in the folders of ` + "`--models`" + `, in the user's
cache and where Data-Juicer keeps its models; it is not fetched. Any supervised fastText model of that
name will do, quantised ones included. Its hash is part of the plan.

The text is put in lower case and taken as one line. The language is the best label without its prefix,
` + "`__label__`" + `; scores are as fastText gives them, 1e-5 too high. A text of which the model knows nothing
has the language "" and the score 0; Data-Juicer fails for it. Parameters of the range act on the
score alone. It is an error when the model knows none of the languages.`,
		Stats: []op.Stat{
			{Name: "lang", Doc: "language of the text"},
			{Name: "lang_score", Doc: "the model's score for it, 0 to 1.00001"},
		},
		Reasons:        []string{"other language", "below min_score", "inside reversed range"},
		ScratchPerByte: 2,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:    "Only English is kept.",
				Params: `{"lang":"en","min_score":0.3}`,
				In:     `{"text":"the people of this country know that the house is on the hill"}` + "\n" + `{"text":"我们今天去公园，天气很好"}`,
				Want:   `{"text":"the people of this country know that the house is on the hill"}`,
			},
			{
				Doc:    "Of two languages, the texts whose language is clear.",
				Params: `{"lang":["en","zh"],"min_score":0.5}`,
				In:     `{"text":"the people of this country know that the house is on the hill"}` + "\n" + `{"text":"我们今天去公园，天气很好"}`,
				Want:   `{"text":"the people of this country know that the house is on the hill"}` + "\n" + `{"text":"我们今天去公园，天气很好"}`,
			},
		},
	}, languageIDScoreParams{MinScore: 0.8, Interval: op.DefaultInterval}, func(p languageIDScoreParams) (op.Operator, error) {
		return &languageIDScore{params: p}, nil
	})
}

type languageIDScore struct {
	params      languageIDScoreParams
	text        record.Path
	lang, score record.Slot
	model       *fasttext.Model
}

func (o *languageIDScore) Open(ctx context.Context, env *op.Env) error {
	o.text, o.lang, o.score = env.Text(), env.Str("lang"), env.Float("lang_score")
	path, err := env.Model(languageModel)
	if err != nil {
		return err
	}
	if o.model, err = fasttext.Open(path); err != nil {
		return err
	}
	known := func(lang string) bool {
		return slices.ContainsFunc(o.model.Labels(), func(l string) bool { return language(l) == lang })
	}
	if lang := o.params.Lang; len(lang) > 0 && !slices.ContainsFunc(lang, known) {
		labels := o.model.Labels()
		err := fmt.Errorf("no row passes: the model %s has no language %s; it has %d, such as %s",
			path, strings.Join(lang, ", "), len(labels), language(labels[0]))
		return errors.Join(err, o.Close())
	}
	return nil
}

// language is a label without its prefix.
func language(label string) string { return strings.TrimPrefix(label, "__label__") }

func (o *languageIDScore) Close() error {
	if o.model == nil {
		return nil
	}
	return o.model.Close()
}

func (o *languageIDScore) New(*op.Worker) (any, error) {
	return &languageIDScoreInstance{o, o.model.New()}, nil
}

type languageIDScoreInstance struct {
	*languageIDScore
	predictor *fasttext.Predictor
}

func (o *languageIDScoreInstance) Measure(r *record.Record) error {
	lang, score := "", 0.0
	if best := o.predictor.Predict(r.Doc(o.text).Lower(), 1); len(best) > 0 {
		lang, score = language(best[0].Label), float64(best[0].Score)
	}
	r.SetString(o.lang, lang)
	r.SetFloat(o.score, score)
	return nil
}

func (o *languageIDScore) Keep(r *record.Record) (bool, op.Reason) {
	if len(o.params.Lang) > 0 && !slices.Contains(o.params.Lang, r.Str(o.lang)) {
		return false, 0
	}
	ok, why := op.Judge(o.params.Interval, r.Float(o.score), o.params.MinScore, math.Inf(1))
	if why == op.Inside {
		return ok, 2
	}
	return ok, 1
}
