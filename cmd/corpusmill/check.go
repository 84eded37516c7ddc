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
	if f.set["json"] {
		res := checkResult{OK: err == nil, Problems: problems}
		if r != nil {
			res.Notes = r.Notes
		}
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
	for _, n := range r.Notes {
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

func (e *env) writePlan(p *plan.Plan, r *recipe.Recipe) {
	w := e.stdout
	var size int64
	for _, f := range p.Inputs {
		size += max(f.Size, 0)
	}
	fmt.Fprintf(w, "input   %d files, %s bytes as stored\n", len(p.Inputs), thousands(size))
	for i, f := range p.Inputs {
		if i == 5 && len(p.Inputs) > 6 {
			fmt.Fprintf(w, "        … and %d more\n", len(p.Inputs)-5)
			break
		}
		fmt.Fprintf(w, "        %s (%s)\n", f.Path, strings.TrimSpace(f.Format+" "+string(f.Codec)))
	}
	for _, m := range p.Models {
		fmt.Fprintf(w, "model   %s\n", m.Path)
	}
	for i, s := range p.Stages {
		fmt.Fprintf(w, "stage %d ", i+1)
		switch s.End {
		case plan.EndCluster:
			fmt.Fprintf(w, "compare the keys of %s; of rows with the same key the first stays\n", p.Steps[s.Dedup].Label)
			continue
		case plan.EndEncode:
			fmt.Fprintf(w, "make the schema that fits all rows, encode them as %s\n", p.Output.Format)
			continue
		}
		from := "read the input"
		if s.Read == plan.FromHeld {
			from = "read the rows held by the stage before"
		}
		if s.After >= 0 {
			from += ", drop duplicates"
		}
		fmt.Fprintln(w, from)
		for _, step := range p.Steps[s.From:s.To] {
			fmt.Fprintf(w, "        %s %s\n", step.Label, changed(step))
		}
		switch {
		case s.End == plan.EndWrite:
			fmt.Fprintf(w, "        write to %s\n", p.Output.Path)
		case s.HoldRows:
			fmt.Fprintf(w, "        keys of %s %s; the rows are held in the run folder, since the input can't be read again\n", p.Steps[s.Dedup].Label, changed(p.Steps[s.Dedup]))
		default:
			fmt.Fprintf(w, "        keys of %s %s; the rows that mappers changed are held in the run folder, the others read again\n", p.Steps[s.Dedup].Label, changed(p.Steps[s.Dedup]))
		}
	}
	fmt.Fprintf(w, "run     %s, %d workers, %s bytes of memory, segments of %s bytes\n", r.Backend, r.NP, thousands(r.Memory), thousands(p.Segment))
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
