package wordlist_test

import (
	"slices"
	"testing"

	"corpusmill/text"
	"corpusmill/text/wordlist"
)

func TestLists(t *testing.T) {
	for _, l := range []wordlist.List{wordlist.Stopwords, wordlist.FlaggedWords} {
		langs := l.Languages()
		if !slices.IsSorted(langs) || !slices.Contains(langs, "en") || !slices.Contains(langs, "zh") || slices.Contains(langs, "all") {
			t.Errorf("languages of %s are %q", l, langs)
		}
		for _, lang := range langs {
			words := l.Words(lang)
			if len(words) == 0 {
				t.Errorf("%s: no %s", l, lang)
			}
			for _, w := range words {
				if w == "" || string(text.AppendLower(nil, []byte(w))) != w || !text.Valid([]byte(w)) {
					t.Errorf("%s: %s: a word is %q", l, lang, w)
				}
			}
		}
		if w := l.Words("tlh-x"); w != nil {
			t.Errorf("%s: words of no language: %q", l, w)
		}
	}
	if en := wordlist.Stopwords.Words("en"); !slices.Contains(en, "the") || slices.Contains(en, "house") {
		t.Error("these are no English stop words")
	}
}
