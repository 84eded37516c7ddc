package filter

import (
	"corpusmill/op"
	"corpusmill/text/wordlist"
)

type stopwordsParams struct {
	Lang         string  `json:"lang" doc:"language of the list; all for all languages"`
	Tokenization bool    `json:"tokenization" doc:"words are the pieces of the SentencePiece model {lang}.sp.model"`
	MinRatio     float64 `json:"min_ratio" doc:"least ratio kept"`
	MaxRatio     float64 `json:"max_ratio" doc:"greatest ratio kept"`
	Dir          *string `json:"stopwords_dir" doc:"folder with lists, files *stopwords*.json; the built-in list when null or not there"`
	augmentation
	op.Interval
}

func init() {
	op.Register(op.Spec{
		Name:    "stopwords_filter",
		Summary: "Keeps texts in which the share of stop words is within a range.",
		Kind:    op.KindFilter,
		Doc: `Prose has many stop words (the, and, of), lists of keywords have few. ` + wordRatioDoc + `

` + wordDirDoc + ` The built-in lists are those of stopwords-iso, of 58 languages; Data-Juicer downloads other
ones, so that ratios differ. Give its file stopwords.json to have the same.`,
		Stats:          []op.Stat{{Name: "stopwords_ratio", Doc: "share of stop words, 0 to 1"}},
		Reasons:        op.RangeReasons("min_ratio", "max_ratio"),
		ScratchPerByte: 16,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "Keywords are no prose.",
				In:   `{"text":"It was the best of times, it was the worst of times."}` + "\n" + `{"text":"cheap flights Paris London hotel booking"}`,
				Want: `{"text":"It was the best of times, it was the worst of times."}`,
			},
			{
				Doc:    "な and ど joined are a stop word, one of 5 words with the two groups.",
				Params: `{"lang":"ja","min_ratio":0.1,"use_words_aug":true}`,
				In:     `{"text":"東京 な ど"}` + "\n" + `{"text":"東京 都 庁"}`,
				Want:   `{"text":"東京 な ど"}`,
			},
		},
	}, stopwordsParams{Lang: "en", MinRatio: 0.3, MaxRatio: 1, augmentation: defaultAugmentation, Interval: op.DefaultInterval}, newStopwords)
}

func newStopwords(p stopwordsParams) (op.Operator, error) {
	return newWordRatio(wordRatio{
		interval: p.Interval, min: p.MinRatio, max: p.MaxRatio, augment: p.augmentation, lang: p.Lang, tokenization: p.Tokenization,
		name: "stopwords_ratio",
	}, wordSource{"stopwords", wordlist.Stopwords, p.Dir, p.Lang})
}
