package filter

import (
	"strings"
	"testing"

	"corpusmill/op/optest"
)

func TestUnknownLanguage(t *testing.T) {
	_, err := optest.Open("language_id_score_filter", `{"lang":["english","chinese"]}`)
	if err == nil || !strings.Contains(err.Error(), "has no language english, chinese; it has 3") {
		t.Errorf("the error is %v", err)
	}
	s, err := optest.Open("language_id_score_filter", `{"lang":["english","en"]}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
