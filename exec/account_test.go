package exec

import (
	"encoding/json"
	"testing"

	"corpusmill/plan"
	"corpusmill/storage"
)

// balanced is an account of two files and two steps that adds up.
func balanced() (*plan.Plan, *Account) {
	p := &plan.Plan{
		Inputs: []storage.File{{Path: "a"}, {Path: "b"}}, Output: plan.Output{Format: "jsonl"},
		Steps: []plan.Step{{Label: "filter", Kind: "filter"}, {Label: "dedup", Kind: "deduplicator"}},
	}
	a := newAccount(p)
	a.Files[0].Count = Count{In: 6, Kept: 2, Filtered: 2, Duplicate: 1, Quarantined: 1}
	a.Files[1].Count = Count{In: 4, Kept: 3, Filtered: 1}
	a.Steps[0] = StepCount{Count: Count{In: 10, Kept: 8, Filtered: 1, Quarantined: 1}, Reasons: []int64{0, 1}}
	a.Steps[1] = StepCount{Count: Count{In: 8, Kept: 6, Filtered: 2}, Reasons: []int64{2}}
	a.Steps[2] = StepCount{Count: Count{In: 6, Kept: 5, Duplicate: 1}, Reasons: []int64{1}}
	a.Written, a.Noted, a.SetAside = 5, 4, 1
	for range 5 {
		a.Digest.Add([]byte("{}"))
	}
	return p, a
}

// TestAccountCheck changes each figure of a balanced account: none goes
// unseen.
func TestAccountCheck(t *testing.T) {
	p, a := balanced()
	if err := a.Check(p); err != nil {
		t.Fatal(err)
	}
	counts := func(a *Account) []*int64 {
		out := []*int64{&a.Written, &a.Noted, &a.SetAside, &a.Digest.Rows}
		all := []*Count{&a.Files[0].Count, &a.Files[1].Count}
		for i := range a.Steps {
			all = append(all, &a.Steps[i].Count)
			for k := range a.Steps[i].Reasons {
				out = append(out, &a.Steps[i].Reasons[k])
			}
		}
		for _, c := range all {
			out = append(out, &c.In, &c.Kept, &c.Filtered, &c.Duplicate, &c.Quarantined)
		}
		return out
	}
	for i := range counts(a) {
		for _, by := range []int64{1, -1} {
			p, a := balanced()
			*counts(a)[i] += by
			if a.Check(p) == nil {
				raw, _ := json.Marshal(a)
				t.Errorf("figure %d, changed by %d, goes unseen: %s", i, by, raw)
			}
		}
	}
	// Two figures that make up for each other within a step or a file.
	for _, swap := range []func(a *Account){
		func(a *Account) { a.Files[0].Kept++; a.Files[0].Filtered-- },
		func(a *Account) { a.Files[0].Duplicate--; a.Files[0].Filtered++ },
		func(a *Account) { a.Steps[1].Kept++; a.Steps[1].Filtered-- },
		func(a *Account) { a.Steps[0].Quarantined--; a.Steps[0].Filtered++; a.Steps[0].Reasons[0]++ },
		func(a *Account) { a.Files[1].In++; a.Files[1].Kept++ },
	} {
		p, a := balanced()
		swap(a)
		if a.Check(p) == nil {
			t.Errorf("goes unseen: %+v", a)
		}
	}
}
