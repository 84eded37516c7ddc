package mapper

import (
	"errors"
	"strings"
	"testing"

	"corpusmill/op"
	"corpusmill/op/optest"
	"corpusmill/text/pyregex"
)

func mapText(t *testing.T, name, params, in string) string {
	t.Helper()
	s, err := optest.Open(name, params)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := s.One(optest.Texts(s.Fields, s.Key, []byte(in)), 0); err != nil {
		t.Fatal(err)
	}
	return string(s.Text())
}

func TestSubstitute(t *testing.T) {
	for _, c := range []struct{ op, params, in, want string }{
		// Groups in the replacement of a built-in pattern.
		{"clean_email_mapper", `{"repl":"<\\g<0>>"}`, "to a@b.c, x@y.zz", "to <a@b.c>, <x@y.zz>"},
		{"clean_links_mapper", `{"repl":"[\\1]"}`, "at http://a.b/c.", "at [http://a.b/c]."},
		{"clean_links_mapper", `{"repl":"[\\4]"}`, "at http://a.b/c(d) now", "at [d] now"},
		{"clean_links_mapper", `{"repl":"\\\\"}`, "at http://a.b/c", `at \`},
		{"clean_ip_mapper", `{"repl":"[\\1]"}`, "at 1.2.3.4, a:b:c:d:e:f:1:2", "at [], [1:]"},
		// The quotes of a raw string around a pattern.
		{"clean_email_mapper", `{"pattern":"r'a@b'","repl":"Y"}`, "a@b r'a@b'", "Y r'Y'"},
		{"clean_email_mapper", `{"pattern":"r\"a@b\"","repl":"Y"}`, "a@b", "Y"},
		{"clean_email_mapper", `{"pattern":"r'"}`, "r'x", "x"},
		// The built-in pattern given by hand.
		{"clean_email_mapper", `{"pattern":"[A-Za-z0-9.\\-+_]+@[a-z0-9.\\-+_]+\\.[a-z]+"}`, "x a@b.c", "x "},
		{"clean_email_mapper", `{"pattern":"","repl":"-"}`, "ab", "-a-b-"},
		// . matches a newline.
		{"clean_links_mapper", `{"pattern":"<.+>"}`, "a<\n>b", "ab"},
	} {
		if got := mapText(t, c.op, c.params, c.in); got != c.want {
			t.Errorf("%s %s: %q became %q, want %q", c.op, c.params, c.in, got, c.want)
		}
	}
}

func TestSubstituteRefuses(t *testing.T) {
	for params, want := range map[string]string{
		`{"pattern":"a(b"}`:             "pattern: \"a(b\": position 1:",
		`{"pattern":"[z-a]"}`:           "position 1: bad character range",
		`{"pattern":"a{e<=1}"}`:         "fuzzy matching is not supported",
		`{"repl":"\\1"}`:                "repl: \"\\\\1\": position 0: invalid group reference 1",
		`{"pattern":"a","repl":"x\\q"}`: "position 1: bad or unsupported escape \\q",
	} {
		_, err := optest.Open("clean_email_mapper", params)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q in it", params, err, want)
		}
		var e *pyregex.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: the error is a %T", params, err)
		}
	}
}

// TestSubstituteStack holds that a text which needs too much stack is refused
// for itself and doesn't stop the run.
func TestSubstituteStack(t *testing.T) {
	s, err := optest.Open("clean_email_mapper", `{"pattern":"(?:(a)|b)*\\b@"}`)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows, err := s.Run(optest.Texts(s.Fields, s.Key, []byte(strings.Repeat("a", 1<<21)+"@"), []byte("a@b")))
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Err == nil || op.IsFatal(rows[0].Err) {
		t.Errorf("the error is %v", rows[0].Err)
	}
	if want := `{"text":"b"}`; rows[1].JSON != want {
		t.Errorf("the row after it is %s, want %s", rows[1].JSON, want)
	}
}
