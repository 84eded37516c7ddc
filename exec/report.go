package exec

import (
	"path/filepath"

	"corpusmill/plan"
	"corpusmill/storage"
)

// Report is what a run did, as report.json has it and the closing table
// prints it. It doesn't tell the time: two runs over the same input have the
// same report, but for Nanos and Resources.
type Report struct {
	Project string       `json:"project_name"`
	Rows    Count        `json:"rows"`
	Blank   int64        `json:"blank_lines"`
	Bytes   int64        `json:"bytes"` // uncompressed input
	Steps   []StepReport `json:"steps"`
	Files   []FileReport `json:"files"`
	// Clusters are what deduplicators by similarity found.
	Clusters []ClusterReport `json:"clusters,omitempty"`
	// Index is the index that the run went on from, or made.
	Index  *IndexReport `json:"index,omitempty"`
	Output []OutputFile `json:"output"`
	// Digest is a hash over the ordered rows of the output, whatever its
	// files and their compression.
	Digest  string       `json:"digest"`
	Models  []plan.Model `json:"models,omitempty"` // that the steps used
	Resumed bool         `json:"resumed,omitempty"`
	// Resources is what the run took; nil when that wasn't measured.
	Resources *ResourceReport `json:"resources,omitempty"`
}

// StepReport is what one step did; the first is "source", the last
// "export" where the output's format can't hold every row.
type StepReport struct {
	Label string `json:"label"`
	Kind  string `json:"kind"`
	Count
	Edited  int64         `json:"edited,omitempty"`
	Reasons []ReasonCount `json:"reasons,omitempty"`
	Nanos   int64         `json:"nanos"` // time in the operator, over all workers, estimated from a sample of rows
}

// ReasonCount is how often a step dropped a row for a reason.
type ReasonCount struct {
	Reason string `json:"reason"`
	Rows   int64  `json:"rows"`
}

// FileReport is what became of the rows of one input file.
type FileReport struct {
	Path string `json:"path"`
	FileCount
}

// OutputFile is one file of the result.
type OutputFile struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	Rows  int64  `json:"rows"`
	Sum   string `json:"xxh3_128"` // of the file's bytes
}

// Report is the run's report.json.
func (f *Finished) Report() (*Report, error) {
	r := &Report{}
	return r, readJSON(filepath.Join(f.Folder, "report.json"), r)
}

// Manifest seals a result: what it was made from and what it is.
type Manifest struct {
	Corpusmill int            `json:"plan_format"`
	Inputs     []storage.File `json:"inputs"`
	Steps      []plan.Step    `json:"steps"`
	Models     []plan.Model   `json:"models,omitempty"`
	Rows       Count          `json:"rows"`
	Output     []OutputFile   `json:"output"`
	Stats      string         `json:"stats,omitempty"` // path of the stats file
	Digest     string         `json:"digest"`
}

func (d *driver) report() *Report {
	p, a := d.plan, d.account
	total := a.Total()
	r := &Report{Project: p.Project, Rows: total.Count, Blank: total.Blank, Bytes: total.Bytes, Digest: a.Digest.String(), Models: p.Models, Resumed: d.resumed}
	for i, s := range a.Steps {
		out := StepReport{Label: stepLabel(p, i), Kind: "source", Count: s.Count, Edited: s.Edited, Nanos: s.Nanos}
		reasons := SourceReasons
		switch {
		case i > len(p.Steps):
			out.Kind, reasons = "export", nil
		case i > SourceStep:
			out.Kind, reasons = p.Steps[i-1].Kind, reasonsOf(p.Steps[i-1])
		}
		for k, n := range s.Reasons {
			if n > 0 {
				out.Reasons = append(out.Reasons, ReasonCount{reasons[k], n})
			}
		}
		r.Steps = append(r.Steps, out)
	}
	for i, f := range a.Files {
		if p.Inputs[i].Indexed {
			continue
		}
		r.Files = append(r.Files, FileReport{p.Inputs[i].Path, f})
	}
	return r
}

// reasonsOf are a step's reasons; a deduplicator has one.
func reasonsOf(s plan.Step) []string {
	if s.Kind == "deduplicator" {
		return []string{"duplicate"}
	}
	return s.Reasons
}

func (d *driver) manifest(r *Report) Manifest {
	m := Manifest{Corpusmill: plan.Version, Inputs: d.plan.Inputs, Steps: d.plan.Steps, Models: d.plan.Models, Rows: r.Rows, Output: r.Output, Digest: r.Digest}
	if d.writesStats() {
		m.Stats = statsPath(d.plan.Output)
	}
	return m
}
