// Package exec runs a plan. The driver cuts the input into tasks, hands them
// to a Backend stage by stage, and commits what they produce in input order;
// an Executor, in this process or another, works on tasks: it builds the
// chain of operators from names and parameters and takes each row through it.
//
// What follows from one row to the next is in the order of the files: task.go
// (a task), chain.go (a row through the steps), segmentstate.go (what a
// segment produces), stagerun.go (order and retries), near.go (what the driver
// does itself), commit.go (the run's files and the journal), driver.go (the
// whole run), begin.go (where it begins or goes on). The keys of deduplicators
// go from keys.go, by way of collect.go where they are many, to cluster.go
// (ranges), components.go (clusters), verifier.go and, by way of deal.go, back to
// the rows in gate.go; keytasks.go, clustertasks.go and rounds.go run that as
// tasks. place.go and away.go say where files lie: in the run folder, or in an
// object store.
package exec

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"strings"

	"corpusmill/plan"
	"corpusmill/storage"
	"corpusmill/storage/object"
)

// Options are how a run is done. They don't change its result.
type Options struct {
	Workers int // tasks at once in this process, at least 1
	// Parallel is how many tasks run at once on the whole engine; 0 for what the
	// backend says when it is Wide, or else Workers.
	Parallel int
	// Near runs tasks in this process, for stages of which it would have to read
	// again all that other processes made; nil leaves them to the backend.
	Near   Backend
	Splits Splitting
	Memory int64 // bytes that the process is to stay under; 0 for no bound
	// Folder is the run folder. It holds what the run needs while it goes on
	// and what it leaves: the log of drops, the quarantine, report, manifest.
	Folder  string
	Restart bool // drop an interrupted run instead of continuing it
	Stdout  io.Writer
	Logf    func(format string, args ...any) // nil for silence
	// Begin is told of the run's progress when it starts.
	Begin func(*Progress)
	// Clock is for the report of resources; nil for none.
	Clock Clock
}

// waiting is the memory for finished segments whose turn hasn't come.
func (o Options) waiting() int64 {
	if o.Memory > 0 {
		return min(o.Memory/8, 64<<20)
	}
	return 64 << 20
}

// UnsafeResume is an interrupted run that can't be continued, because what it
// was about has changed.
type UnsafeResume struct {
	Folder      string
	Differences []string
}

func (e *UnsafeResume) Error() string {
	return fmt.Sprintf("an interrupted run in %s can't be continued:\n  %s\nPut it back as it was to go on, or start anew with --restart", e.Folder, strings.Join(e.Differences, "\n  "))
}

// AccountError is a run whose account doesn't balance or whose result isn't
// what was computed.
type AccountError struct{ Err error }

// changed is the error of an input that isn't what it was when the run began.
func changed(format string, args ...any) error {
	return &AccountError{fmt.Errorf(format, args...)}
}

func (e *AccountError) Error() string { return e.Err.Error() }
func (e *AccountError) Unwrap() error { return e.Err }

// driver is one run.
type driver struct {
	plan      *plan.Plan
	backend   Backend
	opts      Options
	work      workDir // that this process alone uses
	shared    workDir // that tasks use; the same unless it is in an object store
	journal   *journal
	account   *Account
	index     *keyIndex // that the run goes on from; nil for none
	segs      []segmentInfo
	keys      map[int]keyCounts
	last      map[int]*segmentEntry
	tasks     map[taskEntry]bool  // that are done, of stages without segments
	rounds    map[int]*roundEntry // the last that is done, by components stage
	found     map[int]int         // files that a stage which is done has left
	findings  map[int]*findings   // of a stage which is done and found clusters
	captures  map[int]map[node]capture
	finished  map[int]bool
	sketches  []json.RawMessage // of the committed segments, for a columnar output
	written   []writtenSegment  // that have left a file of rows
	made      map[int]*madeFile // by their places in the output
	shards    []shard           // files of the last output stage that is done
	commit    *commitEntry
	progress  *Progress
	resources *resources // nil when they aren't measured
	resumed   bool
	gone      []string // committed bulk files that are to be removed
}

// Run runs the plan, or continues it where an interrupted run in the same
// folder stopped, and returns the report. The result is published only when
// it is whole and its account balances; until then the errors of Run leave
// everything in place to go on.
func Run(ctx context.Context, p *plan.Plan, b Backend, o Options) (*Report, error) {
	unlock, err := lock(o.Folder)
	if err != nil {
		return nil, err
	}
	defer unlock()
	d := &driver{plan: p, backend: b, opts: o, work: workDir(filepath.Join(o.Folder, "work")),
		keys: map[int]keyCounts{}, last: map[int]*segmentEntry{}, tasks: map[taskEntry]bool{}, rounds: map[int]*roundEntry{},
		found: map[int]int{}, findings: map[int]*findings{}, captures: map[int]map[node]capture{}, finished: map[int]bool{}, made: map[int]*madeFile{},
		progress: newProgress(len(p.Stages))}
	d.share()
	defer func() { d.journal.close() }()
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	if o.Begin != nil {
		o.Begin(d.progress)
	}
	if d.commit == nil {
		d.resources = newResources(p, o.Clock)
		defer d.resources.close()
		if err := d.stages(ctx); err != nil {
			return nil, err
		}
	}
	return d.publish(ctx)
}

// stages runs the stages that aren't finished.
func (d *driver) stages(ctx context.Context) error {
	if err := d.backend.Open(ctx, string(d.shared), d.opts.Workers); err != nil {
		return err
	}
	defer d.backend.Close()
	for i, s := range d.plan.Stages {
		d.progress.stage.Store(int64(i))
		if d.finished[i] {
			continue
		}
		debug.FreeOSMemory() // what the stage before needed is not what this one needs
		d.resources.begin(i)
		var err error
		switch s.End {
		case plan.EndKeys, plan.EndPayloads, plan.EndWrite:
			err = d.rowStage(ctx, i)
		case plan.EndVerify:
			err = d.verifyStage(ctx, i)
		case plan.EndCluster:
			err = d.clusterStage(ctx, i)
		case plan.EndComponents:
			err = d.componentStage(ctx, i)
		case plan.EndFiles:
			err = d.fileStage(ctx, i)
		}
		d.resources.end()
		if err != nil {
			return d.explain(err)
		}
	}
	return ctx.Err()
}

func (d *driver) rowStage(ctx context.Context, stage int) error {
	c, err := openCommitter(d.plan, stage, d.work, d.shared, d.journal, d.account, &d.segs, d.last[stage], d.opts.Workers, d.opts.Stdout)
	if err != nil {
		return err
	}
	defer c.close()
	backend, splits, err := d.nearer(ctx, stage)
	if err != nil {
		return err
	}
	if backend != d.backend {
		defer backend.Close()
	}
	tasks, err := d.rowTasks(stage, splits)
	if err != nil {
		return err
	}
	if stage == 0 && len(tasks) > 0 {
		if err := d.noteUncut(); err != nil {
			return err
		}
	}
	err = d.run(ctx, backend, tasks, func(s *Segment) error {
		bulk := s.BulkFile
		if err := c.commit(s); err != nil {
			return err
		}
		if bulk != "" {
			if err := d.dropBulk(bulk); err != nil {
				return err
			}
		}
		n := d.keys[stage]
		n.add(s.Keys)
		d.keys[stage] = n
		d.sketch(s.Sketch)
		d.capture(stage, s.Captures)
		d.note(stage, &s.Summary)
		if stage == 0 {
			d.progress.commit(&s.Summary)
		}
		return nil
	}, nil)
	if err != nil {
		return err
	}
	if err := c.finish(); err != nil {
		return err
	}
	if stage == 0 {
		raw, err := json.Marshal(d.segs)
		if err != nil {
			return err
		}
		for _, path := range d.both(workDir.segments) {
			if err := publishBytes(path, raw); err != nil {
				return err
			}
		}
	}
	if c.out != nil {
		if d.shards, err = c.out.finish(); err != nil {
			return err
		}
	}
	return d.done(stage, 0)
}

// dropBulk removes what a committed segment had beside its summary; from an
// object store, many at a time.
func (d *driver) dropBulk(path string) error {
	const many = 256
	if d.gone = append(d.gone, path); object.In(path) && len(d.gone) < many {
		return nil
	}
	err := removeShared(d.gone...)
	d.gone = d.gone[:0]
	return err
}

// rowTasks cuts a stage's input into tasks, less what is committed.
func (d *driver) rowTasks(stage int, splits Splitting) ([]Task, error) {
	s := d.plan.Stages[stage]
	found := 0
	if s.After >= 0 {
		found = d.found[s.After]
	}
	var src uint32
	from := 0 // of src; the files before are done
	if last := d.last[stage]; last != nil {
		src, from = last.Summary.Src, last.Summary.Seg+1
	}
	var out []Task
	if s.Read == plan.FromHeld {
		for _, g := range d.segs {
			if d.plan.Inputs[g.Src].Indexed {
				continue
			}
			if g.Src > src || g.Src == src && g.Seg >= from {
				out = append(out, Task{Stage: stage, Found: found, Split: storage.Split{Src: g.Src, Seg: g.Seg}})
			}
		}
		return out, nil
	}
	grain := splits.grain(d.plan.OwnInputs(), d.parallel())
	for i := int(src); i < len(d.plan.Inputs); i++ {
		f := d.plan.Inputs[i]
		if f.Indexed {
			continue
		}
		shares, err := cut(f, uint32(i), d.plan.Segment, grain)
		if err != nil {
			return nil, err
		}
		for k, split := range shares {
			t := Task{Stage: stage, Found: found, Split: split.Split, several: split.several}
			if uint32(i) == src {
				if k+1 < len(shares) && shares[k+1].Seg <= from {
					continue
				}
				t.From = from
			}
			out = append(out, t)
		}
	}
	return out, nil
}

// done notes that a stage is done and has left so many files.
func (d *driver) done(stage, found int) error {
	d.found[stage] = found
	return d.journal.write(entry{Done: &doneEntry{Stage: stage, Shards: d.shards, Found: found, Findings: d.findings[stage]}, Synced: true})
}

// note takes down that a segment has left a file of rows, in a run that makes
// the output's files of them.
func (d *driver) note(stage int, s *Summary) {
	if d.plan.MakesFiles() && d.plan.Stages[stage].End == plan.EndWrite {
		d.written = append(d.written, writtenSegment{s.Src, s.Seg, s.RowBytes})
	}
}

// sketch notes the schema of a segment's rows. Equal ones in a row are one.
func (d *driver) sketch(state json.RawMessage) {
	if n := len(d.sketches); len(state) > 0 && (n == 0 || !bytes.Equal(d.sketches[n-1], state)) {
		d.sketches = append(d.sketches, state)
	}
}

// describe names a task in messages.
func (d *driver) describe(t Task) string {
	s := d.plan.Stages[t.Stage]
	if t.Phase == phaseDeal {
		return fmt.Sprintf("stage %d (%s), losers, part %d of %d", t.Stage+1, s.Name, t.Range+1, t.Ranges)
	}
	switch s.End {
	case plan.EndCluster:
		if t.Phase == phaseCollect {
			return fmt.Sprintf("stage %d (%s), keys of segments, part %d of %d", t.Stage+1, s.Name, t.Range+1, t.Ranges)
		}
		return fmt.Sprintf("stage %d (%s), range %d of %d", t.Stage+1, s.Name, t.Range+1, t.Ranges)
	case plan.EndFiles:
		return fmt.Sprintf("stage %d (%s), file %d of %d", t.Stage+1, s.Name, t.Range+1, t.Ranges)
	case plan.EndVerify:
		return fmt.Sprintf("stage %d (%s), part %d of %d", t.Stage+1, s.Name, t.Range+1, t.Ranges)
	case plan.EndComponents:
		return fmt.Sprintf("stage %d (%s), round %d, %s, part %d of %d", t.Stage+1, s.Name, t.Round+1, t.Phase, t.Range+1, t.Ranges)
	}
	where := fmt.Sprintf("from byte %d", t.Split.Start)
	if s.Read == plan.FromHeld {
		where = fmt.Sprintf("segment %d", t.Split.Seg)
	}
	return fmt.Sprintf("stage %d (%s), %s %s", t.Stage+1, s.Name, d.plan.Inputs[t.Split.Src].Path, where)
}

func (d *driver) logf(format string, args ...any) {
	if d.opts.Logf != nil {
		d.opts.Logf(format, args...)
	}
}

// explain adds to a full disk what the run will still need.
func (d *driver) explain(err error) error {
	var disk *DiskError
	if !errors.As(err, &disk) || !disk.Full() {
		return err
	}
	need := max(storage.Stored(d.plan.OwnInputs())-d.account.Total().Bytes, disk.Bytes)
	return fmt.Errorf("%w\nabout %d bytes must be free to finish; what is done is kept: free the space and give the same command again", err, need)
}
