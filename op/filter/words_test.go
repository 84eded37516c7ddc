package filter

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/op"
	"corpusmill/op/optest"
	"corpusmill/record"
)

// folder makes a folder with files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func wordParams(dir, lang string) string {
	b, _ := json.Marshal(map[string]any{"stopwords_dir": dir, "lang": lang, "min_ratio": 0})
	return string(b)
}

func TestWordLists(t *testing.T) {
	two := map[string]string{
		"my_stopwords_1.json": `{"en":["the"],"fr":["le"]}`,
		"stopwords.json":      `{"en":["of","The"]}`,
		"flagged_words.json":  `{"en":["hell"]}`,
		"stopwords.txt":       `the house`,
	}
	all := map[string]string{"stopwords.json": `{"en":["the"],"all":["le"]}`}
	for _, c := range []struct {
		files map[string]string
		lang  string
		want  float64
	}{
		{two, "en", 2.0 / 5}, {two, "fr", 1.0 / 5}, {two, "all", 3.0 / 5}, {all, "all", 1.0 / 5},
	} {
		s, err := optest.Open("stopwords_filter", wordParams(folder(t, c.files), c.lang))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.Run(optest.Texts(s.Fields, s.Key, []byte("The house of le hell.")))
		if err != nil {
			t.Fatal(err)
		}
		if got := rows[0].Stats["stopwords_ratio"]; got != c.want {
			t.Errorf("%v, lang %s: ratio %v, want %v", c.files, c.lang, got, c.want)
		}
	}
}

func TestWordListErrors(t *testing.T) {
	for _, c := range []struct {
		files map[string]string
		lang  string
		want  []string
	}{
		{nil, "en", []string{"stopwords_dir: ", "{dir} has no file *stopwords*.json", "leave the parameter out"}},
		{map[string]string{"flagged_words.json": `{"en":["a"]}`}, "en", []string{"{dir} has no file *stopwords*.json"}},
		{map[string]string{"stopwords.json": `["a"]`}, "en", []string{"{dir}/stopwords.json is not of the form", "cannot unmarshal array"}},
		{map[string]string{"stopwords.json": `{"en":["a"`}, "en", []string{"{dir}/stopwords.json is not of the form", "unexpected end"}},
		{map[string]string{"stopwords.json": `{}`}, "en", []string{"no words in {dir}/stopwords.json"}},
		{map[string]string{"stopwords.json": `{"en":["a"],"de":["b"]}`}, "fr", []string{`lang: no words for "fr" in {dir}/stopwords.json`, "de, en"}},
	} {
		dir := folder(t, c.files)
		_, err := optest.Open("stopwords_filter", wordParams(dir, c.lang))
		for _, want := range c.want {
			if want = strings.ReplaceAll(want, "{dir}", dir); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, lang %s: the error is %v, want %q in it", c.files, c.lang, err, want)
			}
		}
	}
	file := filepath.Join(folder(t, map[string]string{"file": ""}), "file")
	nested := t.TempDir()
	if err := os.Mkdir(filepath.Join(nested, "stopwords.json"), 0o777); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{file: "not a directory", nested: "is no file"} {
		if _, err := optest.Open("stopwords_filter", wordParams(dir, "en")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
	if _, err := optest.Open("flagged_words_filter", `{"lang":"xx"}`); err == nil || !strings.Contains(err.Error(), "the built-in flagged words") {
		t.Errorf("a language that the built-in list lacks: %v", err)
	}
	if _, err := optest.Open("flagged_words_filter", `{"words_aug_group_sizes":[2,0]}`); err == nil {
		t.Error("a group of 0 words is accepted")
	}
}

// TestBuiltinList holds that a built-in list is declared as a stand-in, and that
// a list of the user's isn't.
func TestBuiltinList(t *testing.T) {
	own := folder(t, map[string]string{"stopwords.json": `{"en":["the"]}`})
	for dir, want := range map[string]string{
		"":                        "stopwords_dir isn't given; name a folder that has Data-Juicer's stopwords.json",
		"testdata/no/such/folder": "stopwords_dir testdata/no/such/folder isn't there; name a folder",
		own:                       "",
	} {
		o, err := op.Build("stopwords_filter", json.RawMessage(wordParams(dir, "en")))
		if err != nil {
			t.Fatal(err)
		}
		var got string
		refused := errors.New("refused")
		err = o.Open(t.Context(), &op.Env{
			Fields: &record.Fields{}, Stats: &record.Stats{}, TextKey: "text",
			TakeStandIn: func(s op.StandIn) error {
				got = s.Missing.Error()
				if s.Name != "the built-in stop words for en" || s.For != "stopwords.json" || len(s.Hash) != 32 {
					t.Errorf("the stand-in is %+v", s)
				}
				return refused
			},
		})
		if !strings.HasPrefix(got, want) || (got == "") != (want == "") || errors.Is(err, refused) != (want != "") {
			t.Errorf("the folder %q: the stand-in's reason is %q, the error %v", dir, got, err)
		}
	}
}

func TestAugmentation(t *testing.T) {
	dir := folder(t, map[string]string{"flagged_words.json": `{"zh":["ab","abc"]}`})
	for params, want := range map[string]float64{
		`"use_words_aug":false`: 0,
		`"use_words_aug":true`:  1.0 / 5,
		`"use_words_aug":true,"words_aug_group_sizes":[2,3,1,2,4000000000000]`:              3.0 / 11,
		`"use_words_aug":true,"words_aug_group_sizes":[2],"words_aug_join_char":" "`:        0,
		`"use_words_aug":true,"words_aug_group_sizes":[],"words_aug_join_char":"of no use"`: 0,
	} {
		dirJSON, _ := json.Marshal(dir)
		s, err := optest.Open("flagged_words_filter", `{"lang":"zh","flagged_words_dir":`+string(dirJSON)+`,`+params+`}`)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.Run(optest.Texts(s.Fields, s.Key, []byte("a, B c!")))
		if err != nil {
			t.Fatal(err)
		}
		if got := rows[0].Stats["flagged_words_ratio"]; got != want {
			t.Errorf("%s: ratio %v, want %v", params, got, want)
		}
	}
}
