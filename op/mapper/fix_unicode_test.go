package mapper

import (
	"strings"
	"testing"

	"corpusmill/op/optest"
)

func TestFixUnicodeForms(t *testing.T) {
	const in = "e\u0301 \u00e9 \ufb01 ½"
	for params, want := range map[string]string{
		`{}`:                       "\u00e9 \u00e9 fi ½",
		`{"normalization":""}`:     "\u00e9 \u00e9 fi ½",
		`{"normalization":"nfd"}`:  "e\u0301 e\u0301 fi ½",
		`{"normalization":"NFKC"}`: "\u00e9 \u00e9 fi 1\u20442",
		`{"normalization":"nfkd"}`: "e\u0301 e\u0301 fi 1\u20442",
	} {
		if got := mapText(t, "fix_unicode_mapper", params, in); got != want {
			t.Errorf("%s: got %+q, want %+q", params, got, want)
		}
	}
	_, err := optest.Open("fix_unicode_mapper", `{"normalization":"NFX"}`)
	if err == nil || !strings.Contains(err.Error(), `"NFX" is no normal form; use NFC`) {
		t.Errorf("the error is %v", err)
	}
}
