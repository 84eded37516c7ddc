// Package wordlist holds the lists of words that filters use when the user
// gives none. They are in lower case.
//
// The stop words are those of stopwords-iso (MIT), the flagged words those of
// the List of Dirty, Naughty, Obscene, and Otherwise Bad Words (CC BY 4.0); the
// repository's NOTICE has the attributions. gen.go makes the files.
package wordlist

import (
	_ "embed"
	"strings"
)

//go:embed stopwords.txt
var stopwords string

//go:embed flagged_words.txt
var flaggedWords string

// List is words by language.
type List struct {
	name string
	text string // a line for each language: its name and its words between tabs
}

// The lists.
var (
	Stopwords    = List{"the built-in stop words", stopwords}
	FlaggedWords = List{"the built-in flagged words", flaggedWords}
)

// String names the list in messages.
func (l List) String() string { return l.name }

// Languages are the list's languages, ISO 639 codes in order, some with a
// region.
func (l List) Languages() []string {
	var out []string
	for line := range strings.Lines(l.text) {
		lang, _, _ := strings.Cut(line, "\t")
		out = append(out, lang)
	}
	return out
}

// Words are the words of a language, nil when the list doesn't have it.
func (l List) Words(lang string) []string {
	for line := range strings.Lines(l.text) {
		if name, words, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); name == lang {
			return strings.Split(words, "\t")
		}
	}
	return nil
}
