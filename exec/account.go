package exec

import (
	"fmt"

	"corpusmill/plan"
)

// Count is what became of the rows that reached one place, an operator or a
// file: In is the sum of the other four once a run is over.
type Count struct {
	In          int64 `json:"in"`
	Kept        int64 `json:"kept"`
	Filtered    int64 `json:"filtered"`
	Duplicate   int64 `json:"duplicate"`
	Quarantined int64 `json:"quarantined"`
}

func (c *Count) add(o Count) {
	c.In += o.In
	c.Kept += o.Kept
	c.Filtered += o.Filtered
	c.Duplicate += o.Duplicate
	c.Quarantined += o.Quarantined
}

func (c Count) balanced() bool {
	return c.In == c.Kept+c.Filtered+c.Duplicate+c.Quarantined
}

// StepCount is the Count of one step, with what only a step has.
type StepCount struct {
	Count
	Edited  int64   `json:"edited,omitempty"`  // rows that a mapper changed
	Reasons []int64 `json:"reasons,omitempty"` // rows dropped, by the operator's reasons
	// Nanos is the time in the operator, and CPUNanos the CPU time, estimated
	// from samples.
	Nanos    int64 `json:"nanos"`
	CPUNanos int64 `json:"cpu_nanos,omitempty"`
}

func (c *StepCount) add(o StepCount) {
	c.Count.add(o.Count)
	c.Edited += o.Edited
	c.Nanos += o.Nanos
	c.CPUNanos += o.CPUNanos
	for i, n := range o.Reasons {
		for len(c.Reasons) <= i {
			c.Reasons = append(c.Reasons, 0)
		}
		c.Reasons[i] += n
	}
}

// FileCount is the Count of one input file, with its lines.
type FileCount struct {
	Count
	Lines int64 `json:"lines"` // blank ones included
	Blank int64 `json:"blank"`
	Bytes int64 `json:"bytes"` // uncompressed
}

func (c *FileCount) add(o FileCount) {
	c.Count.add(o.Count)
	c.Lines += o.Lines
	c.Blank += o.Blank
	c.Bytes += o.Bytes
}

// SourceStep is the index, in an account, of the pseudo-operator "source",
// which refuses malformed rows and rows without text. The plan's steps follow.
const SourceStep = 0

// steps is the number of an account's steps: "source", those of the plan, and
// "export" where the output's format can't hold every row.
func steps(p *plan.Plan) int {
	if p.Output.Format != "jsonl" {
		return len(p.Steps) + 2
	}
	return len(p.Steps) + 1
}

// SourceReasons are why "source" drops a row.
var SourceReasons = []string{"text is missing", "text is null", "text is not a string"}

// Account is the balance of a run: no row leaves it unseen.
type Account struct {
	Files []FileCount `json:"files"` // by input ordinal
	Steps []StepCount `json:"steps"` // see steps
	// Written, Noted and SetAside are counted where rows are written out: to
	// the output, to the log of drops, to the quarantine.
	Written  int64  `json:"written"`
	Noted    int64  `json:"noted"`
	SetAside int64  `json:"set_aside"`
	Digest   Digest `json:"digest"`
}

func newAccount(p *plan.Plan) *Account {
	return &Account{Files: make([]FileCount, len(p.Inputs)), Steps: make([]StepCount, steps(p))}
}

// Total is the Count over all files.
func (a *Account) Total() FileCount {
	var t FileCount
	for _, f := range a.Files {
		t.add(f)
	}
	return t
}

// Check compares every figure with those that it has to agree with. An error
// means that rows were lost or made up: a bug, or a changed file.
func (a *Account) Check(p *plan.Plan) error {
	total := a.Total()
	for i, s := range a.Steps {
		if !s.balanced() {
			return fmt.Errorf("the account of %s doesn't balance: %+v", stepLabel(p, i), s.Count)
		}
		want := total.In
		if i > 0 {
			want = a.Steps[i-1].Kept
		}
		if s.In != want {
			return fmt.Errorf("%s saw %d rows, %d were to reach it", stepLabel(p, i), s.In, want)
		}
		var why int64
		for _, n := range s.Reasons {
			why += n
		}
		if why != s.Filtered+s.Duplicate {
			return fmt.Errorf("%s dropped %d rows and gave reasons for %d", stepLabel(p, i), s.Filtered+s.Duplicate, why)
		}
	}
	var steps Count
	for _, s := range a.Steps {
		steps.Filtered += s.Filtered
		steps.Duplicate += s.Duplicate
		steps.Quarantined += s.Quarantined
	}
	for i, f := range a.Files {
		if !f.balanced() {
			return fmt.Errorf("the account of %s doesn't balance: %+v", p.Inputs[i].Path, f.Count)
		}
	}
	for _, c := range []struct {
		what      string
		got, want int64
	}{
		{"rows filtered, by file and by step", total.Filtered, steps.Filtered},
		{"duplicates, by file and by step", total.Duplicate, steps.Duplicate},
		{"rows quarantined, by file and by step", total.Quarantined, steps.Quarantined},
		{"rows kept by the last step and by file", a.Steps[len(a.Steps)-1].Kept, total.Kept},
		{"rows written and kept", a.Written, total.Kept},
		{"rows in the digest and kept", a.Digest.Rows, total.Kept},
		{"rows in the log of drops and dropped", a.Noted, total.Filtered + total.Duplicate},
		{"rows in the quarantine and quarantined", a.SetAside, total.Quarantined},
	} {
		if c.got != c.want {
			return fmt.Errorf("the account doesn't balance: %s differ: %d and %d", c.what, c.got, c.want)
		}
	}
	return nil
}

func stepLabel(p *plan.Plan, i int) string {
	if i == SourceStep {
		return "source"
	}
	if i > len(p.Steps) {
		return "export"
	}
	return p.Steps[i-1].Label
}
