package exec

import (
	"context"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/storage"
)

// nearer is the backend for a stage of rows, and how its input is cut:
// Options.Near, which is the caller's to close, where it has less to do than
// the driver would have with what other machines had made, and the run's own
// otherwise.
func (d *driver) nearer(ctx context.Context, stage int) (Backend, Splitting, error) {
	if d.opts.Near == nil || !d.onlyCopies(stage) {
		return d.backend, d.opts.Splits, nil
	}
	workers := d.opts.Workers
	if d.opts.Memory > 0 {
		workers = min(workers, int(d.opts.Memory/(8*max(d.plan.Segment, 1))))
	}
	// A task is a segment: one whose turn hasn't come waits for those before it.
	return d.opts.Near, Splitting{}, d.opts.Near.Open(ctx, string(d.shared), max(workers, 1))
}

// onlyCopies says whether a stage hands the driver the rows as they are, for
// it to write, less those that are known to be duplicates, and about as many
// as it reads: to have them made elsewhere only adds the way there and back.
func (d *driver) onlyCopies(stage int) bool {
	s := d.plan.Stages[stage]
	if s.End != plan.EndWrite || s.From < s.To || s.After < 0 || d.plan.MakesFiles() || d.plan.Grouping(s.After).By == op.ByPart {
		return false
	}
	if s.Read == plan.FromHeld {
		return true
	}
	for _, f := range d.plan.OwnInputs() {
		if f.Format != "jsonl" || f.Codec != storage.Plain {
			return false
		}
	}
	before := d.account.Steps[d.plan.Stages[s.After].Dedup]
	return before.Kept >= d.account.Steps[SourceStep].In/2
}
