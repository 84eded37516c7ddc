package jsonrow

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMembers(t *testing.T) {
	var got []string
	err := Members([]byte(`{ "a":1 , "b\"":[{"x":"]}"}],"c":{"d":null},"e":"\\" } `), func(key, val []byte) error {
		got = append(got, string(key)+"="+string(val))
		return nil
	})
	if want := `"a"=1 "b\""=[{"x":"]}"}] "c"={"d":null} "e"="\\"`; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{`{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a" 1}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":[}`, `{"a":]}`, `{"a":"x`, `{"a":"x\"}`} {
		if err := Members([]byte(bad), func(_, _ []byte) error { return nil }); err == nil {
			t.Errorf("%s passes", bad)
		}
	}
}

func TestElements(t *testing.T) {
	var got []string
	err := Elements([]byte(`[ 1 ,"a,]" , [2,[]],null]`), func(i int, val []byte) error {
		got = append(got, string(val))
		return nil
	})
	if err != nil || strings.Join(got, ";") != `1;"a,]";[2,[]];null` {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCheckText(t *testing.T) {
	for row, want := range map[string]string{
		`{"a":"é\ud83d\ude00"}`: "",
		`{"a":"\\ud83d"}`:       "",
		`{"a":"\ud83d"}`:        "surrogate",
		`{"\ude00":1}`:          "surrogate",
		"{\"a\":\"\xff\"}":      "not UTF-8",
		`{"a":1} x`:             "goes on after the object, at byte 7",
		`{"a":"\ud83d`:          "ends too early",
	} {
		if err := CheckText([]byte(row)); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", row, err, want)
		}
	}
}

// FuzzMembers holds the walk against encoding/json: of valid rows it finds
// all members, and nothing makes it panic.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{`{}`, ` {"a":1}`, `{"a":"\u00e9\ud83d\ude00\n","b":[1,{"c":null}]}`, `{"a":"\\"}`, `{"":{}}`, `{"a":1e5,"a":-0.0}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		row = bytes.TrimSpace(row)
		if len(row) < 2 || row[0] != '{' {
			return
		}
		text := CheckText(row) == nil
		got := map[string]string{}
		err := Members(row, func(key, val []byte) error {
			name, err := AppendUnquoted(nil, key)
			if err == nil {
				got[string(name)] = string(val)
			}
			return err
		})
		if !json.Valid(row) || !utf8.Valid(row) || !text {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(row, &want); err != nil {
			t.Fatal(err)
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: %d members, want %d; %v", row, len(got), len(want), err)
		}
		for k, v := range want {
			if got[k] != string(v) {
				t.Fatalf("%q: %q is %s, want %s", row, k, got[k], v)
			}
		}
	})
}
