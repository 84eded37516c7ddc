package exec

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"corpusmill/plan"
)

// open begins the run, or reads how far it had come.
func (d *driver) open(ctx context.Context) error {
	old, err := d.previous()
	if err != nil {
		return err
	}
	d.account = newAccount(d.plan)
	if d.plan.Index != nil {
		if d.index, err = openIndex(d.plan.Index); err != nil {
			return err
		}
		d.segs = slices.Clone(d.index.Segments)
	}
	if old != nil {
		// The interrupted run's segments and tasks are what its journal speaks of.
		d.plan.Segment, d.plan.TaskMemory, d.plan.RangeMemory = old.Segment, old.TaskMemory, old.RangeMemory
		d.plan.MakeFiles(old.MakesFiles())
		if old.Shared == "" && d.plan.Shared != "" {
			return &UnsafeResume{d.opts.Folder, []string{"the files of its tasks are in that folder, where workers on other machines don't find them: go on with the backend that it began with"}}
		}
		d.plan.Shared = old.Shared
		d.share()
		if diff := plan.Diff(old, d.plan); len(diff) > 0 {
			return &UnsafeResume{d.opts.Folder, diff}
		}
		if err := d.replay(); err != nil {
			return err
		}
		if d.commit != nil {
			return nil // what stands at the target may be this run's already
		}
	}
	if err := d.takeLease(ctx); err != nil {
		return err
	}
	if err := checkTarget(d.plan, d.opts.Folder); err != nil {
		if old == nil { // there is nothing that could be gone on with
			err = errors.Join(err, d.endLease())
		}
		return err
	}
	if d.index != nil {
		if err := d.index.check(false); err != nil {
			return err
		}
	}
	if old != nil {
		return nil
	}
	if err := removeTree(string(d.work)); err != nil {
		return err
	}
	if err := d.clearAway(); err != nil {
		return err
	}
	if d.index != nil {
		raw, err := d.index.Encode()
		if err != nil {
			return err
		}
		if err := publishBytes(d.shared.usedIndex(), raw); err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(d.plan, "", "  ")
	if err != nil {
		return err
	}
	for _, path := range d.both(workDir.plan) {
		if err := publishBytes(path, raw); err != nil {
			return err
		}
	}
	d.journal, err = openJournal(d.work.journal(), 0)
	return err
}

// share says where tasks keep what other tasks read.
func (d *driver) share() { d.shared = workDir(cmp.Or(d.plan.Shared, string(d.work))) }

// both are the places of a file that tasks read, and this process when it goes
// on or publishes. The one that says what can be gone on with comes last.
func (d *driver) both(file func(workDir) string) []string {
	if d.shared == d.work {
		return []string{file(d.work)}
	}
	return []string{file(d.shared), file(d.work)}
}
