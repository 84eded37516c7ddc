package main

import (
	"fmt"
	"strings"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/recipe"
	"corpusmill/storage"
)

func (e *env) writePlan(p *plan.Plan, r *recipe.Recipe) {
	w := e.stdout
	inputs := p.OwnInputs()
	if p.Index != nil {
		fmt.Fprintf(w, "index   %s, of %d files that aren't read\n", p.Index.Path, len(p.Inputs)-len(inputs))
	}
	fmt.Fprintf(w, "input   %d files, %s bytes as stored\n", len(inputs), thousands(storage.Stored(inputs)))
	for i, f := range inputs {
		if i == 5 && len(inputs) > 6 {
			fmt.Fprintf(w, "        … and %d more\n", len(inputs)-5)
			break
		}
		fmt.Fprintf(w, "        %s (%s)\n", f.Path, strings.TrimSpace(f.Format+" "+string(f.Codec)))
	}
	for _, m := range p.Models {
		switch m.Note {
		case "":
			fmt.Fprintf(w, "model   %s\n", m.Path)
		default:
			fmt.Fprintf(w, "model   %s\n", m.Note)
		}
	}
	for i, s := range p.Stages {
		fmt.Fprintf(w, "stage %d ", i+1)
		switch s.End {
		case plan.EndCluster, plan.EndComponents, plan.EndVerify:
			fmt.Fprintln(w, comparison(p, i))
			continue
		case plan.EndFiles:
			if p.Output.Format != "jsonl" {
				fmt.Fprint(w, "make the schema that fits all rows; ")
			}
			fmt.Fprintf(w, "write the files of %s\n", p.Output.Path)
			continue
		}
		from := "read the input"
		if s.Read == plan.FromHeld {
			from = "read the rows held by the stage before"
		}
		switch {
		case s.End == plan.EndPayloads:
			from += ", note what is compared of the rows in clusters"
		case s.After >= 0 && p.Grouping(s.After).By == op.ByPart:
			from += ", take out common parts"
		case s.After >= 0:
			from += ", drop duplicates"
		}
		fmt.Fprintln(w, from)
		for _, step := range p.Steps[s.From:s.To] {
			fmt.Fprintf(w, "        %s %s\n", step.Label, changed(step))
		}
		switch {
		case s.End == plan.EndPayloads:
		case s.End == plan.EndWrite:
			if p.MakesFiles() {
				fmt.Fprintf(w, "        write the rows into the run folder, which takes as many bytes as they have\n")
			} else {
				fmt.Fprintf(w, "        write to %s\n", p.Output.Path)
			}
		case s.HoldRows:
			fmt.Fprintf(w, "        keys of %s %s; the rows are held in the run folder, since the input can't be read again\n", p.Steps[s.Dedup].Label, changed(p.Steps[s.Dedup]))
		default:
			fmt.Fprintf(w, "        keys of %s %s; the rows that mappers changed are held in the run folder, the others read again\n", p.Steps[s.Dedup].Label, changed(p.Steps[s.Dedup]))
		}
		if s.End == plan.EndKeys {
			fmt.Fprintf(w, "        the run folder takes %s\n", keySpace(p.Grouping(i)))
		}
	}
	fmt.Fprintf(w, "run     %s, %d workers, %s bytes of memory, segments of %s bytes\n", r.Backend, r.NP, thousands(r.Memory), thousands(p.Segment))
}

// comparison says what a stage does with keys.
func comparison(p *plan.Plan, stage int) string {
	label, g := p.Steps[p.Stages[stage].Dedup].Label, p.Grouping(stage)
	switch {
	case p.Stages[stage].End == plan.EndComponents:
		return "find the clusters of " + label + "; of each the first row stays"
	case p.Stages[stage].End == plan.EndVerify:
		return "compare the rows of each cluster of " + label + "; those that are like none that stays stay too"
	case g.By == op.ByPart:
		return fmt.Sprintf("count the keys of %s: parts that more than %d rows have go", label, g.MaxRows)
	case g.By == op.ByCluster:
		return "compare the keys of " + label
	default:
		return "compare the keys of " + label + "; of rows with the same key the first stays"
	}
}

// keySpace is what the keys take on the disk.
func keySpace(g op.Grouping) string {
	const key, part = 20, 32
	switch {
	case g.By == op.ByPart:
		return fmt.Sprintf("at most %d bytes for each part of a row", part)
	case g.Keys > 0:
		return fmt.Sprintf("%d bytes for each row, %d keys of %d bytes", g.Keys*key, g.Keys, key)
	case g.By == op.ByCluster:
		return fmt.Sprintf("%d bytes for each key", key)
	default:
		return fmt.Sprintf("%d bytes for each row", key)
	}
}
