package main

import (
	"slices"
	"testing"

	"corpusmill/backend/shim"
	"corpusmill/plan"
	"corpusmill/recipe"
)

// TestNeeds has steps of two stages ask an engine for all that they may.
func TestNeeds(t *testing.T) {
	r := &recipe.Recipe{Steps: []recipe.Step{
		{Label: "a", Needs: recipe.Needs{NumProc: 5, CPUs: 2, GPUs: 0.5, Memory: 10}},
		{Label: "b", Needs: recipe.Needs{NumProc: 3, CPUs: 1, GPUs: 1, Memory: 20, Accelerated: true}},
		{Label: "dedup", Needs: recipe.Needs{NumProc: 4}},
		{Label: "c", Needs: recipe.Needs{Actor: true}},
	}}
	p := &plan.Plan{
		Steps: []plan.Step{{Label: "a"}, {Label: "b"}, {Label: "dedup", Models: []string{"tokenizer"}}, {Label: "c"}},
		Stages: []plan.Stage{
			{From: 0, To: 2, End: plan.EndKeys, Dedup: 2},
			{From: 3, To: 4, End: plan.EndWrite, Dedup: -1},
			{From: 4, To: 4, End: plan.EndFiles, Dedup: -1},
		},
	}
	want := []shim.Resources{
		{Tasks: 3, CPUs: 2, GPUs: 1.5, Memory: 30, Accelerated: true, Hold: true},
		{Hold: true},
		{},
	}
	if got := needs(r, p); !slices.Equal(got, want) {
		t.Errorf("the stages need\n%+v, want\n%+v", got, want)
	}
}
