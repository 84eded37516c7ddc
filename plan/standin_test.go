package plan

import (
	"errors"
	"strings"
	"testing"

	"corpusmill/op"
)

func TestStandIns(t *testing.T) {
	s := op.StandIn{Name: "the built-in table", Hash: "11", For: "table.bin", Missing: errors.New("table.bin isn't in a")}
	p := &Plan{}
	if err := p.takeStandIn("table_filter", s, true); err == nil || !errors.Is(err, s.Missing) || !strings.Contains(err.Error(), "strict_compat") {
		t.Errorf("refused: %v", err)
	}
	if err := p.Env().StandIn(s); err == nil || !strings.Contains(err.Error(), "table.bin was there, and now it isn't") {
		t.Errorf("a stand-in that the plan doesn't have: %v", err)
	}
	for _, step := range []string{"table_filter#1", "table_filter#2"} {
		if err := p.takeStandIn(step, s, false); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.Models) != 1 || !strings.HasPrefix(p.Models[0].Note, "table_filter#1: the built-in table serves (hash 11): table.bin isn't in a") {
		t.Errorf("the plan has %+v", p.Models)
	}
	if err := p.Env().StandIn(s); err != nil {
		t.Errorf("the stand-in of the plan: %v", err)
	}
	s.Hash = "22"
	if err := p.Env().StandIn(s); err == nil || !strings.Contains(err.Error(), "had the hash 11 when the run was planned, and has 22") {
		t.Errorf("another stand-in: %v", err)
	}
	other := &Plan{Models: []Model{{Name: "table.bin", Path: "/a/table.bin", Hash: "33"}}}
	want := []string{
		"model table.bin: wasn't used, is /a/table.bin with the hash 33",
		"model the built-in table: was the built-in table in place of table.bin, hash 11, isn't used",
	}
	if d := Diff(p, other); strings.Join(d, "\n") != strings.Join(want, "\n") {
		t.Errorf("differences of the plans: %q", d)
	}
	if d := Diff(other, p); len(d) != 2 {
		t.Errorf("differences the other way: %q", d)
	}
}
