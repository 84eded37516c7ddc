package exec

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"corpusmill/plan"
)

// previous is the plan of an interrupted run in the folder, nil for none that
// could be continued.
func (d *driver) previous() (*plan.Plan, error) {
	if d.opts.Restart || !d.seekable() {
		return nil, nil
	}
	return Interrupted(d.opts.Folder)
}

// Interrupted is the plan of the interrupted run in a run folder; nil when
// there is none.
func Interrupted(folder string) (*plan.Plan, error) {
	path := workDir(filepath.Join(folder, "work")).plan()
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	old := &plan.Plan{}
	if err := json.Unmarshal(raw, old); err != nil {
		return nil, fmt.Errorf("%s: %w; start anew with --restart", path, err)
	}
	return old, nil
}

// seekable says whether the run can be continued: not when rows come from or
// go to a stream.
func (d *driver) seekable() bool {
	if d.plan.Output.Layout == plan.Stream {
		return false
	}
	for _, f := range d.plan.OwnInputs() {
		if f.Path == "-" {
			return false
		}
	}
	return true
}

// replay rebuilds the state of the interrupted run from its journal.
func (d *driver) replay() error {
	entries, err := readJournal(d.work.journal())
	if err != nil {
		return err
	}
	entries = d.trustworthy(entries)
	end := int64(0)
	if len(entries) > 0 {
		end = entries[len(entries)-1].end
	}
	for _, e := range entries {
		switch {
		case e.Segment != nil:
			s := e.Segment
			d.account.apply(&s.Summary)
			n := d.keys[s.Stage]
			n.add(s.Summary.Keys)
			d.keys[s.Stage] = n
			d.progress.reuse(s.Stage, s.Summary.File.Bytes)
			d.last[s.Stage] = s
			d.sketch(s.Summary.Sketch)
			d.capture(s.Stage, s.Summary.Captures)
			if s.Stage == 0 {
				d.segs = append(d.segs, s.Summary.segmentInfo)
				d.progress.commit(&s.Summary)
			}
			d.note(s.Stage, &s.Summary)
			d.account.Written += countedRows(d.plan, s.Stage, &s.Summary)
			if o := s.Output; o != nil {
				d.account.Written = o.Rows
				for _, sh := range o.Shards {
					d.account.Written += sh.Rows
				}
			}
		case e.Task != nil:
			d.tasks[*e.Task] = true
		case e.Round != nil:
			d.rounds[e.Round.Stage] = e.Round
		case e.Made != nil:
			d.made[e.Made.N] = e.Made
		case e.Done != nil:
			d.finished[e.Done.Stage] = true
			d.found[e.Done.Stage] = e.Done.Found
			d.findings[e.Done.Stage] = e.Done.Findings
			d.shards = e.Done.Shards
			if d.plan.Stages[e.Done.Stage].End == plan.EndFiles {
				for _, s := range d.shards {
					d.account.Written += s.Rows
				}
			}
		case e.Commit != nil:
			d.commit = e.Commit
		}
	}
	d.resumed = len(entries) > 0
	if d.resumed {
		d.logf("going on with the interrupted run in %s", d.opts.Folder)
	}
	d.journal, err = openJournal(d.work.journal(), end)
	return err
}

// trustworthy cuts off the entries whose files aren't as they were at the
// commit, as a power failure may leave them. Up to a synced entry all are.
func (d *driver) trustworthy(entries []placed) []placed {
	n := len(entries)
	for n > 0 && !entries[n-1].Synced && entries[n-1].Segment != nil {
		n--
	}
	if n == len(entries) || d.whole(entries[n:]) {
		return entries
	}
	return entries[:n]
}

// whole says whether what the entries speak of is on the disk.
func (d *driver) whole(entries []placed) bool {
	last := entries[len(entries)-1].Segment
	if !last.Output.intact(d.work.out()) {
		return false
	}
	for name, at := range last.Streams {
		if !intact(d.streamPath(last.Stage, name), at) {
			return false
		}
	}
	end := d.plan.Stages[last.Stage].End
	for _, e := range entries {
		s := e.Segment
		if end == plan.EndPayloads && checkRec(d.shared.payloads(s.Stage, s.Summary.Src, s.Summary.Seg)) != nil {
			return false
		}
		if end == plan.EndWrite && d.plan.MakesFiles() && checkRec(d.shared.rows(s.Summary.Src, s.Summary.Seg)) != nil {
			return false
		}
		if end != plan.EndKeys {
			continue
		}
		if checkKeys(d.shared.keys(s.Stage, s.Summary.Src, s.Summary.Seg), d.plan.Grouping(s.Stage).By) != nil ||
			checkHold(d.shared.held(s.Stage, s.Summary.Src, s.Summary.Seg)) != nil {
			return false
		}
	}
	return true
}

func (d *driver) streamPath(stage int, name string) string {
	switch name {
	case dropStream:
		return d.work.drops(stage)
	case quarantineStream:
		return d.work.quarantine(stage)
	default:
		return d.work.stats()
	}
}
