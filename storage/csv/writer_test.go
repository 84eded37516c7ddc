package csv

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"corpusmill/record"
	"corpusmill/storage"
)

var tab = Format{"tsv", ".tsv", '\t', &memo{}}

func TestWriter(t *testing.T) {
	for _, c := range []struct {
		format Format
		rows   string // one a line
		want   string
	}{
		{comma, "", ""},
		{comma, `{"a":1,"b":"x"}`, "a,b\n1,x\n"},
		{comma, `{"a":null,"b":""}` + "\n" + `{"b":true}`, "a,b\n,\"\"\n,true\n"},
		{comma, `{"a":"x\"y"}` + "\n" + `{"a":null}`, "a\n\"x\"\"y\"\n\"\"\n"},
		{comma, `{"a,b":"x\ny","c\r":" z "}`, "\"a,b\",\"c\r\"\n\"x\ny\", z \n"},
		{comma, `{"b":-0.0e5}` + "\n" + `{"a":[1, "x"],"b":{"n":null}}`, "b,a\n-0.0e5,\n\"{\"\"n\"\":null}\",\"[1, \"\"x\"\"]\"\n"},
		{comma, `{"a":1,"\u0061":2}`, "a\n2\n"},
		{comma, `{"\ufeffa":1,"":2}`, "\"\ufeffa\",\"\"\n1,2\n"},
		{tab, `{"a":"x,y","b":"x\ty"}`, "a\tb\nx,y\t\"x\ty\"\n"},
	} {
		var rows []string
		if c.rows != "" {
			rows = strings.Split(c.rows, "\n")
		}
		if got := csvOf(t, c.format, nil, rows...); got != c.want {
			t.Errorf("%s became %q, want %q", c.rows, got, c.want)
		}
	}
}

func TestRefusedRows(t *testing.T) {
	for row, want := range map[string]string{
		`{}`:               "no members",
		` { } `:            "no members",
		`[1]`:              "no JSON object",
		`{"a":"\ud800"}`:   "surrogate",
		`{"\udc00":1}`:     "surrogate",
		"{\"a\":\"\xff\"}": "not UTF-8",
		`{"a":1`:           "ends too early",
	} {
		s, _ := comma.NewSketch(nil)
		if err := s.Observe(record.ID{}, []byte(row)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", row, err, want)
		}
	}
}

func TestTooManyColumns(t *testing.T) {
	var row strings.Builder
	for i := range maxColumns + 1 {
		fmt.Fprintf(&row, `,"%d":1`, i)
	}
	s, _ := comma.NewSketch(nil)
	for range 2 {
		if err := s.Observe(record.ID{}, []byte("{"+row.String()[1:]+"}")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := comma.NewWriter(&strings.Builder{}, s); err == nil || !strings.Contains(err.Error(), "more than 16384 different names") {
		t.Error(err)
	}
}

// TestColumnOrder holds that the columns don't depend on how the rows were
// divided among sketches or on the order of merging.
func TestColumnOrder(t *testing.T) {
	rows := []string{`{"b":1,"a":2}`, `{"c":1,"a":2,"b":3}`, `{"d":1}`, `{"a":1,"e":2,"d":3}`}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		parts := make([]*sketch, 3)
		for i := range parts {
			s, _ := comma.NewSketch(nil)
			parts[i] = s.(*sketch)
		}
		for _, i := range rnd.Perm(len(rows)) {
			if err := parts[rnd.IntN(3)].Observe(record.ID{Pos: uint64(i)}, []byte(rows[i])); err != nil {
				t.Fatal(err)
			}
		}
		all, _ := comma.NewSketch(nil)
		for _, i := range rnd.Perm(3) {
			state, err := parts[i].State()
			if err == nil {
				err = all.Merge(state)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		var out strings.Builder
		if _, err := comma.NewWriter(&out, all); err != nil || out.String() != "b,a,c,d,e\n" {
			t.Fatalf("%q, %v", out.String(), err)
		}
	}
}

// TestPassThrough holds which files leave with the bytes they came with.
func TestPassThrough(t *testing.T) {
	same := []string{
		"a,b\n1,2\n", "a,b\r\n1,\"x\r\ny\"\r\n,\"\"\r\n", "\"a\",\"b\"\n\"1\",\"\"\n,\"x\"\"y\"\n", "a\n007\n\"\"\n", "a,b\n", "\"a\"\r\n",
	}
	for _, data := range same {
		if got := throughJSON(t, data); got != data {
			t.Errorf("%q became %q", data, got)
		}
	}
	for data, want := range map[string]string{
		"\ufeffa,b\n\n1,2":     "a,b\n1,2\n",
		"a,b\n1,\"2\"\n":       "a,b\n1,2\n",
		",b\n1,2\n":            "Unnamed: 0,b\n1,2\n",
		"a,b\n1,5\" disk\n":    "a,b\n1,\"5\"\" disk\"\n",
		"a,b\r\n1,2\n\"3\",\n": "a,b\r\n1,2\r\n3,\r\n",
		"":                     "",
	} {
		if got := throughJSON(t, data); got != want {
			t.Errorf("%q became %q, want %q", data, got, want)
		}
	}
}

// throughJSON reads CSV and writes it.
func throughJSON(t *testing.T, data string) string {
	t.Helper()
	f := write(t, "in.csv", data)
	res, err := read(t, f, []storage.Split{{End: -1}}, storage.ReadOptions{Segment: 1 << 20, MaxRow: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, r := range res.rows {
		if r.err != "" {
			t.Fatalf("%q: %s", r.raw, r.err)
		}
		rows = append(rows, r.json)
	}
	return csvOf(t, comma, []storage.File{f}, rows...)
}

// TestRoundTrip writes random rows and reads them again: texts come back as
// they were, and null as null.
func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	parts := []string{"", "a", ",", "\"", "\n", "\r", "\t", " ", "é", "\x00", "\ufeff", "null", "\u2028"}
	for range 300 {
		var rows, want []string
		columns := 2 + rnd.IntN(3)
		for range 1 + rnd.IntN(5) {
			row := map[string]any{}
			for c := range columns {
				var v any
				if rnd.IntN(5) > 0 {
					s := ""
					for range rnd.IntN(4) {
						s += parts[rnd.IntN(len(parts))]
					}
					v = s
				}
				row[fmt.Sprint("c", c)] = v
			}
			raw, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, string(raw))
			want = append(want, string(raw))
		}
		out := csvOf(t, comma, nil, rows...)
		got, err := read(t, write(t, "out.csv", out), []storage.Split{{End: -1}}, storage.ReadOptions{Segment: 1 << 20, MaxRow: 1 << 20})
		if err != nil || len(got.rows) != len(want) {
			t.Fatalf("%q: %d rows, want %d; %v", out, len(got.rows), len(want), err)
		}
		for i, r := range got.rows {
			var a, b map[string]any
			if err := json.Unmarshal([]byte(r.json), &a); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(want[i]), &b); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(a) != fmt.Sprint(b) || len(a) != columns {
				t.Fatalf("%q: row %d is %s, want %s", out, i, r.json, want[i])
			}
		}
	}
}
