package exec

import (
	"context"
	"errors"
	"fmt"
	"io"

	"corpusmill/plan"
	"corpusmill/storage"
)

// Worker is what one goroutine needs to run tasks, kept from task to task.
type Worker struct {
	x      *Executor
	id     int
	chains map[int]*chain
	meter  *monitor
}

// NewWorker returns a worker; id is its number.
func (x *Executor) NewWorker(id int) *Worker {
	return &Worker{x: x, id: id, chains: map[int]*chain{}, meter: x.monitor()}
}

// Run does a task. It hands each segment to emit as soon as it is finished,
// in order; emit may block, and owns the segment. Of a cancelled ctx Run
// returns the error within a batch.
func (w *Worker) Run(ctx context.Context, t Task, emit func(*Segment) error) error {
	w.meter.begin(t.Stage)
	defer w.meter.end()
	return w.run(ctx, t, emit)
}

// Usage is what this process has taken for the stage of its present or last
// task, for the events of the task; nil when that isn't measured.
func (w *Worker) Usage() *Usage { return w.meter.usage() }

func (w *Worker) run(ctx context.Context, t Task, emit func(*Segment) error) error {
	if t.Phase == phaseDeal {
		return w.deal(t)
	}
	switch w.x.Plan.Stages[t.Stage].End {
	case plan.EndCluster, plan.EndComponents:
		index, err := w.x.index(t.Stage)
		if err != nil {
			return err
		}
		if w.x.Plan.Stages[t.Stage].End == plan.EndCluster {
			return index.blame(w.cluster(ctx, t, index))
		}
		return index.blame(w.components(t, index))
	case plan.EndVerify:
		return w.verify(ctx, t)
	case plan.EndFiles:
		return w.file(ctx, t, emit)
	case plan.EndKeys, plan.EndPayloads, plan.EndWrite:
		return w.rows(ctx, t, emit)
	default:
		return fmt.Errorf("stage %d has no tasks", t.Stage)
	}
}

func (w *Worker) rows(ctx context.Context, t Task, emit func(*Segment) error) error {
	stage, err := w.x.open(ctx, t.Stage)
	if err != nil {
		return err
	}
	c := w.chains[t.Stage]
	if c == nil {
		if c, err = newChain(stage, w.x.Plan, w.id, w.x.clock); err != nil {
			return err
		}
		w.chains[t.Stage] = c
	}
	run := &splitRun{ctx: ctx, x: w.x, t: t, stage: stage, chain: c, emit: emit}
	defer run.abandon()
	if stage.Read == plan.FromHeld {
		return run.held()
	}
	return run.input()
}

// splitRun is one pass of a chain over a split.
type splitRun struct {
	ctx   context.Context
	x     *Executor
	t     Task
	stage *openStage
	chain *chain
	emit  func(*Segment) error
	cur   *segmentState
}

func (r *splitRun) input() error {
	file := r.x.Plan.Inputs[r.t.Split.Src]
	format, ok := storage.Lookup(file.Format)
	if !ok {
		return fmt.Errorf("%s: this corpusmill can't read the format %q", file.Path, file.Format)
	}
	reader, err := format.Open(r.ctx, file, r.t.Split, storage.ReadOptions{
		Fields: r.stage.env.Fields, Segment: r.x.Plan.Segment, MaxRow: r.x.Plan.MaxRow})
	if err != nil {
		return err
	}
	defer reader.Close()
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		b, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return r.finish()
		}
		if err != nil {
			return err
		}
		r.x.progress(r.t.Stage, b.Bytes)
		if b.Seg < r.t.From {
			continue
		}
		if err := r.at(b); err != nil {
			return err
		}
		if err := r.batch(input{rows: b.Rows}); err != nil {
			return err
		}
	}
}

// at makes the batch's segment the current one.
func (r *splitRun) at(b *storage.Batch) error {
	if r.cur == nil || r.cur.Seg != b.Seg {
		if err := r.finish(); err != nil {
			return err
		}
		if err := r.begin(r.t.Split.Src, b.Seg); err != nil {
			return err
		}
	}
	if r.stage.After < 0 {
		r.cur.File.Lines += b.Lines
		r.cur.File.Blank += b.Blank
		r.cur.File.Bytes += b.Bytes
		if r.cur.ordinal == 0 && b.Rows.Len() > 0 {
			r.cur.Base = b.Rows.ID(0).Pos
		}
	}
	return nil
}

func (r *splitRun) held() error {
	src, seg := r.t.Split.Src, r.t.Split.Seg
	if seg < r.t.From {
		return nil // an earlier attempt was lost after it had done all
	}
	if err := r.begin(src, seg); err != nil {
		return err
	}
	rows := &heldRows{hold: r.cur.gate.hold, src: src, base: r.cur.Base, rows: r.cur.gate.rows}
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		in, err := rows.next()
		if errors.Is(err, io.EOF) {
			return r.finish()
		}
		if err != nil {
			return err
		}
		if err := r.batch(in); err != nil {
			return err
		}
	}
}

func (r *splitRun) batch(in input) error {
	for row := 0; row < in.rows.Len(); {
		next, err := r.chain.run(in, row, r.cur)
		if err != nil {
			return err
		}
		row = next
	}
	return nil
}

func (r *splitRun) begin(src uint32, seg int) error {
	s := newSegmentState(r.x, src, seg)
	r.cur = s
	if r.stage.End == plan.EndWrite {
		s.room(r.segmentBytes())
		format, err := columnar(r.x.Plan)
		if err != nil {
			return err
		}
		if format != nil {
			if s.sketch, err = format.NewSketch(r.x.Plan.OwnInputs()); err != nil {
				return err
			}
		}
	}
	if r.stage.After >= 0 {
		segs, err := r.x.segments()
		if err != nil {
			return err
		}
		i := findSegment(segs, src, seg)
		if i < 0 {
			return changed("%s has changed since it was read first: it has grown", r.x.Plan.Inputs[src].Path)
		}
		s.segs, s.Base = segs, segs[i].Base
		s.at, s.dropStep = uint32(i), r.x.Plan.Stages[r.stage.After].Dedup+1
		if s.gate, err = r.x.openGate(r.stage, r.t, i); err != nil {
			return err
		}
	}
	if r.stage.End == plan.EndPayloads {
		if err := s.openPayloads(r.x.dir.payloads(r.t.Stage, src, seg)); err != nil {
			return err
		}
	}
	if r.stage.End == plan.EndKeys {
		if err := s.openKeys(r.x.dir.keys(r.t.Stage, src, seg), r.x.Plan.Grouping(r.t.Stage).By); err != nil {
			return err
		}
		f, err := newTemp(r.x.dir.held(r.t.Stage, src, seg))
		if err != nil {
			return err
		}
		s.holdFile = f
		if s.hold, err = newHoldWriter(f.File, r.stage.env.Stats, s.bufs.hold); err != nil {
			return diskError(f.path, 0, err)
		}
	}
	return nil
}

// segmentBytes is how much input a segment has at most, as far as is known.
func (r *splitRun) segmentBytes() int64 {
	n, f := r.x.Plan.Segment, r.x.Plan.Inputs[r.t.Split.Src]
	if f.Codec == storage.Plain && f.Size >= 0 {
		n = min(n, f.Size)
	}
	return n
}

// finish completes the current segment and emits it.
func (r *splitRun) finish() error {
	s := r.cur
	if s == nil {
		return nil
	}
	if s.gate != nil {
		err := s.gate.close(r.x.Plan.Inputs[s.Src].Path)
		s.gate = nil
		if err != nil {
			return err
		}
	}
	if s.hold != nil {
		if err := s.finishKeys(); err != nil {
			return err
		}
	}
	if s.payloads != nil {
		if err := s.finishPayloads(); err != nil {
			return err
		}
	}
	if r.stage.End == plan.EndWrite && r.x.Plan.MakesFiles() {
		if err := s.storeRows(); err != nil {
			return err
		}
	}
	r.cur = nil
	if s.sketch != nil {
		var err error
		if s.Sketch, err = s.sketch.State(); err != nil {
			return err
		}
	}
	return r.emit(s.segment())
}

// abandon drops what an error left unfinished.
func (r *splitRun) abandon() {
	if r.cur != nil {
		r.cur.abandon()
		r.cur = nil
	}
}

func findSegment(segs []segmentInfo, src uint32, seg int) int {
	lo, hi := 0, len(segs)
	for lo < hi {
		mid := (lo + hi) / 2
		if s := segs[mid]; s.Src < src || s.Src == src && s.Seg < seg {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(segs) && segs[lo].Src == src && segs[lo].Seg == seg {
		return lo
	}
	return -1
}
