package filter

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"corpusmill/models"
	"corpusmill/op"
	"corpusmill/op/optest"
	"corpusmill/record"
	"corpusmill/text/langid"
)

const identify = "language_id_score_filter"

func TestUnknownLanguage(t *testing.T) {
	_, err := optest.Open(identify, `{"lang":["english","chinese"]}`)
	if err == nil || !strings.Contains(err.Error(), "has no language english, chinese; it has 3") {
		t.Errorf("the error is %v", err)
	}
	_, err = optest.OpenWithoutModels(identify, `{"lang":["english"]}`)
	if err == nil || !strings.Contains(err.Error(), langid.Name+" has no language english; it has 1") {
		t.Errorf("without a model the error is %v", err)
	}
	s, err := optest.Open(identify, `{"lang":["english","en"]}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestBuiltinLanguages has the built-in identifier judge rows.
func TestBuiltinLanguages(t *testing.T) {
	s, err := optest.OpenWithoutModels(identify, `{"lang":["en","zh"]}`)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows, err := s.Run(optest.Texts(s.Fields, s.Key,
		[]byte("The committee\nhas not yet said when it will publish its report, and nobody expects it before the spring."),
		[]byte("THE COMMITTEE HAS NOT YET SAID WHEN IT WILL PUBLISH ITS REPORT, AND NOBODY EXPECTS IT BEFORE THE SPRING."),
		[]byte("委员会还没有说明什么时候公布报告，大家都认为春天以前不会有结果，记者们只好继续等待。"),
		[]byte("La commission n'a pas encore dit quand elle publiera son rapport, et personne ne l'attend avant le printemps."),
		[]byte("ok"), []byte("{\"id\": 17, \"x\": [0.25, 0.5]}"), nil, []byte("\xff\xfe\x80"), []byte("\xed\xa0\x80"),
	))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		lang string // "" for any
		kept bool
	}{{"en", true}, {"en", true}, {"zh", true}, {"fr", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false}} {
		lang, score := rows[i].Stats["lang"], rows[i].Stats["lang_score"]
		if want.lang != "" && lang != want.lang || rows[i].Kept != want.kept {
			t.Errorf("row %d: %v with %v, kept %t", i, lang, score, rows[i].Kept)
		}
	}
}

// TestLanguageModels tells which file is taken, and when none is.
func TestLanguageModels(t *testing.T) {
	model, err := os.ReadFile("../../testdata/models/lid.176.bin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"lid.176.bin", "lid.176.ftz"}, "lid.176.bin"},
		{[]string{"lid.176.ftz"}, "lid.176.ftz"},
		{nil, langid.Name},
	} {
		dir, used := t.TempDir(), ""
		for _, f := range c.files {
			if err := os.WriteFile(dir+"/"+f, model, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		env := &op.Env{
			Fields: &record.Fields{}, Stats: &record.Stats{}, TextKey: "text",
			FindModel: func(name string) (string, error) {
				path, err := models.Find(name, []string{dir})
				if err == nil {
					used = name
				}
				return path, err
			},
			TakeStandIn: func(s op.StandIn) error {
				if missing := (*models.NotFound)(nil); !errors.As(s.Missing, &missing) || missing.Name != "lid.176.bin" || s.Hash != langid.Hash() {
					t.Errorf("the stand-in is %+v", s)
				}
				used = s.Name
				return nil
			},
		}
		o, err := op.Build(identify, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Open(t.Context(), env); err != nil {
			t.Errorf("%v: %v", c.files, err)
		}
		if used != c.want {
			t.Errorf("of %v %s is used", c.files, used)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestBuiltinSteady holds that the built-in identifier costs no allocation.
func TestBuiltinSteady(t *testing.T) {
	s, err := optest.OpenWithoutModels(identify, "{}")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows := optest.Texts(s.Fields, s.Key, bytes.Repeat([]byte("All human beings are born free. Tous les êtres humains. "), 40), []byte("short"))
	one := func() {
		for i := range rows.Len() {
			if _, _, err := s.One(rows, i); err != nil {
				t.Fatal(err)
			}
		}
	}
	one()
	if n := testing.AllocsPerRun(20, one); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
