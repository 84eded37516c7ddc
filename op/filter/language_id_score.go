package filter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"corpusmill/models"
	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text/langid"
)

type languageIDScoreParams struct {
	Lang     op.OneOrMore `json:"lang" doc:"languages kept, by their codes in the model, such as en and zh; all when empty"`
	MinScore float64      `json:"min_score" doc:"least score kept"`
	op.Interval
}

// languageModels are what the model is looked for as, in order: the whole one
// and the small one.
var languageModels = []string{"lid.176.bin", "lid.176.ftz"}

func init() {
	op.Register(op.Spec{
		Name:    "language_id_score_filter",
		Summary: "Keeps texts that are in one of the given languages, as a fastText model or a built-in one tells, with a score of at least min_score.",
		Kind:    op.KindFilter,
		Doc: `The model is the file ` + "`lid.176.bin`" + `, or else ` + "`lid.176.ftz`" + `, which is the same made small. It is looked for in
the folders of ` + "`--models`" + `, in the user's cache and where Data-Juicer keeps its models; a run doesn't fetch
it, corpusmill models pull does. Any supervised fastText model of one of these names will do. Without
one, the built-in identifier serves; with ` + "`strict_compat`" + ` that is an error. What serves is settled when
the run is planned, is the same for all workers, and is named in the plan and in the report.

The text is put in lower case and taken as one line.

With a fastText model, the language is the best label without its prefix, ` + "`__label__`" + `; scores are as
fastText gives them, 1e-5 too high. A text of which the model knows nothing has the language "" and the
score 0; Data-Juicer fails for it.

The built-in identifier is a naive Bayes model over n-grams of bytes, with the profiles of py3langid. It
knows 121 languages, by their codes in lid.176: 116 of ISO 639-1, and arz, bcl, gom, vec and yue. Its score
is a probability, in steps of 0.0001: of sentences with about 0.8, more than four in five are told right.
Clear prose of 100 characters or more mostly has 0.9 and more; short texts, mixed texts, code and markup
have less, and so have languages that are hard to tell apart: bs and hr, id and ms, no and nn. Name those
together, and lower min_score. A text without a known n-gram has the language "" and the score 0. Near
min_score, and in languages that one of them lacks, it keeps other rows than lid.176.bin does.

Parameters of the range act on the score alone. It is an error when what serves knows none of the
languages.`,
		Stats: []op.Stat{
			{Name: "lang", Doc: "language of the text"},
			{Name: "lang_score", Doc: "the score for it, 0 to 1; to 1.00001 with fastText"},
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
	model       languageModel
}

// languageModel tells the languages of texts.
type languageModel interface {
	languages() []string
	new() languageIdentifier
	Close() error
}

// languageIdentifier is a model's instance for one worker. It gets the text in
// lower case; the language is "" when it knows nothing of it.
type languageIdentifier interface {
	Identify(text []byte) (language string, score float64)
}

func (o *languageIDScore) Open(ctx context.Context, env *op.Env) error {
	o.text, o.lang, o.score = env.Text(), env.Str("lang"), env.Float("lang_score")
	path, err := env.FirstModel(languageModels...)
	switch missing := (*models.NotFound)(nil); {
	case errors.As(err, &missing):
		path = langid.Name
		o.model, err = openBuiltin(env, err)
	case err == nil:
		o.model, err = openFastText(path)
	}
	if err != nil {
		return err
	}
	all := o.model.languages()
	known := func(lang string) bool { return slices.Contains(all, lang) }
	if lang := o.params.Lang; len(lang) > 0 && !slices.ContainsFunc(lang, known) {
		err := fmt.Errorf("no row passes: %s has no language %s; it has %d, such as %s", path, strings.Join(lang, ", "), len(all), all[0])
		return errors.Join(err, o.Close())
	}
	return nil
}

func (o *languageIDScore) Close() error {
	if o.model == nil {
		return nil
	}
	return o.model.Close()
}

func (o *languageIDScore) New(*op.Worker) (any, error) {
	return &languageIDScoreInstance{o, o.model.new()}, nil
}

type languageIDScoreInstance struct {
	*languageIDScore
	identifier languageIdentifier
}

func (o *languageIDScoreInstance) Measure(r *record.Record) error {
	lang, score := o.identifier.Identify(r.Doc(o.text).Lower())
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
