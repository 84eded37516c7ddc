package plan

import (
	"strings"
	"testing"
)

func TestPins(t *testing.T) {
	p, other := &Plan{}, &Plan{}
	for range 2 {
		if err := p.pin("list", "a/list", "11"); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.pin("list", "a/list", "22"); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("data that changes while it is planned: %v", err)
	}
	if err := p.Env().Pin("list", "b/list", "11"); err != nil {
		t.Errorf("the same data elsewhere: %v", err)
	}
	if err := p.Env().Pin("list", "b/list", "22"); err == nil || !strings.Contains(err.Error(), "a/list had the hash 11, and b/list here has 22") {
		t.Errorf("other data: %v", err)
	}
	if err := p.Env().Pin("table", "a/table", "11"); err == nil {
		t.Error("data that the plan doesn't have")
	}
	if err := other.pin("list", "a/list", "22"); err != nil {
		t.Fatal(err)
	}
	if d := Diff(p, other); len(d) != 1 || !strings.Contains(d[0], "list: was a/list with the hash 11") {
		t.Errorf("differences of the plans: %q", d)
	}
}
