package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/recipe"
)

// checkResult is what check prints with --json.
type checkResult struct {
	OK       bool             `json:"ok"`
	Problems recipe.Problems  `json:"problems"`
	Notes    []recipe.Problem `json:"notes"`
}

func check(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, []string{"config", "rank", "world_size"})
	if err != nil {
		return err
	}
	r, err := e.load(f)
	var problems recipe.Problems
	if err != nil && !errors.As(err, &problems) {
		return err
	}
	var notes []recipe.Problem
	if r != nil {
		notes = r.Notes
	}
	var used []string
	if err == nil {
		var lacks []recipe.Problem
		lacks, problems, used = e.lacking(r)
		notes = append(notes, lacks...)
		if len(problems) > 0 {
			err = problems
		}
	}
	if err == nil {
		more, err := e.inputNotes(r, used)
		if err != nil {
			return err
		}
		notes = append(notes, more...)
	}
	if f.set["json"] {
		res := checkResult{OK: err == nil, Problems: problems, Notes: notes}
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		if e := enc.Encode(res); e != nil {
			return e
		}
		return err
	}
	if err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintf(e.stderr, "note: %s\n", n)
	}
	fmt.Fprintf(e.stdout, "%s is right: %d steps\n", r.File, len(r.Steps))
	return nil
}

// inputNotes are the notes on the inputs as they are found. used are the paths
// of the models.
func (e *env) inputNotes(r *recipe.Recipe, used []string) ([]recipe.Problem, error) {
	job, err := e.job(r)
	if err != nil {
		return nil, err
	}
	notes, err := uncut(r, job.Inputs, job.Segment)
	if err == nil && caps(r).Remote {
		notes = append(notes, e.advice(r, job.Inputs, used)...)
	}
	return notes, err
}

func showPlan(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, []string{"config", "rank", "world_size"})
	if err != nil {
		return err
	}
	r, err := e.load(f)
	if err != nil {
		return err
	}
	p, err := e.prepare(r)
	if err != nil {
		return err
	}
	if f.set["json"] {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(p)
	}
	for _, n := range e.planAdvice(r, p) {
		fmt.Fprintf(e.stderr, "note: %s\n", n)
	}
	e.writePlan(p, r)
	return e.writeSplits(p, r)
}

// changed lists the parameters that differ from their defaults.
func changed(s plan.Step) string {
	spec, _ := op.Lookup(s.Name)
	var set map[string]json.RawMessage
	if json.Unmarshal(s.Params, &set) != nil {
		return string(s.Params)
	}
	var out []string
	for _, p := range spec.Params {
		if v, ok := set[p.Name]; ok && string(v) != string(p.Default) {
			out = append(out, p.Name+": "+string(v))
		}
	}
	return "{" + strings.Join(out, ", ") + "}"
}
