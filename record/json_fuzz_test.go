package record

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func seeds(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { } `, `{"text":"a"}`, `{"text":null,"a":{"b":1}}`, `{"a":{"b":"x"},"a.b":[1,{"a":{}}]}`,
		`{"a":{"b":1},"a":2,"text":"\ud83d\ude00\n"}`, `{"text":"\ud800"}`, "{\"text\":\"\xff\"}", "{\"text\":\"\x00\"}",
		`{"te\u0078t":"x","text":-0.0e+400}`, `{"a":[[[[]]]],"s":1,"s":{"s":2}}`, `[1]`, `{"a":NaN}`, `{"a":1}x`, `{"a":01}`,
		`{"text":"` + strings.Repeat(`long \"text\" 世界 `, 12) + `"}`, "\ufeff{}", `{"a":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "}",
		`{"s":1}`, `{"s":1,"text":"x","s":3}`, `{"text":"x","s":1 , "t":2 }`, `{"a":{"b":1 , "c":2}}`, `{"a":{}}`,
	} {
		f.Add([]byte(s), "new \"value\"\n世界\xed\xa0\x80")
	}
}

// FuzzRow holds the scan against encoding/json, which differs on purpose in
// this: it takes invalid UTF-8 and makes U+FFFD of it and of lone surrogates;
// here the first is an error and the second are kept.
func FuzzRow(f *testing.F) {
	seeds(f)
	fields := fieldsOf("text", "a.b", "a", "s")
	f.Fuzz(func(t *testing.T, row []byte, text string) {
		trimmed := bytes.TrimLeft(row, " \t\r\n")
		valid := json.Valid(row) && utf8.Valid(row) && trimmed[0] == '{'
		j := NewJSONRows(fields)
		buf := append(append([]byte("{\"x\":\n"), row...), '\n')
		j.Reset(0, buf)
		j.Add(6, 6+len(row), 0, 0)
		err := j.Seek(0)
		if (err == nil) != valid {
			t.Fatalf("%q: %v, want valid %v", row, err, valid)
		}
		if out := j.AppendJSON(nil, nil); !bytes.Equal(out, row) {
			t.Fatalf("%q is written as %q", row, out)
		}
		if err != nil {
			if e := err.(*SyntaxError); e.At < 0 || e.At > len(row) {
				t.Fatalf("%q: %v is outside", row, err)
			}
			return
		}
		if bytes.Contains(row, []byte(`\ud`)) || bytes.Contains(row, []byte(`\uD`)) {
			return
		}
		before := members(t, row)
		var s Scratch
		for p := range fields.Len() {
			checkField(t, j, &s, Path(p), before, fields.Name(Path(p)))
		}
		checkSplice(t, j, fields, row, before, text)
	})
}

func members(t *testing.T, row []byte) map[string]json.RawMessage {
	t.Helper()
	m := map[string]json.RawMessage{}
	if err := json.Unmarshal(row, &m); err != nil {
		t.Fatalf("%q: %v", row, err)
	}
	return m
}

// checkField compares a field with what encoding/json makes of the row.
func checkField(t *testing.T, j *JSONRows, s *Scratch, p Path, row map[string]json.RawMessage, name string) {
	t.Helper()
	want, found := row[name]
	if first, rest, dotted := strings.Cut(name, "."); !found && dotted {
		if v := row[first]; len(v) > 0 && v[0] == '{' {
			want, found = members(t, v)[rest]
		}
	}
	got, kind := j.Field(p, s)
	switch {
	case !found:
		if kind != Missing {
			t.Fatalf("%q: %s is %v %q, want it missing", j.Raw(), name, kind, got)
		}
	case want[0] == '"':
		var text string
		if err := json.Unmarshal(want, &text); err != nil {
			t.Fatal(err)
		}
		if kind != String || string(got) != text {
			t.Fatalf("%q: %s is %v %q, want %q", j.Raw(), name, kind, got, text)
		}
	default:
		if !bytes.Equal(got, want) {
			t.Fatalf("%q: %s is %v %q, want %q", j.Raw(), name, kind, got, want)
		}
	}
}

// checkSplice edits and drops, reads the result again and finds the edits and
// all else as it was.
func checkSplice(t *testing.T, j *JSONRows, fields *Fields, row []byte, before map[string]json.RawMessage, text string) {
	t.Helper()
	e := Edits{Fields: fields, Text: make([][]byte, fields.Len()), Set: make([]bool, fields.Len()), N: 2, Extra: []byte(`"s":{"n":1}`), Drop: []string{"s", "t"}}
	e.Text[0], e.Set[0] = []byte(text), true
	e.Text[1], e.Set[1] = []byte("nested"), true
	out := j.AppendJSON(nil, &e)
	again := rowsOf(fields, string(out))
	if err := again.Seek(0); err != nil {
		t.Fatalf("%q became %q: %v", row, out, err)
	}
	var s Scratch
	if utf8.ValidString(text) {
		if got, _ := again.Field(0, &s); string(got) != text {
			t.Fatalf("%q became %q: text is %q, want %q", row, out, got, text)
		}
	}
	if got, _ := again.Field(1, &s); string(got) != "nested" {
		t.Fatalf("%q became %q: a.b is %q", row, out, got)
	}
	if got, _ := again.Field(3, &s); string(got) != `{"n":1}` {
		t.Fatalf("%q became %q: s is %q", row, out, got)
	}
	after := members(t, out)
	delete(before, "t")
	for _, k := range []string{"text", "a.b", "s", "a"} {
		delete(before, k)
		delete(after, k)
	}
	if len(after) != len(before) {
		t.Fatalf("%q became %q", row, out)
	}
	for k, v := range before {
		if !bytes.Equal(after[k], v) {
			t.Fatalf("%q became %q: %s differs", row, out, k)
		}
	}
}

// FuzzString holds that text goes through JSON and back.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "a", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "世界🎉\u2028", "\xed\xa0\xbd", "\xed\xa0\xbd\xed\xb8\x80", "\xff\xc0\x80", "\xf0\x9f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted := AppendQuoted(nil, []byte(text))
		if !json.Valid(quoted) || !utf8.Valid(quoted) {
			t.Fatalf("%q became %q", text, quoted)
		}
		back := appendUnescaped([]byte("x"), quoted[1:len(quoted)-1])[1:]
		if utf8.ValidString(text) && string(back) != text {
			t.Fatalf("%q became %q and %q", text, quoted, back)
		}
		// Text of the first round is WTF-8, which a second leaves alone.
		again := AppendQuoted(nil, back)
		if twice := appendUnescaped(nil, again[1:len(again)-1]); !bytes.Equal(twice, back) {
			t.Fatalf("%q became %q and then %q", text, back, twice)
		}
	})
}
