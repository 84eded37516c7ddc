package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// rowsOf makes a batch of lines that finds the names.
func rowsOf(fields *Fields, lines ...string) *JSONRows {
	j := NewJSONRows(fields)
	fill(j, lines...)
	return j
}

func fill(j *JSONRows, lines ...string) {
	buf := []byte(strings.Join(lines, "\n"))
	j.Reset(7, buf)
	at := 0
	for i, l := range lines {
		j.Add(at, at+len(l), uint64(at), i)
		at += len(l) + 1
	}
}

func fieldsOf(names ...string) *Fields {
	f := &Fields{}
	for _, n := range names {
		f.Path(n)
	}
	return f
}

func TestJSONRows(t *testing.T) {
	lines := []string{`{"text":"a"}`, `{"n":1}`, `{"text":"b"}`}
	j := rowsOf(fieldsOf("text"), lines...)
	if j.Len() != 3 || j.ID(2) != (ID{Src: 7, Pos: 21}) || j.Line(2) != 2 {
		t.Fatalf("len %d, id %v, line %d", j.Len(), j.ID(2), j.Line(2))
	}
	var s Scratch
	for i, want := range []string{"a", "", "b"} {
		if err := j.Seek(i); err != nil {
			t.Fatal(err)
		}
		if got, _ := j.Field(0, &s); string(got) != want {
			t.Errorf("row %d: text %q", i, got)
		}
		if string(j.Raw()) != lines[i] || string(j.AppendJSON(nil, nil)) != lines[i] {
			t.Errorf("row %d: %s", i, j.Raw())
		}
	}
}

func TestBadRow(t *testing.T) {
	j := rowsOf(fieldsOf("text"), `{"text":"a"}`)
	j.AddBad(0, 4, 100, 9, fmt.Errorf("too long"))
	if err := j.Seek(1); err == nil || err.Error() != "too long" || string(j.Raw()) != `{"te` {
		t.Errorf("%v, %s", err, j.Raw())
	}
	if err := j.Seek(0); err != nil {
		t.Error(err)
	}
}

// TestField holds what a name finds: kind and decoded value.
func TestField(t *testing.T) {
	lone := "\xed\xa0\xbd"
	deep := strings.Repeat("[", MaxDepth-1) + strings.Repeat("]", MaxDepth-1)
	for _, c := range []struct {
		row, name string
		kind      Kind
		want      string
	}{
		{`{}`, "text", Missing, ""},
		{"\t { } \r", "text", Missing, ""},
		{`{"text":null}`, "text", Null, "null"},
		{`{"text":true}`, "text", Bool, "true"},
		{`{"text": -0 }`, "text", Number, "-0"},
		{`{"text":1e400}`, "text", Number, "1e400"},
		{`{"text":[1,[2]] }`, "text", List, "[1,[2]]"},
		{`{"text":{"a":[]}}`, "text", Object, `{"a":[]}`},
		{`{"text":""}`, "text", String, ""},
		{`{"text":"héllo 世界 🎉"}`, "text", String, "héllo 世界 🎉"},
		{`{"text":"\"\\\/\b\f\n\r\t"}`, "text", String, "\"\\/\b\f\n\r\t"},
		{`{"text":"\u0000\u4e16\uD83C\uDF89"}`, "text", String, "\x00世🎉"},
		{`{"text":"\ud83d"}`, "text", String, lone},
		{`{"text":"\ud83dx"}`, "text", String, lone + "x"},
		{`{"text":"\ud83d\ud83d\udc00"}`, "text", String, lone + "\U0001F400"},
		{`{"text":"\ud83d\n"}`, "text", String, lone + "\n"},
		{`{"text":"\udc00\ud83d"}`, "text", String, "\xed\xb0\x80" + lone},
		{`{"text":1,"text":"two"}`, "text", String, "two"},
		{`{"text":"one","text":{}}`, "text", Object, "{}"},
		{`{"te\u0078t":"escaped key"}`, "text", String, "escaped key"},
		{`{"meta":{"text":"inner"}}`, "text", Missing, ""},
		{`{"a":{"b":"nested"}}`, "a.b", String, "nested"},
		{`{"a":{"b":"nested"},"a.b":"literal"}`, "a.b", String, "literal"},
		{`{"a":{"b":"nested"},"a.b":null}`, "a.b", Null, "null"},
		{`{"a":{"b":1},"a":{"c":2}}`, "a.b", Missing, ""},
		{`{"a":{"b":1},"a":7}`, "a.b", Missing, ""},
		{`{"a":7,"a":{"b":1,"b":2}}`, "a.b", Number, "2"},
		{`{"a":[{"b":1}]}`, "a.b", Missing, ""},
		{`{"x":{"a":{"b":1}}}`, "a.b", Missing, ""},
		{`{"a":{"b":{"c":{"d":1}}}}`, "a.b.c", Object, `{"d":1}`},
		{`{"a":{"b":{"c":1}},"a":{"b":{}}}`, "a.b.c", Missing, ""},
		{`{"a":{"b":{"c":1},"b":{"c":[]}}}`, "a.b.c", List, "[]"},
		{`{"text":` + deep + `}`, "text", List, deep},
	} {
		j := rowsOf(fieldsOf("other", c.name, "a"), c.row)
		if err := j.Seek(0); err != nil {
			t.Errorf("%.60s: %v", c.row, err)
			continue
		}
		var s Scratch
		got, kind := j.Field(1, &s)
		if kind != c.kind || string(got) != c.want {
			t.Errorf("%.60s: %s is %v %q, want %v %q", c.row, c.name, kind, got, c.kind, c.want)
		}
	}
}

// TestSyntaxError holds what Seek says about rows that are no JSON object.
func TestSyntaxError(t *testing.T) {
	for _, c := range []struct {
		row string
		at  int
		say string
	}{
		{``, 0, "the row is empty"},
		{`[1]`, 0, "not a JSON object but a list"},
		{` "x"`, 1, "not a JSON object but a string"},
		{`12`, 0, "not a JSON object but a number"},
		{`null`, 0, "not a JSON object but null"},
		{`true `, 0, "not a JSON object but true"},
		{`NaN`, 0, "not a JSON object: it begins with 'N'"},
		{`nul`, 0, "not a JSON object: it begins with 'n'"},
		{"\ufeff{}", 0, "begins with a byte-order mark"},
		{`{"a":NaN}`, 5, "want a value, not 'N'"},
		{`{"a":nul}`, 5, "want a value, not 'n'"},
		{`{"a":}`, 5, "want a value, not '}'"},
		{`{"a":`, 5, "the row ends where a value should be"},
		{`{"a"`, 4, "want a colon after the key, not the end of the row"},
		{`{"a" 1}`, 5, "want a colon"},
		{`{a:1}`, 1, "want a key in double quotes, not 'a'"},
		{`{'a':1}`, 1, `want a key in double quotes, not '\''`},
		{`{"a":1,}`, 7, "want a key in double quotes, not '}'"},
		{`{,}`, 1, "want a key"},
		{`{`, 1, "want a key in double quotes, not the end of the row"},
		{`{"a":1`, 6, "the row ends inside an object"},
		{`{"a":[1`, 7, "the row ends inside a list"},
		{`{"a":[1}`, 7, "want a comma or the end of a list, not '}'"},
		{`{"a":1]`, 6, "want a comma or the end of an object, not ']'"},
		{`{"a":[1,]}`, 8, "want a value, not ']'"},
		{`{"a":[,]}`, 6, "want a value, not ','"},
		{`{"a":1} x`, 8, "'x' after the object"},
		{`{"a":1}{}`, 7, "'{' after the object"},
		{`{"a":01}`, 6, "want a comma"},
		{`{"a":+1}`, 5, "want a value"},
		{`{"a":-}`, 6, "want a digit after the minus sign"},
		{`{"a":-x}`, 6, "want a digit after the minus sign"},
		{`{"a":1.}`, 7, "want a digit after the decimal point"},
		{`{"a":.5}`, 5, "want a value"},
		{`{"a":1e}`, 7, "want a digit in the exponent"},
		{`{"a":1e+}`, 8, "want a digit in the exponent"},
		{`{"a":"x`, 7, "the row ends inside a string"},
		{`{"a":"x\`, 8, "the row ends inside a string"},
		{`{"a":"\x"}`, 6, "unknown escape: a backslash before 'x'"},
		{`{"a":"\u12"}`, 6, `\u without four hexadecimal digits`},
		{`{"a":"\u12g4"}`, 6, `\u without four`},
		{`{"a":"\u12`, 6, `\u without four`},
		{"{\"a\":\"\x00\"}", 6, `raw control character 0x00 in a string, where JSON wants \u0000`},
		{"{\"a\":\"x\ty\"}", 7, `raw control character 0x09`},
		{"{\"a\":\"\x1f\"}", 6, `raw control character 0x1f`},
		{"{\"a\":\"\xff\"}", 6, "invalid UTF-8: the byte 0xff"},
		{"{\"a\":\"\xc0\x80\"}", 6, "invalid UTF-8"},         // overlong NUL
		{"{\"a\":\"é\xe0\x80\xaf\"}", 8, "invalid UTF-8"},    // overlong slash
		{"{\"a\":\"\xed\xa0\x80\"}", 6, "invalid UTF-8"},     // raw surrogate
		{"{\"a\":\"\xf4\x90\x80\x80\"}", 6, "invalid UTF-8"}, // above U+10FFFF
		{"{\"a\":\"\xe4\xb8\"}", 6, "invalid UTF-8"},
		{"{\"\xe4\xb8\":1}", 2, "invalid UTF-8"},
		{`{"a":1é}`, 6, "want a comma or the end of an object, not 'é'"},
		{`{"a":` + strings.Repeat("[", MaxDepth), 5 + MaxDepth - 1, "nested deeper than 10000"},
		{`{"a":` + strings.Repeat("[", MaxDepth-1), 5 + MaxDepth - 1, "the row ends where a value should be"},
	} {
		err := rowsOf(fieldsOf("a"), c.row, `{"next":1}`).Seek(0)
		e, ok := err.(*SyntaxError)
		if !ok {
			t.Errorf("%.40q: %v", c.row, err)
			continue
		}
		if e.At != c.at || !strings.Contains(e.What, c.say) {
			t.Errorf("%.40q: %v, want byte %d: %s", c.row, e, c.at, c.say)
		}
	}
}

func TestAppendJSON(t *testing.T) {
	for _, c := range []struct {
		row, edits, extra, drop, want string
	}{
		{`{ "b":1,"text" : "x" ,"c":1.0}`, "text=y", "", "", `{ "b":1,"text" : "y" ,"c":1.0}`},
		{`{"text":"x"}`, "text=a\"\\\n\x01é\u2028/", "", "", `{"text":"a\"\\\n\u0001é` + "\u2028" + `/"}`},
		{`{"text":"x"}`, "text=\xed\xa0\xbd \xff", "", "", `{"text":"\ud83d ` + "\ufffd" + `"}`},
		{`{"text":1,"text":[2]}`, "text=y", "", "", `{"text":1,"text":"y"}`},
		{`{"te\u0078t":null}`, "text=y", "", "", `{"te\u0078t":"y"}`},
		{`{}`, "text=y", "", "", `{"text":"y"}`},
		{`{ }`, "text=y", "", "", `{"text":"y" }`},
		{`{"a":1 }`, "text=y", "", "", `{"a":1,"text":"y" }`},
		{`{"m":{"n":1 }}`, "m.l=y", "", "", `{"m":{"n":1,"l":"y" }}`},
		{`{"m":{}}`, "m.l=y m.k=z", "", "", `{"m":{"l":"y","k":"z"}}`},
		{`{"m":1}`, "m.l=y", "", "", `{"m":1,"m.l":"y"}`},
		{`{"m":{"l":1}}`, "m.l=y text=t", "", "", `{"m":{"l":"y"},"text":"t"}`},
		{`{"m":{"l":1}}`, "m=z m.l=y", "", "", `{"m":"z"}`},
		{`{"m":{},"m":{"l":"1"}}`, "m.k=y", "", "", `{"m":{},"m":{"l":"1","k":"y"}}`},
		{`{"a":1}`, "", `"s":{}`, "s", `{"a":1,"s":{}}`},
		{`{}`, "", `"s":{}`, "s", `{"s":{}}`},
		{`{"s":1}`, "", `"s":{}`, "s", `{"s":{}}`},
		{`{ "s":1 , "a":2}`, "", `"s":{}`, "s", `{ "a":2,"s":{}}`},
		{`{"a":2, "s":1 }`, "", `"s":{}`, "s", `{"a":2,"s":{} }`},
		{`{"s":0,"a":2,"\u0073":1,"t":3,"b":4,"s":5}`, "", `"s":{}`, "s t", `{"a":2,"b":4,"s":{}}`},
		{`{"s":0,"text":2,"s":5}`, "text=y other=z", `"s":{},"t":1`, "s t", `{"text":"y","other":"z","s":{},"t":1}`},
		{`{"s":0,"t":5}`, "s=y", `"s":{}`, "s t", `{"s":{}}`},
	} {
		fields := fieldsOf("text", "m.l", "m.k", "m", "other", "s")
		j := rowsOf(fields, c.row)
		if err := j.Seek(0); err != nil {
			t.Fatal(err)
		}
		e := Edits{Fields: fields, Text: make([][]byte, fields.Len()), Set: make([]bool, fields.Len()), Extra: []byte(c.extra), Drop: strings.Fields(c.drop)}
		for _, s := range strings.Split(c.edits, " ") {
			if strings.HasPrefix(c.edits, "text=\xed") {
				s = c.edits
			}
			if name, v, ok := strings.Cut(s, "="); ok {
				p := fields.Path(name)
				e.Text[p], e.Set[p] = []byte(v), true
				e.N++
			}
		}
		for range 2 { // a second call gives the same
			if got := j.AppendJSON([]byte("#"), &e); string(got) != "#"+c.want {
				t.Errorf("%s with %q: %s, want %s", c.row, c.edits, got[1:], c.want)
			}
		}
	}
}

func TestScanAllocatesNothing(t *testing.T) {
	row := sampleRow(2000)
	fields := fieldsOf("text", "meta.lang")
	j := rowsOf(fields, row, row)
	e := Edits{Fields: fields, Text: [][]byte{[]byte("new\ntext"), nil}, Set: []bool{true, false}, N: 1, Extra: []byte(`"s":1`), Drop: []string{"s"}}
	var s Scratch
	var out []byte
	n := testing.AllocsPerRun(100, func() {
		s.Reset()
		for i := range j.Len() {
			if err := j.Seek(i); err != nil {
				t.Fatal(err)
			}
			j.Field(0, &s)
			j.Field(1, &s)
			out = j.AppendJSON(out[:0], &e)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// sampleRow is a row like those of web text: long ASCII with line ends as
// escapes, one character in ten Chinese, and a few short members.
func sampleRow(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "The %d quick brown foxes jump over the lazy dog, and then they rest.", i)
		if i%3 == 0 {
			b.WriteString("敏捷的棕色狐狸跳过")
		}
		b.WriteByte('\n')
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(b.String()); err != nil {
		panic(err)
	}
	return `{"id": "doc-00017", "text": ` + strings.TrimSpace(text.String()) + `, "meta": {"lang": "en", "score": 0.97, "url": "https://example.org/a/b?c=d"}, "n": 17}`
}
