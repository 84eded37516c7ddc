package main

import (
	"fmt"

	"corpusmill/exec"
	"corpusmill/plan"
	"corpusmill/recipe"
	"corpusmill/storage"
)

// findSlots tells the recipe how many tasks run at once on all machines, where
// that is known beside it.
func (e *env) findSlots(f *flags, r *recipe.Recipe) {
	switch {
	case r.Backend == "ranks":
		if place, _, err := e.rankPlace(f); err == nil {
			r.Slots = place.Size * rankWorkers(r, place)
		}
	case r.Backend == "slurm" && !r.NPGiven:
		r.Slots = slurmWorkers
	}
}

// splitting is how the recipe's input is cut. Where tasks cost nothing, each
// reads one segment, so that finished rows never have to wait for a long task
// before them.
func splitting(r *recipe.Recipe) exec.Splitting {
	s := exec.Splitting{Size: r.SplitSize, Count: r.SplitCount, Whole: r.WholeFiles}
	if s.Size == 0 && caps(r).Remote {
		s.Size = recipe.DefaultSplit
	}
	return s
}

// uncut notes the files that can't be cut and keep workers waiting.
func uncut(r *recipe.Recipe, files []storage.File, segment int64) ([]recipe.Problem, error) {
	if r.WholeFiles {
		return nil, nil
	}
	parallel := r.Parallel()
	if parallel == 0 {
		parallel = r.NP // an engine has more than this machine
	}
	found, err := exec.Uncut(files, segment, parallel)
	note := exec.UncutNote(found)
	if err != nil || note == "" {
		return nil, err
	}
	return []recipe.Problem{{Pos: r.Inputs[0].Pos, Severity: recipe.SeverityNote, Msg: note}}, nil
}

// writeSplits is the part of a plan that says how the input is cut.
func (e *env) writeSplits(p *plan.Plan, r *recipe.Recipe) error {
	if parallel := r.Parallel(); parallel > 0 {
		c, err := splitting(r).Cut(p, parallel)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "splits  %s, of at most %s bytes as stored; %s at once\n", counted(int64(c.Splits), "task"), thousands(c.Largest), counted(int64(parallel), "task"))
	} else {
		fmt.Fprintf(e.stdout, "splits  at least two tasks for each CPU of the engine, which is asked when the run begins\n")
	}
	notes, err := uncut(r, p.OwnInputs(), p.Segment)
	for _, n := range notes {
		fmt.Fprintf(e.stderr, "note: %s\n", n)
	}
	return err
}
