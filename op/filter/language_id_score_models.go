package filter

import (
	"strings"

	"corpusmill/op"
	"corpusmill/text/fasttext"
	"corpusmill/text/langid"
)

// fastTextLanguages is a fastText model whose labels are languages.
type fastTextLanguages struct{ *fasttext.Model }

func openFastText(path string) (languageModel, error) {
	m, err := fasttext.Open(path)
	if err != nil {
		return nil, err
	}
	return fastTextLanguages{m}, nil
}

// language is a label without its prefix.
func language(label string) string { return strings.TrimPrefix(label, "__label__") }

func (m fastTextLanguages) languages() []string {
	var out []string
	for _, l := range m.Labels() {
		out = append(out, language(l))
	}
	return out
}

func (m fastTextLanguages) new() languageIdentifier { return fastTextIdentifier{m.New()} }

type fastTextIdentifier struct{ *fasttext.Predictor }

func (i fastTextIdentifier) Identify(text []byte) (string, float64) {
	best := i.Predict(text, 1)
	if len(best) == 0 {
		return "", 0
	}
	return language(best[0].Label), float64(best[0].Score)
}

// builtinLanguages is the identifier that serves where there is no model.
type builtinLanguages struct{ *langid.Model }

func openBuiltin(env *op.Env, missing error) (languageModel, error) {
	s := op.StandIn{Name: langid.Name, Hash: langid.Hash(), For: languageModels[0], Missing: missing}
	if err := env.StandIn(s); err != nil {
		return nil, err
	}
	m, err := langid.Default()
	if err != nil {
		return nil, err
	}
	return builtinLanguages{m}, nil
}

func (m builtinLanguages) languages() []string     { return m.Languages() }
func (m builtinLanguages) new() languageIdentifier { return m.New() }
func (m builtinLanguages) Close() error            { return nil }
