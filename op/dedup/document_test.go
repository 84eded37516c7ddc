package dedup

import (
	"testing"

	"corpusmill/op/optest"
)

func TestDocument(t *testing.T) {
	for _, c := range []struct {
		params, a, b string
		same         bool
	}{
		{`{}`, "", " \n\u3000\x1c", true},
		{`{}`, "a", "A", false},
		{`{}`, "a b", "ab", false},
		{`{}`, "a\u200b", "a", false},
		{`{"lowercase":true}`, "ΑΣ İ", "ας i̇", true},
		{`{"lowercase":true}`, "STRASSE", "straße", false},
		{`{"ignore_non_character":true}`, "a-1 b\u00a0٣_", "ab", true},
		{`{"ignore_non_character":true}`, "a。b", "ab", false},
		{`{"ignore_non_character":true}`, "\x1c1a", "a", true},
		{`{"ignore_non_character":true}`, "a\x1cb", "ab", false},
		{`{"ignore_non_character":true}`, "½", "", false},
		{`{}`, "\xed\xa0\x80", "\xed\xa0\x81", false},
	} {
		s, err := optest.Open("document_deduplicator", c.params)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.Run(optest.Texts(s.Fields, s.Key, []byte(c.a), []byte(c.b)))
		if err != nil {
			t.Fatal(err)
		}
		if !rows[0].Kept || rows[1].Kept == c.same {
			t.Errorf("%s: %q and %q: kept %v and %v", c.params, c.a, c.b, rows[0].Kept, rows[1].Kept)
		}
	}
}
