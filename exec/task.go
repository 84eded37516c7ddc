package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sort"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/storage"
)

// Worker is what one goroutine needs to run tasks, kept from task to task.
type Worker struct {
	x      *Executor
	id     int
	chains map[int]*chain
}

// NewWorker returns a worker; id is its number.
func (x *Executor) NewWorker(id int) *Worker {
	return &Worker{x: x, id: id, chains: map[int]*chain{}}
}

// Run does a task. It hands each segment to emit as soon as it is finished,
// in order; emit may block, and owns the segment. Of a cancelled ctx Run
// returns the error within a batch.
func (w *Worker) Run(ctx context.Context, t Task, emit func(*Segment) error) error {
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
	case plan.EndKeys, plan.EndPayloads, plan.EndWrite:
		return w.rows(ctx, t, emit)
	default:
		return fmt.Errorf("stage %d has no tasks", t.Stage)
	}
}

func (w *Worker) cluster(ctx context.Context, t Task, index *keyIndex) error {
	paths, err := w.keyFiles(t.Stage)
	if err != nil {
		return err
	}
	lo, hi := rangeOf(t.Range, t.Ranges)
	g := w.x.Plan.Grouping(t.Stage)
	path := w.x.dir.found(t.Stage, t.Range)
	if g.By == op.ByPart {
		keys, err := commonRange(paths, lo, hi, g.MaxRows)
		if err != nil {
			return err
		}
		return publish(path, func(f *os.File) error { return writeCommon(f, keys) })
	}
	match, done, err := w.matcher(ctx, t.Stage)
	if err != nil {
		return err
	}
	defer done()
	entries, err := readRange(paths, g.By, lo, hi)
	if err != nil {
		return err
	}
	old, err := index.matching(entries, lo, hi)
	if err != nil {
		return err
	}
	if w.x.Plan.MakesIndex() {
		err := publish(indexKeys(w.x.dir.generation(), t.Range), func(f *os.File) error { return writeIndexKeys(f, entries, old) })
		if err != nil {
			return err
		}
	}
	edges := connect(merge(entries, old), match)
	if g.By == op.ByKey {
		return publish(path, func(f *os.File) error { return writeLosers(f, edges) })
	}
	edges = stars(edges)
	return publish(path, func(f *os.File) error { return writeEdges(f, edges, 0) })
}

// keyFiles are the key files of all segments, "" for those of an index.
func (w *Worker) keyFiles(stage int) ([]string, error) {
	segs, err := w.x.segments()
	paths := make([]string, len(segs))
	from := w.x.Plan.KeysStage(stage)
	for i, s := range segs {
		if !w.x.Plan.Inputs[s.Src].Indexed {
			paths[i] = w.x.dir.keys(from, s.Src, s.Seg)
		}
	}
	return paths, err
}

// matcher is what compares the rows of a bucket; nil when sharing it is
// enough.
func (w *Worker) matcher(ctx context.Context, stage int) (match func(a, b uint64) bool, done func(), err error) {
	if !w.x.Plan.Grouping(stage).Match {
		return nil, func() {}, nil
	}
	o, err := w.x.openDedup(ctx, stage, w.x.Plan.Env())
	if err != nil {
		return nil, nil, err
	}
	m, ok := o.(op.Matcher)
	if !ok {
		o.Close()
		return nil, nil, fmt.Errorf("%s: it is no op.Matcher", w.x.Plan.Stages[stage].Name)
	}
	return m.Match, func() { o.Close() }, nil
}

func (w *Worker) components(t Task, index *keyIndex) error {
	dir := w.x.dir
	lo, hi := rangeOf(t.Range, t.Ranges)
	switch t.Phase {
	case phaseLinks:
		edges, err := w.links(t.Stage, t.Range*linkSegments, (t.Range+1)*linkSegments)
		if err != nil {
			return err
		}
		return publish(dir.round(t.Stage, t.Round, phaseLinks, t.Range), func(f *os.File) error { return writeEdges(f, edges, 0) })
	case phaseJoin:
		edges, conflict, err := joinPart(w.edgeFiles(t, index), lo, hi)
		if err != nil {
			return err
		}
		return publish(dir.round(t.Stage, t.Round, phaseJoin, t.Range), func(f *os.File) error {
			return writeJoin(f, edges, t.Ranges, conflict)
		})
	case phaseJump:
		edges, moved, err := jumpPart(w.edgeFiles(t, index), lo, hi, t.First, t.Last)
		if err != nil {
			return err
		}
		return publish(dir.round(t.Stage, t.Round, phaseJump, t.File), func(f *os.File) error { return writeEdges(f, edges, moved) })
	case phaseEnd:
		return w.losers(t, index, dir.round(t.Stage, t.Round, phaseJoin, t.Range))
	case phaseWhole:
		return w.losers(t, index, w.edgeFiles(t, index)...)
	}
	return fmt.Errorf("stage %d has no phase %q", t.Stage, t.Phase)
}

// edgeFiles are what a phase reads.
func (w *Worker) edgeFiles(t Task, index *keyIndex) (paths []string) {
	if t.Round == 0 && t.Phase != phaseJump {
		paths = index.loserFiles(rangeOf(t.Range, t.Ranges))
	}
	name := func(r int) string { return w.x.dir.found(t.Stage-1, r) }
	switch {
	case t.Phase == phaseJump:
		name = func(r int) string { return w.x.dir.round(t.Stage, t.Round, phaseJoin, r) }
	case t.Round > 0:
		name = func(r int) string { return w.x.dir.round(t.Stage, t.Round-1, phaseJump, r) }
	}
	for r := range t.Inputs {
		paths = append(paths, name(r))
	}
	for r := range t.Links {
		paths = append(paths, w.x.dir.round(t.Stage, 0, phaseLinks, r))
	}
	return paths
}

// links are the edges of what lost within some segments.
func (w *Worker) links(stage, from, to int) (edges []edge, err error) {
	paths, err := w.keyFiles(stage)
	if err != nil {
		return nil, err
	}
	for seg := from; seg < min(to, len(paths)); seg++ {
		if paths[seg] == "" {
			continue
		}
		k, err := openKeys(paths[seg], op.ByCluster)
		if err != nil {
			return nil, err
		}
		edges, err = appendLinks(edges, uint32(seg), k)
		k.close()
		if err != nil {
			return nil, err
		}
	}
	return edges, nil
}

// losers writes the losers that the edges of files say, and with phaseWhole
// those that the segments' own links say, and what is noted of the clusters.
func (w *Worker) losers(t Task, index *keyIndex, files ...string) (err error) {
	var edges []edge
	for _, path := range files {
		f, err := openEdges(path)
		if err != nil {
			return err
		}
		edges, err = f.all(edges)
		f.close()
		if err != nil {
			return err
		}
	}
	segs, err := w.x.segments()
	if err != nil {
		return err
	}
	notes := &clusterNotes{order: segs}
	if t.Phase == phaseWhole {
		links, err := w.links(t.Stage, 0, math.MaxInt)
		if err != nil {
			return err
		}
		edges = stars(append(edges, links...))
		slices.SortFunc(edges, byParent)
		for _, e := range edges {
			if !index.has(e.child) {
				notes.add(e)
			}
		}
	} else if err := w.note(t, index, notes); err != nil {
		return err
	}
	f := notes.findings()
	if edges, f.Superseded, err = w.settle(t, index, edges); err != nil {
		return err
	}
	return w.found(t, edges, f)
}

// settle parts the losers of a part from those of the index, and returns them
// with the number of rows of the index that have lost by this run. It writes
// the latter, and what an index that is made needs.
func (w *Worker) settle(t Task, index *keyIndex, edges []edge) (own []edge, superseded int64, err error) {
	before, err := index.losers(rangeOf(t.Range, t.Ranges))
	if err != nil {
		return nil, 0, err
	}
	if w.x.Plan.MakesIndex() {
		more := without(edges, before)
		err := publish(indexLosers(w.x.dir.generation(), t.Range), func(f *os.File) error { return writeEdges(f, more, 0) })
		if err != nil {
			return nil, 0, err
		}
	}
	if index == nil {
		return edges, 0, nil
	}
	slices.SortFunc(edges, compareEdges)
	lost := index.superseded(edges, before)
	err = publish(w.x.dir.superseded(t.Stage, t.Range), func(f *os.File) error { return writeLosers(f, lost) })
	n := sort.Search(len(edges), func(i int) bool { return !index.has(edges[i].child) })
	return edges[n:], int64(len(lost)), err
}

// note adds the clusters whose first rows are of the task's part.
func (w *Worker) note(t Task, index *keyIndex, notes *clusterNotes) error {
	lo, hi := rangeOf(t.Range, t.Ranges)
	for r := range t.Ranges {
		f, err := openEdges(w.x.dir.round(t.Stage, t.Round, phaseJoin, r))
		if err != nil {
			return err
		}
		err = f.eachParent(lo, hi, func(e edge) {
			if !index.has(e.child) {
				notes.add(e)
			}
		})
		f.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// found publishes what a task found.
func (w *Worker) found(t Task, losers []edge, f findings) error {
	if err := writeJSON(w.x.dir.findings(t.Stage, t.Range), f); err != nil {
		return err
	}
	return publish(w.x.dir.found(t.Stage, t.Range), func(f *os.File) error { return writeLosers(f, losers) })
}

// verify compares the rows of the clusters of one part.
func (w *Worker) verify(ctx context.Context, t Task) error {
	segs, err := w.x.segments()
	if err != nil {
		return err
	}
	o, err := w.x.openDedup(ctx, t.Stage, w.x.Plan.Env())
	if err != nil {
		return err
	}
	defer o.Close()
	instance, err := o.New(&op.Worker{ID: w.id})
	if err != nil {
		return err
	}
	c, ok := instance.(op.Comparer)
	if !ok {
		return fmt.Errorf("%s: its instance is a %T, which is no op.Comparer", w.x.Plan.Stages[t.Stage].Name, instance)
	}
	v := &verifier{compare: c, notes: &clusterNotes{order: segs}}
	for _, s := range segs {
		v.files = append(v.files, w.x.dir.payloads(t.Stage-1, s.Src, s.Seg))
	}
	err = publish(w.x.dir.found(t.Stage, t.Range), func(f *os.File) error {
		v.out = newLoserWriter(f)
		if err := v.run(rangeOf(t.Range, t.Ranges)); err != nil {
			return err
		}
		return v.out.finish()
	})
	if err != nil {
		return err
	}
	f := v.notes.findings()
	f.Spared = v.spared
	return writeJSON(w.x.dir.findings(t.Stage, t.Range), f)
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
			return fmt.Errorf("%s has changed since it was read first: it has grown", r.x.Plan.Inputs[src].Path)
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
