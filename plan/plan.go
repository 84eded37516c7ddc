// Package plan says what a run will do, as pure data: stages of steps, each
// step an operator's name and its parameters as JSON. A plan has no code in
// it, so it is the same on every engine and can be compared with the plan of
// an interrupted run.
package plan

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"corpusmill/models"
	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/storage"
	"corpusmill/storage/object"
)

// Plan is a whole run.
type Plan struct {
	Format  int            `json:"plan_format"` // Format, the version of this structure
	Project string         `json:"project_name"`
	Inputs  []storage.File `json:"inputs"`
	// Index is the index that the run goes on from; nil for none. Its inputs
	// are the first of Inputs.
	Index   *IndexUse `json:"index,omitempty"`
	Output  Output    `json:"output"`
	TextKey string    `json:"text_key"`
	// Texts are the fields that operators read as text. A row in which one of
	// them is not a string is filtered by the pseudo-operator "source".
	Texts []string `json:"texts"`
	// Stats are what the steps measure, by slot.
	Stats  []Stat  `json:"stats"`
	Steps  []Step  `json:"steps"`
	Stages []Stage `json:"stages"`
	// Models are the model files that the steps use, and what serves in place
	// of one.
	Models []Model `json:"models,omitempty"`
	// KeepStats adds the stats to the rows, as __dj__stats__.
	KeepStats bool `json:"keep_stats"`
	// StopOnRowError ends the run at the first row that an operator can't
	// process, instead of setting that row aside.
	StopOnRowError bool `json:"stop_on_row_error"`
	// Shared is where tasks keep what other tasks read: a folder's path in an
	// object store, or "" for the run folder.
	Shared string `json:"shared,omitempty"`
	// Unmonitored says that what the tasks take of their machines isn't
	// measured.
	Unmonitored bool  `json:"unmonitored,omitempty"`
	Segment     int64 `json:"segment"` // bytes of input between two commits
	// TaskMemory is the memory, in bytes, that a task takes which compares keys.
	TaskMemory int64 `json:"task_memory"`
	// RangeMemory is up to how much memory, in bytes, a task takes that compares
	// the keys of all segments, where these are so many that it would read little
	// of each; 0 for TaskMemory.
	RangeMemory int64 `json:"range_memory,omitempty"`
	MaxRow      int64 `json:"max_row"` // bytes; longer rows are quarantined
}

// Version is the Plan structure's version; a run of another one can't be
// continued.
const Version = 4

// DefaultTaskMemory is the memory, in bytes, of a task that compares keys.
const DefaultTaskMemory = 24 << 20

// Output says where and how the kept rows are written.
type Output struct {
	Path   string        `json:"path"`   // "-" for standard output
	Format string        `json:"format"` // "jsonl", "parquet", "csv" or "tsv"
	Codec  storage.Codec `json:"codec,omitempty"`
	Layout Layout        `json:"layout"`
	Shard  int64         `json:"shard,omitempty"` // bytes of uncompressed rows after which a new shard begins; 0 for one file
}

// RunFolder is the path of the run folder that lies beside an output.
func RunFolder(output string) string { return strings.TrimRight(output, "/") + ".run" }

// SharedOf is where tasks on machines without a common folder keep what other
// tasks read, for an output in an object store.
func SharedOf(output string) string { return object.Join(RunFolder(output), "work") }

// Layout is how the output lies at its path.
type Layout string

const (
	// SingleFile is one file at the path.
	SingleFile Layout = "file"
	// Folder is a directory at the path with part files.
	Folder Layout = "folder"
	// Numbered are files beside the path, NAME-00-of-03.EXT.
	Numbered Layout = "numbered"
	// Stream is standard output.
	Stream Layout = "stream"
	// IndexFolder is the folder of an index that the run makes or adds to: rows
	// are counted, and written nowhere.
	IndexFolder Layout = "index"
)

// Step is one operator of the recipe.
type Step struct {
	Label   string          `json:"label"` // its name, with #2 for the second of that name
	Name    string          `json:"name"`
	Kind    string          `json:"kind"`
	Params  json.RawMessage `json:"params"`
	Version int             `json:"version"` // the operator's
	Reasons []string        `json:"reasons,omitempty"`
	// Models are the names of the model files that it has open.
	Models []string `json:"models,omitempty"`
	// Grouping is what the keys of a deduplicator mean.
	Grouping *op.Grouping `json:"grouping,omitempty"`
}

// Stat is a stat that some step measures.
type Stat struct {
	Name string          `json:"name"`
	Kind record.StatKind `json:"kind"`
}

// Source says where a stage's rows come from.
type Source string

const (
	// FromInput reads the input files.
	FromInput Source = "input"
	// FromHeld reads the rows that the last stage with EndKeys held.
	FromHeld Source = "held"
)

// End is the data movement that ends a stage.
type End string

const (
	// EndKeys writes the deduplicator's keys, sorted, and what is needed to
	// go on with the rows afterwards.
	EndKeys End = "keys"
	// EndCluster finds what shares a key, among the keys of the stage before:
	// the duplicates, or edges between them, or parts that too many rows have.
	EndCluster End = "cluster"
	// EndComponents finds the duplicates by the edges of the stage before.
	EndComponents End = "components"
	// EndPayloads writes what is compared of the rows that are in clusters.
	EndPayloads End = "payloads"
	// EndVerify compares the rows of each cluster by the payloads of the stage
	// before.
	EndVerify End = "verify"
	// EndWrite writes the kept rows to the output, in input order.
	EndWrite End = "write"
	// EndFiles makes the output's files, each a task, of the kept rows that the
	// stage before has written beside the run.
	EndFiles End = "files"
)

// Stage is a run of steps without data movement, and the movement that ends it.
type Stage struct {
	Name string `json:"name"`
	Read Source `json:"read,omitempty"`
	// From and To are the steps that the stage runs on each row, [From, To).
	From int `json:"from"`
	To   int `json:"to"`
	End  End `json:"end"`
	// Dedup is the deduplicator of EndKeys and of the stages that find its
	// duplicates, an index of Steps; -1 for none.
	Dedup int `json:"dedup"`
	// HoldRows, with EndKeys, says that all rows that go on are written to
	// held files, because the input can't be read again; otherwise only those
	// that a mapper has changed.
	HoldRows bool `json:"hold_rows,omitempty"`
	// After is the stage that found what is dropped first; -1 for none.
	After int `json:"after"`
}

// Job is what a plan is made from.
type Job struct {
	Project        string
	Inputs         []storage.File
	Output         Output
	TextKey        string
	Steps          []Step // Label, Name and Params; the rest is filled in
	KeepStats      bool
	StopOnRowError bool
	Unmonitored    bool
	Segment        int64
	TaskMemory     int64 // 0 for DefaultTaskMemory
	RangeMemory    int64 // see Plan
	MaxRow         int64
	// Models are the folders in which model files are looked for, in order.
	Models []string
	// WorkersWrite says that workers are on other machines, or the output is in
	// an object store: an output of several files is then written by them, and its
	// rows don't all go through one process.
	WorkersWrite bool
	// Shared is Plan.Shared.
	Shared string
	// StrictCompat refuses what is built in where Data-Juicer has a file.
	StrictCompat bool
	// AddToIndex says that the index at Output.Path, of the layout IndexFolder,
	// is there and gets another generation.
	AddToIndex bool
}

// Build makes the plan of a job. It opens each operator once, which tells what
// fields it reads and what it measures; an error is that of an operator that
// can't be built or opened, with its label.
func Build(ctx context.Context, j Job) (*Plan, error) {
	p := &Plan{
		Format: Version, Project: j.Project, Inputs: j.Inputs, Output: j.Output,
		TextKey: j.TextKey, KeepStats: j.KeepStats, Shared: j.Shared,
		StopOnRowError: j.StopOnRowError, Unmonitored: j.Unmonitored, Segment: j.Segment, TaskMemory: cmp.Or(j.TaskMemory, DefaultTaskMemory), RangeMemory: j.RangeMemory, MaxRow: j.MaxRow,
	}
	env := p.Env()
	env.FindModel = func(name string) (string, error) {
		path, err := p.choose(name, j.Models)
		if s := &p.Steps[len(p.Steps)-1]; err == nil && !slices.Contains(s.Models, name) {
			s.Models = append(s.Models, name)
		}
		return path, err
	}
	env.PinData = p.pin
	step := ""
	var extents []extent
	env.TakeStandIn = func(s op.StandIn) error { return p.takeStandIn(step, s, j.StrictCompat) }
	for _, s := range j.Steps {
		spec, _ := op.Lookup(s.Name)
		s.Kind, s.Version, s.Reasons = spec.Kind.String(), spec.Version, spec.Reasons
		p.Steps = append(p.Steps, s)
		step = s.Label
		o, err := Open(ctx, env, s, p.TextKey)
		if err != nil {
			return nil, err
		}
		if spec.Kind == op.KindDeduplicator {
			g := op.Grouping{By: op.ByKey}
			if o, ok := o.(op.Grouped); ok {
				g = o.Grouping()
			}
			p.Steps[len(p.Steps)-1].Grouping = &g
		}
		if err := o.Close(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Label, err)
		}
		extents = append(extents, extent{len(p.Models), env.Stats.Len()})
	}
	for _, t := range env.Texts() {
		if n := env.Fields.Name(t); !slices.Contains(p.Texts, n) {
			p.Texts = append(p.Texts, n)
		}
	}
	for s := range env.Stats.Len() {
		slot := record.Slot(s)
		p.Stats = append(p.Stats, Stat{env.Stats.Name(slot), env.Stats.Kind(slot)})
	}
	if err := p.takeIndex(j, extents); err != nil {
		return nil, err
	}
	p.Stages = stages(p.Steps, rereadable(p.OwnInputs()))
	p.MakeFiles(j.WorkersWrite && (p.Output.Layout == Folder || p.Output.Layout == Numbered))
	return p, nil
}

// Open builds and opens the operator of a step.
func Open(ctx context.Context, env *op.Env, s Step, textKey string) (op.Operator, error) {
	o, err := op.Build(s.Name, s.Params)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Label, err)
	}
	env.TextKey = op.TextKey(s.Params, textKey)
	if err := o.Open(ctx, env); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Label, err)
	}
	return o, nil
}

func rereadable(files []storage.File) bool {
	for _, f := range files {
		if f.Path == "-" {
			return false
		}
	}
	return true
}

// stages cuts the steps at the deduplicators. Between two stages only the rows
// that a mapper has changed are held in files; the others are read again from
// the input, or held too when it can't be read twice.
func stages(steps []Step, rereadable bool) []Stage {
	var out []Stage
	read, after, from := FromInput, -1, 0
	for i, s := range steps {
		if s.Kind != op.KindDeduplicator.String() {
			continue
		}
		out = append(out,
			Stage{Name: name(steps[from:i], "keys of "+s.Label), Read: read, From: from, To: i, End: EndKeys, Dedup: i, HoldRows: !rereadable, After: after},
			Stage{Name: found[s.Grouping.By] + s.Label, From: i, To: i + 1, End: EndCluster, Dedup: i, After: -1})
		if s.Grouping.By == op.ByCluster {
			out = append(out, Stage{Name: "clusters of " + s.Label, From: i, To: i + 1, End: EndComponents, Dedup: i, After: -1})
		}
		if s.Grouping.Verify {
			if !rereadable {
				read = FromHeld
			}
			out = append(out,
				Stage{Name: "members of clusters of " + s.Label, Read: read, From: i, To: i, End: EndPayloads, Dedup: i, After: len(out) - 1},
				Stage{Name: "clusters of " + s.Label + " verified", From: i, To: i + 1, End: EndVerify, Dedup: i, After: -1})
		}
		after, from = len(out)-1, i+1
		if !rereadable {
			read = FromHeld
		}
	}
	out = append(out, Stage{Name: name(steps[from:], "write"), Read: read, From: from, To: len(steps), End: EndWrite, Dedup: -1, After: after})
	return out
}

// MakeFiles says whether the output's files are made by tasks of their own,
// and not as rows are committed. They always are when the format needs a
// schema of all rows.
func (p *Plan) MakeFiles(yes bool) {
	n := len(p.Steps)
	p.Stages = slices.DeleteFunc(p.Stages, func(s Stage) bool { return s.End == EndFiles })
	if yes || p.Output.Format != "jsonl" {
		p.Stages = append(p.Stages, Stage{Name: "files", End: EndFiles, From: n, To: n, Dedup: -1, After: -1})
	}
}

// MakesFiles says whether the output's files are made by tasks of their own.
func (p *Plan) MakesFiles() bool { return p.Stages[len(p.Stages)-1].End == EndFiles }

// found is what EndCluster finds, as the start of a stage's name.
var found = map[op.GroupBy]string{op.ByKey: "duplicates of ", op.ByCluster: "pairs of ", op.ByPart: "common parts of "}

// KeysStage is the stage that wrote the keys of what a stage found.
func (p *Plan) KeysStage(stage int) int {
	for p.Stages[stage].End != EndKeys {
		stage--
	}
	return stage
}

// Grouping is what the keys of a stage's deduplicator mean.
func (p *Plan) Grouping(stage int) op.Grouping { return *p.Steps[p.Stages[stage].Dedup].Grouping }

func name(steps []Step, last string) string {
	switch len(steps) {
	case 0:
		return last
	case 1:
		return steps[0].Label + ", " + last
	default:
		return steps[0].Label + " … " + steps[len(steps)-1].Label + ", " + last
	}
}

// Env returns the tables for the operators of a chain. The plan's text fields
// are its first paths, and its stats have the same slots in every stage.
func (p *Plan) Env() *op.Env {
	e := &op.Env{Fields: &record.Fields{}, Stats: &record.Stats{}, TextKey: p.TextKey, FindModel: p.chosen, PinData: p.pinned, TakeStandIn: p.stoodIn, Derived: models.DerivedFolder()}
	for _, t := range p.Texts {
		e.Fields.Path(t)
	}
	for _, s := range p.Stats {
		e.Stats.Slot(s.Name, s.Kind)
	}
	return e
}
