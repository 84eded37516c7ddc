package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModels(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.bin")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	p, other := &Plan{}, &Plan{}
	for range 2 {
		if got, err := p.choose("m.bin", []string{dir}); got != path || err != nil {
			t.Fatalf("chose %q: %v", got, err)
		}
	}
	if len(p.Models) != 1 || p.Models[0].Path != path || len(p.Models[0].Hash) != 32 {
		t.Fatalf("the plan has %+v", p.Models)
	}
	if got, err := p.Env().Model("m.bin"); got != path || err != nil {
		t.Errorf("a worker got %q: %v", got, err)
	}
	if _, err := p.Env().Model("n.bin"); err == nil {
		t.Error("a worker got a model that isn't in the plan")
	}
	write("two")
	if _, err := p.Env().Model("m.bin"); err == nil || !strings.Contains(err.Error(), "has changed since the run was planned") {
		t.Errorf("a changed model: %v", err)
	}
	if _, err := other.choose("m.bin", []string{dir}); err != nil {
		t.Fatal(err)
	}
	if d := Diff(p, other); len(d) != 1 || !strings.Contains(d[0], "model m.bin: was "+path) {
		t.Errorf("differences of the plans: %q", d)
	}
	if d := Diff(p, p); len(d) != 0 {
		t.Errorf("differences of a plan from itself: %q", d)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Env().Model("m.bin"); err == nil || !strings.Contains(err.Error(), "m.bin can't be read") {
		t.Errorf("a model that is gone: %v", err)
	}
}
