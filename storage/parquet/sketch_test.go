package parquet

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"corpusmill/record"
)

func TestWidening(t *testing.T) {
	for _, c := range []struct {
		name, rows, types, want string
	}{
		{"null and bool", `{"a":null}|{"a":true}|{}`, "boolean a", `{"a":null}|{"a":true}|{"a":null}`},
		{"late string", `{"a":null}|{"a":"x"}`, "byte_array a (String)", `{"a":null}|{"a":"x"}`},
		{"integers", `{"a":-9223372036854775808}|{"a":9223372036854775807}|{"a":0}`, "int64 a", ""},
		{"integer and float", `{"a":1}|{"a":0.5}|{"a":1e3}`, "double a", `{"a":1.0}|{"a":0.5}|{"a":1000.0}`},
		{"an integer that no float holds", `{"a":9007199254740993}|{"a":0.5}`, "byte_array a (String)", `{"a":"9007199254740993"}|{"a":"0.5"}`},
		{"an integer beyond int64 that a float holds", `{"a":18446744073709551616}|{"a":1}`, "double a", `{"a":18446744073709552000.0}|{"a":1.0}`},
		{"an integer beyond int64 that none holds", `{"a":18446744073709551617}`, "byte_array a (String)", `{"a":"18446744073709551617"}`},
		{"beyond float64", `{"a":1e400}|{"a":1}`, "byte_array a (String)", `{"a":"1e400"}|{"a":"1"}`},
		{"below float64", `{"a":1e-400}`, "byte_array a (String)", `{"a":"1e-400"}`},
		{"minus zero", `{"a":-0}|{"a":1}`, "double a", `{"a":-0.0}|{"a":1.0}`},
		{"string and number", `{"a":"1"}|{"a":1}|{"a":[1, "x"]}`, "byte_array a (String)", `{"a":"1"}|{"a":"1"}|{"a":"[1, \"x\"]"}`},
		{"bool and number", `{"a":true}|{"a":1}`, "byte_array a (String)", `{"a":"true"}|{"a":"1"}`},
		{"object and list", `{"a":{"b":1}}|{"a":[1]}`, "byte_array a (String)", `{"a":"{\"b\":1}"}|{"a":"[1]"}`},
		{"all null", `{"a":null}|{}`, "byte_array a (String)", `{"a":null}|{"a":null}`},
		{"empty object", `{"a":{}}`, "byte_array a (String)", `{"a":"{}"}`},
		{"empty list", `{"a":[]}|{"a":[null]}`, "byte_array element (String)", ""},
		{"union of members", `{"a":{"x":1}}|{"a":{"y":"s","x":2.5}}|{"a":null}`, "optional group", `{"a":{"x":1.0,"y":null}}|{"a":{"x":2.5,"y":"s"}}|{"a":null}`},
		{"list of objects", `{"a":[{"x":1},null,{"y":[true]}]}|{"a":[]}`, "boolean element", `{"a":[{"x":1,"y":null},null,{"x":null,"y":[true]}]}|{"a":[]}`},
		{"last duplicate", `{"a":1,"a":2}`, "int64 a", `{"a":2}`},
		{"escaped name", `{"\u0061":1}|{"a":2}`, "int64 a", `{"a":1}|{"a":2}`},
		{"a name with a backslash", `{"a\\\\b":1,"a\\b":2}|{"a\\b":3}`, "int64", `{"a\\\\b":1,"a\\b":2}|{"a\\\\b":null,"a\\b":3}`},
		{"white space", " { \"a\" : [ 1 , 2 ] , \"b\" : { } } ", "int64 element", `{"a":[1,2],"b":"{ }"}`},
		{"escapes", `{"a":"\ud83d\ude00\u0000\/\n\u001f"}`, "String", `{"a":"😀\u0000/\n\u001f"}`},
	} {
		rows := strings.Split(c.rows, "|")
		if c.want == "" {
			c.want = c.rows
		}
		path := writeJSON(t, nil, WriterOptions{}, rows...)
		if got := strings.Join(readJSON(t, path), "|"); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if got := hintOf(t, path).String(); !strings.Contains(strings.ReplaceAll(got, "field_id=-1 ", ""), c.types) {
			t.Errorf("%s: schema lacks %q: %s", c.name, c.types, got)
		}
	}
}

func TestDeepAndWide(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)
	var wide strings.Builder
	for i := range maxMembers + 1 {
		fmt.Fprintf(&wide, `,"k%d":%d`, i, i)
	}
	row := `{"deep":` + deep + `,"wide":{` + wide.String()[1:] + `}}`
	path := writeJSON(t, nil, WriterOptions{}, row)
	var got struct {
		Wide string
		Deep json.RawMessage
	}
	if err := json.Unmarshal([]byte(readJSON(t, path)[0]), &got); err != nil {
		t.Fatal(err)
	}
	if got.Wide != "{"+wide.String()[1:]+"}" {
		t.Errorf("a wide object changed: %.80s", got.Wide)
	}
	inner := strings.ReplaceAll(string(got.Deep), `\"`, `"`)
	if strings.Count(inner, `{"a":`) != 200 {
		t.Errorf("a deep object changed: %s", got.Deep)
	}

	s := NewSketch(nil)
	if err := s.Observe(record.ID{}, []byte("{"+wide.String()[1:]+"}")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Schema(nil); err == nil || !strings.Contains(err.Error(), "too many columns") {
		t.Errorf("too many columns: %v", err)
	}
}

func TestObserveRefuses(t *testing.T) {
	for _, row := range []string{
		``, `[1]`, `"x"`, `{"a":"\ud83d"}`, `{"a":"\ude00\ud83d"}`, `{"a":["x",{"\uD800":1}]}`, "{\"a\":\"\xff\"}",
		`{"a":1`, `{"a":1}}`, `{"a" 1}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":nope}`, `{"a":"x`, `{"a":trie}`,
	} {
		s := NewSketch(nil)
		if err := s.Observe(record.ID{}, []byte(row)); err == nil {
			t.Errorf("%q was taken", row)
		}
	}
	s := NewSketch(nil)
	if err := s.Observe(record.ID{}, []byte(`{"b":"\ud83d"}`)); err == nil {
		t.Fatal("half a surrogate pair was taken")
	}
	if err := s.Observe(record.ID{Pos: 1}, []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	if sc, err := s.Schema(nil); err != nil || strings.Contains(sc.String(), " b") {
		t.Errorf("a refused row left a column: %v %v", sc, err)
	}
}

// randomRow makes rows whose values conflict, nest and come in any order.
func randomRow(rnd *rand.Rand, depth int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, k := range rnd.Perm(6)[:rnd.IntN(5)] {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%c":`, 'a'+k)
		values := []string{"null", "true", "1", "2.5", "9007199254740993", "1e999", `"s"`, "[]", "{}", `[1,null,[2]]`}
		switch {
		case depth < 3 && rnd.IntN(4) == 0:
			b.WriteString(randomRow(rnd, depth+1))
		case depth < 3 && rnd.IntN(6) == 0:
			b.WriteString("[" + randomRow(rnd, depth+1) + "," + randomRow(rnd, depth+1) + "]")
		default:
			b.WriteString(values[(k+rnd.IntN(2))%len(values)])
		}
	}
	b.WriteByte('}')
	return b.String()
}

// TestMergeOrder splits rows among sketches, merges these in random order,
// half of them by way of their JSON form, and wants what one sketch says.
func TestMergeOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for trial := range 300 {
		whole := NewSketch(nil)
		parts := make([]*Sketch, 1+rnd.IntN(5))
		for i := range parts {
			parts[i] = NewSketch(nil)
		}
		ids := rnd.Perm(1 + rnd.IntN(20))
		rows := make([]string, len(ids))
		for i := range rows {
			rows[i] = randomRow(rnd, 0)
		}
		for i, r := range rows {
			if err := whole.Observe(record.ID{Pos: uint64(i)}, []byte(r)); err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range ids { // out of order, in any part
			if err := parts[rnd.IntN(len(parts))].Observe(record.ID{Pos: uint64(i)}, []byte(rows[i])); err != nil {
				t.Fatal(err)
			}
		}
		for len(parts) > 1 {
			i := rnd.IntN(len(parts) - 1)
			other := parts[len(parts)-1]
			if rnd.IntN(2) == 0 {
				b, err := json.Marshal(other)
				if err != nil {
					t.Fatal(err)
				}
				other = NewSketch(nil)
				if err := json.Unmarshal(b, other); err != nil {
					t.Fatal(err)
				}
			}
			parts[i].Merge(other)
			parts = parts[:len(parts)-1]
		}
		want, _ := json.Marshal(whole)
		got, _ := json.Marshal(parts[0])
		if string(got) != string(want) {
			t.Fatalf("trial %d: rows %q\n got %s\nwant %s", trial, rows, got, want)
		}
		if s, err := whole.Schema(nil); err == nil {
			path := writeWith(t, s, WriterOptions{GroupRows: 7}, rows...)
			if n := len(readJSON(t, path)); n != len(rows) {
				t.Fatalf("trial %d: %d rows of %d", trial, n, len(rows))
			}
		}
	}
}

func TestHint(t *testing.T) {
	hint := hintOf(t, "testdata/types.parquet")
	rows := readJSON(t, "testdata/types.parquet")

	path := writeJSON(t, hint, WriterOptions{}, rows...)
	if got := hintOf(t, path); !got.group.Equals(hint.group) || got.meta.Len() != hint.meta.Len() {
		t.Errorf("the schema changed:\n%v\n%v", got, hint)
	}
	if got := readJSON(t, path); !slices.Equal(got, rows) {
		t.Error("the rows changed")
	}

	edited := slices.Clone(rows)
	edited[5] = strings.Replace(edited[5], `"i32":-1500000105`, `"i32":"none"`, 1)
	edited[6] = strings.TrimSuffix(edited[6], "}") + `,"__dj__stats__":{"text_len":3}}`
	path = writeJSON(t, hint, WriterOptions{}, edited...)
	s := strings.ReplaceAll(hintOf(t, path).String(), "field_id=-1 ", "")
	for _, want := range []string{"byte_array i32 (String)", "int32 i8 (Int(bitWidth=8", "group __dj__stats__", "int64 text_len", "dec256 (Decimal"} {
		if !strings.Contains(s, want) {
			t.Errorf("the schema lacks %q: %s", want, s)
		}
	}
	got := readJSON(t, path)
	if !strings.Contains(got[5], `"i32":"none"`) || !strings.Contains(got[4], `"i32":"-1600000112"`) || !strings.Contains(got[6], `"__dj__stats__":{"text_len":3}`) {
		t.Errorf("edits are lost: %s", got[4:7])
	}

	path = writeJSON(t, hint, WriterOptions{}, `{"text":"x","flag":null}`)
	if got := readJSON(t, path); got[0] != `{"text":"x","flag":null}` {
		t.Errorf("dropped columns came back: %s", got)
	}

	none := NewSketch(hint)
	if s, err := none.Schema(hint); err != nil || s != hint {
		t.Errorf("without rows the hint should stand: %v %v", s, err)
	}
}
