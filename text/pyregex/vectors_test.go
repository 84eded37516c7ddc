package pyregex

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"testing"

	"corpusmill/text"
)

// TestVectors holds Sub to what Python's regex module did; testdata/record.py
// recorded it.
func TestVectors(t *testing.T) {
	f, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var v struct {
			Pattern, Repl string
			Text, Want    json.RawMessage
			Refused       bool
		}
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		sub, err := build(v.Pattern, v.Repl)
		if v.Refused != (err != nil) {
			t.Errorf("%q, %q: refused: %v; error: %v", v.Pattern, v.Repl, v.Refused, err)
		}
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Msg == "") {
			t.Errorf("%q, %q: the error is a %T", v.Pattern, v.Repl, err)
		}
		if err != nil || v.Refused {
			continue
		}
		in, want := unescape(t, v.Text), unescape(t, v.Want)
		got, found, err := sub.Append([]byte("kept"), in)
		if err != nil {
			t.Errorf("%q in %q: %v", v.Pattern, in, err)
			continue
		}
		if got = got[len("kept"):]; !found {
			got = in
		}
		if string(got) != string(want) {
			t.Errorf("%q, %q in %q (linear: %v)\ngot  %q\nwant %q", v.Pattern, v.Repl, in, sub.re.Linear(), got, want)
		}
	}
	if n == 0 {
		t.Error("no vectors")
	}
}

func build(pattern, repl string) (*Sub, error) {
	re, err := Compile(pattern, Flags{DotAll: true})
	if err != nil {
		return nil, err
	}
	tmpl, err := re.Template(repl)
	if err != nil {
		return nil, err
	}
	return NewSub(re, tmpl), nil
}

// unescape decodes a JSON string to WTF-8; encoding/json has no surrogates.
func unescape(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var out []byte
	for s := string(raw[1 : len(raw)-1]); s != ""; {
		if len(s) >= 6 && s[:3] == `\ud` && s[3] >= '8' && (len(s) < 12 || s[6:9] != `\ud`) {
			u, err := strconv.ParseUint(s[2:6], 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			out, s = text.Append(out, rune(u)), s[6:]
			continue
		}
		n := 1
		switch {
		case len(s) >= 12 && s[:3] == `\ud` && s[3] >= '8':
			n = 12
		case s[0] == '\\' && s[1] == 'u':
			n = 6
		case s[0] == '\\':
			n = 2
		}
		var one string
		if err := json.Unmarshal([]byte(`"`+s[:n]+`"`), &one); err != nil {
			t.Fatal(err)
		}
		out, s = append(out, one...), s[n:]
	}
	return out
}
