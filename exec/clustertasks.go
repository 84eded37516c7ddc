package exec

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"sort"

	"corpusmill/op"
)

// components does one task of a phase.
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
	read := func(path string) ([]edge, error) {
		k, err := openKeys(path, op.ByCluster)
		if err != nil {
			return nil, err
		}
		defer k.close()
		return k.links()
	}
	err = gather(paths[from:min(to, len(paths))], read, func(i int, links []edge) error {
		edges = appendLinks(edges, uint32(from+i), links)
		return nil
	})
	return edges, err
}

// losers writes the losers that the edges of files say, and with phaseWhole
// those that the segments' own links say, and what is noted of the clusters.
func (w *Worker) losers(t Task, index *keyIndex, files ...string) (err error) {
	var edges []edge
	err = gather(files, edgesOf(edgeFile.all), func(_ int, raw []byte) error { edges = appendEdges(edges, raw); return nil })
	if err != nil {
		return err
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
	files := numbered(t.Ranges, func(r int) string { return w.x.dir.round(t.Stage, t.Round, phaseJoin, r) })
	return gather(files, openEdges, func(_ int, f edgeFile) error {
		defer f.close()
		return f.eachParent(lo, hi, func(e edge) {
			if !index.has(e.child) {
				notes.add(e)
			}
		})
	})
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
