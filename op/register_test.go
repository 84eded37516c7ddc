package op

import (
	"encoding/json"
	"slices"
	"testing"
)

type listParams struct {
	lists
	Number *int64 `json:"number" doc:"a number"`
}

type lists struct {
	List []int64 `json:"list" doc:"a list"`
}

// TestDefaultsAreNotShared builds operators whose defaults are a list and a
// pointer: what one is given must not show in another.
func TestDefaultsAreNotShared(t *testing.T) {
	seven := int64(7)
	var built []listParams
	Register(Spec{
		Name: "list_test_mapper", Summary: "Is for a test.", Kind: KindMapper, Version: 1, Examples: []Example{{}},
	}, listParams{lists{[]int64{2}}, &seven}, func(p listParams) (Operator, error) {
		built = append(built, p)
		return nil, nil
	})
	defer delete(registry, "list_test_mapper")
	for _, params := range []string{`{"list":[1],"number":8}`, `{"list":[3],"number":9}`, ``} {
		if _, err := Build("list_test_mapper", json.RawMessage(params)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []listParams{{lists{[]int64{1}}, new(int64(8))}, {lists{[]int64{3}}, new(int64(9))}, {lists{[]int64{2}}, new(int64(7))}} {
		if got := built[i]; !slices.Equal(got.List, want.List) || *got.Number != *want.Number {
			t.Errorf("operator %d has %v and %d, want %v and %d", i, got.List, *got.Number, want.List, *want.Number)
		}
	}
}
