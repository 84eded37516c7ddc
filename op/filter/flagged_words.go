package filter

import (
	"corpusmill/op"
	"corpusmill/text/wordlist"
)

type flaggedWordsParams struct {
	Lang         string  `json:"lang" doc:"language of the list; all for all languages"`
	Tokenization bool    `json:"tokenization" doc:"words are the pieces of the SentencePiece model {lang}.sp.model"`
	MinRatio     float64 `json:"min_ratio" doc:"least ratio kept"`
	MaxRatio     float64 `json:"max_ratio" doc:"greatest ratio kept"`
	Dir          *string `json:"flagged_words_dir" doc:"folder with lists, files *flagged_words*.json; the built-in list when null or not there"`
	augmentation
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "flagged_words_filter",
		Summary: "Keeps texts in which the share of flagged words is within a range.",
		Kind:    op.KindFilter,
		Doc: wordRatioDoc + `

` + wordDirDoc + ` The built-in lists are those of the List of Dirty, Naughty, Obscene, and Otherwise Bad Words, of 28
languages; what they have of several words counts only with use_words_aug and a space to join.
Data-Juicer downloads other lists, so that ratios differ. Give its file flagged_words.json to have the same.`,
		Stats:          []op.Stat{{Name: "flagged_words_ratio", Doc: "share of flagged words, 0 to 1"}},
		Reasons:        op.RangeReasons("min_ratio", "max_ratio"),
		ScratchPerByte: 16,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "One flagged word in four is too many, whatever its case.",
				In:   `{"text":"Sexy singles near you"}` + "\n" + `{"text":"Singles won at the tennis court"}`,
				Want: `{"text":"Singles won at the tennis court"}`,
			},
			{
				Doc:    "Words of several words take augmentation.",
				Params: `{"max_ratio":0,"use_words_aug":true,"words_aug_join_char":" "}`,
				In:     `{"text":"a strip club downtown"}` + "\n" + `{"text":"a club downtown"}`,
				Want:   `{"text":"a club downtown"}`,
			},
		},
	}, flaggedWordsParams{Lang: "en", MaxRatio: 0.045, augmentation: defaultAugmentation, Interval: op.DefaultInterval}, newFlaggedWords)
}

func newFlaggedWords(p flaggedWordsParams) (op.Operator, error) {
	return newWordRatio(wordRatio{
		interval: p.Interval, min: p.MinRatio, max: p.MaxRatio, augment: p.augmentation, lang: p.Lang, tokenization: p.Tokenization,
		name: "flagged_words_ratio",
	}, wordSource{"flagged_words", wordlist.FlaggedWords, p.Dir, p.Lang})
}
