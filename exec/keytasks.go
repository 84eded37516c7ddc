package exec

import (
	"context"
	"fmt"
	"os"

	"corpusmill/op"
)

// cluster compares the keys of one range.
func (w *Worker) cluster(ctx context.Context, t Task, index *keyIndex) error {
	if t.Phase == phaseCollect {
		return publish(w.x.dir.collected(t.Stage, t.Range), func(f *os.File) error { return w.collect(t, f) })
	}
	lo, hi := rangeOf(t.Range, t.Ranges)
	g := w.x.Plan.Grouping(t.Stage)
	path := w.x.dir.found(t.Stage, t.Range)
	if g.By == op.ByPart {
		paths, err := w.keyFiles(t.Stage)
		if err != nil {
			return err
		}
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
	entries, err := w.entries(t, g.By, lo, hi)
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

// entries are the keys of a task's range, in order, of collections where the
// phase before has left some.
func (w *Worker) entries(t Task, by op.GroupBy, lo, hi uint64) ([]rangeEntry, error) {
	if t.Inputs > 0 {
		paths := numbered(t.Inputs, func(i int) string { return w.x.dir.collected(t.Stage, i) })
		return readCollected(paths, t.Range, t.Ranges, t.Keys)
	}
	paths, err := w.keyFiles(t.Stage)
	if err != nil {
		return nil, err
	}
	return readRange(paths, by, lo, hi, t.Keys)
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
