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
	f, err := takeFlags(args, []string{"json"}, []string{"config"})
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
	if err == nil {
		lacks, refused := e.lacking(r)
		notes, problems = append(notes, lacks...), refused
		if len(refused) > 0 {
			err = refused
		}
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

func showPlan(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, []string{"config"})
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
	e.writePlan(p, r)
	return nil
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
