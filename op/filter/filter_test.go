package filter

import (
	"fmt"
	"strings"
	"testing"

	"corpusmill/op/optest"
)

func TestTokenization(t *testing.T) {
	for _, name := range []string{"words_num_filter", "word_repetition_filter", "stopwords_filter", "flagged_words_filter"} {
		for lang, want := range map[string]string{"fr": "the model fr.sp.model isn't in", "../en": "is no language"} {
			params := fmt.Sprintf(`{"tokenization":true,"lang":%q}`, lang)
			if _, err := optest.Open(name, params); err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "no words") {
				t.Errorf("%s: lang %s: the error is %v, want %s", name, lang, err, want)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	for _, c := range []struct{ name, params, text, reason string }{
		{"text_length_filter", `{}`, "short", "below min_len"},
		{"text_length_filter", `{"max_len":3}`, "longer than that", "above max_len"},
		{"text_length_filter", `{"reversed_range":true}`, "long enough", "inside reversed range"},
		{"words_num_filter", `{"min_num":2}`, "one 2", "below min_num"},
		{"word_repetition_filter", `{"rep_len":1}`, "a a b", "above max_ratio"},
		{"word_repetition_filter", `{"rep_len":9223372036854775807,"min_ratio":0.1}`, "a a b", "below min_ratio"},
		{"character_repetition_filter", `{"rep_len":9223372036854775807,"min_ratio":0.1}`, "aaab", "below min_ratio"},
		{"character_repetition_filter", `{"rep_len":1}`, "aaab", "above max_ratio"},
		{"alphanumeric_filter", `{}`, "-", "below min_ratio"},
		{"special_characters_filter", `{}`, "-", "above max_ratio"},
		{"average_line_length_filter", `{"min_len":0,"max_len":3}`, "abcd\nef", "above max_len"},
		{"maximum_line_length_filter", `{"min_len":0,"max_len":3}`, "a\nbcde\n", "above max_len"},
		{"stopwords_filter", `{}`, "paris hotel", "below min_ratio"},
		{"flagged_words_filter", `{}`, "sex", "above max_ratio"},
		{"perplexity_filter", `{"min_ppl":100}`, "Hello, world!", "below min_ppl"},
		{"perplexity_filter", `{"max_ppl":10}`, "Hello, world!", "above max_ppl"},
		{"language_id_score_filter", `{"lang":["fr","zh"],"min_score":0}`, "the people of this country", "other language"},
		{"language_id_score_filter", `{"lang":"en","min_score":1.1}`, "the people of this country", "below min_score"},
		{"language_id_score_filter", `{"min_score":0.1,"reversed_range":true}`, "the people of this country", "inside reversed range"},
	} {
		s, err := optest.Open(c.name, c.params)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.Run(optest.Texts(s.Fields, s.Key, []byte(c.text)))
		if err != nil {
			t.Fatal(err)
		}
		if rows[0].Kept || rows[0].Reason != c.reason {
			t.Errorf("%s %s: kept %v, reason %q, want %q", c.name, c.params, rows[0].Kept, rows[0].Reason, c.reason)
		}
	}
}

// TestFoldBeforeStrip holds the order of the two: lower case of Г is no special
// character while Г is one, and with Ø it is the other way round.
func TestFoldBeforeStrip(t *testing.T) {
	s, err := optest.Open("word_repetition_filter", `{"rep_len":1,"max_ratio":1}`)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.Run(optest.Texts(s.Fields, s.Key, []byte("Г г Ø ø a b"), []byte("İ i̇ x")))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{2.0 / 4, 2.0 / 3} {
		if got := rows[i].Stats["word_rep_ratio"]; got != want {
			t.Errorf("row %d: ratio %v, want %v", i, got, want)
		}
	}
}
