package models

import "strings"

// Kind is the format of a model file.
type Kind string

const (
	FastText      Kind = "fastText"
	SentencePiece Kind = "SentencePiece"
	KenLM         Kind = "KenLM"
	Words         Kind = "word lists" // JSON, {"language": ["word", ...]}
)

// Entry is a model that recipes ask for by its file's name, or the models of
// that name for all languages.
type Entry struct {
	Name      string   `json:"name"` // {lang} stands for a language
	Kind      Kind     `json:"kind"`
	Licence   string   `json:"licence"` // as its publisher states it
	Operators []string `json:"operators"`
	Note      string   `json:"note,omitempty"`
	// Languages are those that one of the sources lists; there may be more.
	Languages []string `json:"languages,omitempty"`
	// Size, in bytes, and SHA256 are those of the published file; zero where
	// the publisher gives none, or has several files of that name.
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Sources are the URLs of the file, the one to try first in front.
	Sources []string `json:"sources"`
}

const langMark = "{lang}"

const (
	fastTextSite   = "https://dl.fbaipublicfiles.com/fasttext/supervised-models/"
	dataJuicer     = "https://dail-wlcb.oss-cn-wulanchabu.aliyuncs.com/data_juicer/"
	wikipediaModel = "https://huggingface.co/edugp/kenlm/resolve/main/wikipedia/"
)

// wikipediaLanguages are those that the card of edugp/kenlm lists.
var wikipediaLanguages = []string{
	"af", "ar", "arz", "as", "bn", "ca", "en", "es", "eu", "fr", "gu", "hi", "id", "kn", "ml", "mr",
	"pt", "sw", "ta", "te", "ur", "vi", "yo", "zh",
}

const wikipediaLicence = "MIT (edugp/kenlm)"

// Catalogue lists the models that recipes ask for. The licences, sizes and
// hashes are those of the publishers' pages: fasttext.cc for the language
// identification, the model card of edugp/kenlm for those of Wikipedia. Where
// Data-Juicer has two sources the order is its own, so that a recipe gets the
// same files.
func Catalogue() []Entry {
	return []Entry{
		{
			Name: "lid.176.bin", Kind: FastText, Licence: "CC-BY-SA-3.0",
			Operators: []string{"language_id_score_filter"},
			Size:      131266198,
			SHA256:    "7e69ec5451bc261cc7844e49e4792a85d7f09c06789ec800fc4a44aec362764e",
			Sources:   []string{fastTextSite + "lid.176.bin", dataJuicer + "models/lid.176.bin"},
		},
		{
			Name: "lid.176.ftz", Kind: FastText, Licence: "CC-BY-SA-3.0",
			Operators: []string{"language_id_score_filter"},
			Note:      "lid.176.bin made small, a little less exact; used where that isn't there",
			Size:      938013,
			SHA256:    "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83",
			Sources:   []string{fastTextSite + "lid.176.ftz"},
		},
		{
			Name: langMark + ".sp.model", Kind: SentencePiece, Licence: wikipediaLicence,
			Operators: []string{
				"words_num_filter", "word_repetition_filter", "stopwords_filter", "flagged_words_filter", "perplexity_filter",
			},
			Note:      "all but perplexity_filter use it with tokenization: true",
			Languages: wikipediaLanguages,
			Sources:   []string{dataJuicer + "models/" + langMark + ".sp.model", wikipediaModel + langMark + ".sp.model"},
		},
		{
			Name: langMark + ".arpa.bin", Kind: KenLM, Licence: wikipediaLicence,
			Operators: []string{"perplexity_filter"},
			Note:      "some GB for a large language",
			Languages: wikipediaLanguages,
			Sources:   []string{dataJuicer + "models/" + langMark + ".arpa.bin", wikipediaModel + langMark + ".arpa.bin"},
		},
		{
			Name: "stopwords.json", Kind: Words, Licence: "none stated",
			Operators: []string{"stopwords_filter"},
			Note:      "used when stopwords_dir names its folder",
			Sources:   []string{dataJuicer + "stopwords.json"},
		},
		{
			Name: "flagged_words.json", Kind: Words, Licence: "none stated",
			Operators: []string{"flagged_words_filter"},
			Note:      "used when flagged_words_dir names its folder",
			Sources:   []string{dataJuicer + "flagged_words.json"},
		},
	}
}

// Lookup finds the entry for a file's name, with the language set where the
// entry is for all.
func Lookup(name string) (Entry, bool) {
	for _, e := range Catalogue() {
		if lang, ok := e.language(name); ok {
			e.Name = name
			for i, s := range e.Sources {
				e.Sources[i] = strings.ReplaceAll(s, langMark, lang)
			}
			return e, true
		}
	}
	return Entry{}, false
}

// Of says whether the entry is for the file of that name.
func (e Entry) Of(name string) bool {
	_, ok := e.language(name)
	return ok
}

func (e Entry) language(name string) (lang string, ok bool) {
	suffix, every := strings.CutPrefix(e.Name, langMark)
	if !every {
		return "", name == e.Name
	}
	lang, ok = strings.CutSuffix(name, suffix)
	return lang, ok && plain(lang)
}

// plain says whether s may stand for a language in a file's name and a URL.
func plain(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	})
}

// Names are the names of all models, one for each language that is listed.
func Names() []string {
	var out []string
	for _, e := range Catalogue() {
		if len(e.Languages) == 0 {
			out = append(out, e.Name)
		}
		for _, l := range e.Languages {
			out = append(out, strings.ReplaceAll(e.Name, langMark, l))
		}
	}
	return out
}
