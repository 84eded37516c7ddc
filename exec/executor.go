package exec

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/record"
	"corpusmill/storage"
	"corpusmill/storage/object"
)

// Task is one stage over one split, or over one range of keys: plain data
// that any process with access to the run folder can work on.
type Task struct {
	ID      int           `json:"id"` // ordinal in its stage; results are committed in this order
	Stage   int           `json:"stage"`
	Attempt int           `json:"attempt"`
	Split   storage.Split `json:"split"`
	From    int           `json:"from"` // the split's segments before this one are done
	// Range of Ranges equal parts of all keys, for EndCluster, of all nodes,
	// for EndComponents, or file of all files, for EndFiles.
	Range  int `json:"range"`
	Ranges int `json:"ranges"`
	// Phase is for stages that find duplicates, Round for EndComponents. Inputs is
	// the number of files that the phase before left, Links that of phaseLinks, for
	// the first round, Into the number of ranges that a phaseCollect is for. File is
	// the file of a phaseJump, and [First, Last) are its edges.
	Phase  phase `json:"phase,omitempty"`
	Round  int   `json:"round,omitempty"`
	Inputs int   `json:"inputs,omitempty"`
	Links  int   `json:"links,omitempty"`
	Into   int   `json:"into,omitempty"`
	File   int   `json:"file,omitempty"`
	First  int64 `json:"first,omitempty"`
	Last   int64 `json:"last,omitempty"`
	// Begin and End are the places between which the rows of a file are, for
	// EndFiles.
	Begin rowPlace `json:"begin,omitzero"`
	End   rowPlace `json:"end,omitzero"`
	// several says that the split may have several segments.
	several bool
	// Keys are those of all ranges together, for EndCluster.
	Keys int64 `json:"keys,omitempty"`
	// Found is the number of files that the stage before left, for a stage
	// that comes after one which found duplicates.
	Found int `json:"found"`
}

// Executor runs the tasks of one plan in this process.
type Executor struct {
	Plan  *plan.Plan
	dir   workDir
	clock Clock
	// Progress is told of input bytes as they are read; nil for nobody.
	Progress func(stage int, bytes int64)

	large sync.Mutex // held while a row of largeRow or more is worked on

	mu     sync.Mutex
	bufs   []*segmentBuffers // free ones
	stages map[int]*openStage
	segs   []segmentInfo
	keys   *keyIndex // nil as long as no task has asked
	meter  *monitor  // nil as long as there is no worker, or nothing is measured
}

// Clock tells the time in nanoseconds from any fixed point, for progress and
// for the time that operators take; results never depend on it.
type Clock func() int64

// NewExecutor returns an executor for the plan in a run folder.
func NewExecutor(folder string, clock Clock) (*Executor, error) {
	dir := workDir(folder)
	raw, err := readShared(dir.plan())
	if err != nil {
		return nil, err
	}
	p := &plan.Plan{}
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, fmt.Errorf("%s: %w", dir.plan(), err)
	}
	if p.Format != plan.Version {
		return nil, fmt.Errorf("%s has format %d; this corpusmill reads %d", dir.plan(), p.Format, plan.Version)
	}
	x := &Executor{Plan: p, dir: dir, clock: clock, stages: map[int]*openStage{}}
	return x, nil
}

// Close closes the operators, and what measures this process.
func (x *Executor) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.meter.close()
	x.meter = nil
	var first error
	for _, s := range x.stages {
		for _, o := range s.steps {
			if err := o.op.Close(); err != nil && first == nil {
				first = err
			}
		}
		if s.prior != nil {
			if err := s.prior.op.Close(); err != nil && first == nil {
				first = err
			}
		}
	}
	x.stages = map[int]*openStage{}
	return first
}

func (x *Executor) progress(stage int, bytes int64) {
	if x.Progress != nil {
		x.Progress(stage, bytes)
	}
}

// monitor is what measures this process, for one more worker.
func (x *Executor) monitor() *monitor {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.meter == nil && !x.Plan.Unmonitored {
		x.meter = newMonitor(x.clock)
	}
	x.meter.joined()
	return x.meter
}

// openStage is a stage whose operators are open.
type openStage struct {
	plan.Stage
	env   *op.Env
	texts []record.Path // that "source" checks, in the first stage only
	steps []openStep
	dedup *openStep
	by    op.GroupBy // of dedup
	// prior is the deduplicator whose duplicates, or common parts, go first;
	// it isn't there when it has nothing to do but that.
	prior     *openStep
	priorText record.Path
	wanted    []node // rows to capture
	stats     *statsWriter
}

type openStep struct {
	account int // index in the account
	op      op.Operator
	kind    op.Kind
	label   string
}

// open opens the operators of a stage, once.
func (x *Executor) open(ctx context.Context, stage int) (*openStage, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if s, ok := x.stages[stage]; ok {
		return s, nil
	}
	s := &openStage{Stage: x.Plan.Stages[stage], env: x.Plan.Env()}
	if stage == 0 {
		for _, t := range x.Plan.Texts {
			s.texts = append(s.texts, s.env.Fields.Path(t))
		}
	}
	last := s.To
	if s.End == plan.EndKeys {
		last++ // the deduplicator itself
	}
	for i := s.From; i < last; i++ {
		step := x.Plan.Steps[i]
		o, err := plan.Open(ctx, s.env, step, x.Plan.TextKey)
		if err != nil {
			return nil, err
		}
		spec, _ := op.Lookup(step.Name)
		s.steps = append(s.steps, openStep{account: i + 1, op: o, kind: spec.Kind, label: step.Label})
	}
	if s.End == plan.EndKeys {
		s.dedup, s.by = &s.steps[len(s.steps)-1], x.Plan.Grouping(stage).By
	}
	if err := x.openPrior(ctx, s); err != nil {
		return nil, err
	}
	s.stats = newStatsWriter(s.env.Stats)
	x.stages[stage] = s
	return s, nil
}

func (x *Executor) openPrior(ctx context.Context, s *openStage) error {
	if s.After < 0 || x.Plan.Grouping(s.After).By == op.ByKey {
		return nil
	}
	if x.Plan.Grouping(s.After).By == op.ByCluster && s.End != plan.EndPayloads {
		if err := readJSON(x.dir.wanted(s.After), &s.wanted); err != nil {
			return err
		}
		if len(s.wanted) == 0 {
			return nil
		}
	}
	at := x.Plan.Stages[s.After].Dedup
	step := x.Plan.Steps[at]
	o, err := x.openDedup(ctx, s.After, s.env)
	if err != nil {
		return err
	}
	s.prior = &openStep{account: at + 1, op: o, kind: op.KindDeduplicator, label: step.Label}
	s.priorText = s.env.Fields.Path(op.TextKey(step.Params, x.Plan.TextKey))
	return nil
}

// openDedup opens the deduplicator of a stage.
func (x *Executor) openDedup(ctx context.Context, stage int, env *op.Env) (op.Operator, error) {
	return plan.Open(ctx, env, x.Plan.Steps[x.Plan.Stages[stage].Dedup], x.Plan.TextKey)
}

// segments is the run's list of segments, known once the first stage is done.
func (x *Executor) segments() ([]segmentInfo, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.segs != nil {
		return x.segs, nil
	}
	raw, err := readShared(x.dir.segments())
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &x.segs); err != nil {
		return nil, fmt.Errorf("%s: %w", x.dir.segments(), err)
	}
	return x.segs, nil
}

// index is the index that a stage goes on from; nil for none.
func (x *Executor) index(stage int) (*keyIndex, error) {
	if !x.Plan.UsesIndex(stage) {
		return nil, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.keys == nil {
		raw, err := readShared(x.dir.usedIndex())
		if err != nil {
			return nil, err
		}
		index, err := plan.ParseIndex(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.dir.usedIndex(), err)
		}
		x.keys = &keyIndex{x.Plan.Index.Path, index}
	}
	return x.keys, nil
}

// workDir is the part of the run folder that a finished run leaves nothing in,
// or what stands for it in an object store.
type workDir string

func (d workDir) at(parts ...string) string {
	return object.Join(string(d), parts...)
}

func (d workDir) plan() string     { return d.at("plan.json") }
func (d workDir) journal() string  { return d.at("journal") }
func (d workDir) segments() string { return d.at("segments.json") }
func (d workDir) drops(stage int) string {
	return d.at("drops", fmt.Sprintf("stage-%02d.drops", stage))
}
func (d workDir) quarantine(stage int) string {
	return d.at("quarantine", fmt.Sprintf("stage-%02d.jsonl", stage))
}
func (d workDir) out() string { return d.at("out") }
func (d workDir) rows(src uint32, seg int) string {
	return d.at("rows", fmt.Sprintf("%d-%d", src, seg))
}
func (d workDir) monitor() string { return d.at(monitorFolder, "monitor.json") }
func (d workDir) layout() string  { return d.at("layout.json") }
func (d workDir) stats() string   { return d.at("stats.jsonl") }
func (d workDir) keys(stage int, src uint32, seg int) string {
	return d.at("keys", fmt.Sprint(stage), fmt.Sprintf("%d-%d", src, seg))
}
func (d workDir) held(stage int, src uint32, seg int) string {
	return d.at("held", fmt.Sprint(stage), fmt.Sprintf("%d-%d", src, seg))
}
func (d workDir) payloads(stage int, src uint32, seg int) string {
	return d.at("payloads", fmt.Sprint(stage), fmt.Sprintf("%d-%d", src, seg))
}

// usedIndex is index.json as it was when the run began, of the index that it
// goes on from; newIndex is that of the index that it makes, and generation
// the folder of what it adds.
func (d workDir) usedIndex() string  { return d.at("index.json") }
func (d workDir) newIndex() string   { return d.at("index", plan.IndexFileName) }
func (d workDir) generation() string { return d.at("index", "generation") }

// superseded are the rows of an index that task r of a stage found to lose.
func (d workDir) superseded(stage, r int) string {
	return d.at("superseded", fmt.Sprint(stage), fmt.Sprint(r))
}

// findings are those of task r of a stage.
func (d workDir) findings(stage, r int) string {
	return d.at("found", fmt.Sprint(stage), fmt.Sprintf("%d.json", r))
}

// wanted is the list of rows to capture behind a stage.
func (d workDir) wanted(stage int) string {
	return d.at("found", fmt.Sprint(stage), "wanted.json")
}

// found is what task r of a stage found: losers, edges or common keys.
func (d workDir) found(stage, r int) string {
	return d.at("found", fmt.Sprint(stage), fmt.Sprint(r))
}

// allFound are those of n tasks.
func (d workDir) allFound(stage, n int) []string {
	return numbered(n, func(r int) string { return d.found(stage, r) })
}

// collected has the keys of group i of the segments of a stage.
func (d workDir) collected(stage, i int) string {
	return d.at("collected", fmt.Sprint(stage), fmt.Sprint(i))
}

// dealt has the losers of group g of the segments, of a stage.
func (d workDir) dealt(stage, g int) string { return d.at("dealt", fmt.Sprint(stage), fmt.Sprint(g)) }

// round is what task r of a phase left.
func (d workDir) round(stage, round int, p phase, r int) string {
	return d.at("found", fmt.Sprint(stage), fmt.Sprintf("%s-%d", p, round), fmt.Sprint(r))
}
func (d workDir) bulk(t Task, src uint32, seg int) string {
	return d.at("bulk", fmt.Sprintf("%d-%d-%d.%d", t.Stage, src, seg, t.Attempt))
}
