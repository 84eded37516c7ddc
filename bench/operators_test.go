package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/op"
)

func TestParseOperatorFlags(t *testing.T) {
	c, err := parseOperatorFlags([]string{"-size", "10MB"})
	if err != nil {
		t.Fatal(err)
	}
	if c.jobs[0] != passThrough || !slices.Equal(c.jobs[1:], op.Names()) {
		t.Errorf("operators %v", c.jobs)
	}
	if c, err = parseOperatorFlags([]string{"-op", "clean_ip_mapper", "-peers", "none"}); err != nil || len(c.jobs) != 1 || len(c.peers) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, args := range [][]string{{"-op", "no_such_mapper"}, {"-size", "x"}, {"-peers", "polars"}} {
		if _, err := parseOperatorFlags(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func TestDigestRows(t *testing.T) {
	digest := func(text string) string {
		name := filepath.Join(t.TempDir(), "rows")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		rows, digest, err := digestRows(name)
		if err != nil || rows != 2 {
			t.Fatalf("%d rows, %v", rows, err)
		}
		return digest
	}
	a := digest(`{"id":1,"text":"é/"}` + "\n" + `{"id":2,"text":"b"}` + "\n")
	if b := digest(`{"text":"\u00e9\/","id":1,"x":0}` + "\n" + `{"id":2,"text":"b"}` + "\n"); a != b {
		t.Error("another spelling is another result")
	}
	for _, other := range []string{
		`{"id":2,"text":"b"}` + "\n" + `{"id":1,"text":"é/"}` + "\n",
		`{"id":1,"text":"é/ "}` + "\n" + `{"id":2,"text":"b"}` + "\n",
	} {
		if digest(other) == a {
			t.Errorf("same digest for %s", other)
		}
	}
}

func TestOperatorTable(t *testing.T) {
	r := report{Measured: []measurement{
		{Job: "a_mapper", Contender: ours, User: 0.5, Bytes: 100e6, Rows: 9, Digest: "x"},
		{Job: "a_mapper", Contender: "data-juicer", User: 20, Bytes: 100e6, Rows: 9, Digest: "x"},
		{Job: "b_filter", Contender: ours, User: 1, Bytes: 100e6, Rows: 9, Digest: "x"},
		{Job: "b_filter", Contender: "data-juicer", User: 20, Bytes: 100e6, Rows: 8, Digest: "y"},
		{Job: "c_filter", Contender: ours, User: 1, Bytes: 100e6, Rows: 7, Digest: "x"},
	}}
	got := r.operatorTable(config{jobs: []string{"a_mapper", "b_filter", "c_filter"}}, map[string]string{"c_filter": "it failed\nfor long"})
	for _, want := range []string{
		"| a_mapper | 0.50 | 200 | 20.0 | 5.0 | 40 | 9 | yes |\n", "| b_filter | 1.00 | 100 | 20.0 | 5.0 | 20 | 9 | no: 8 there |\n",
		"| c_filter | 1.00 | 100 | | | | 7 | |\n", "\nc_filter: it failed\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
