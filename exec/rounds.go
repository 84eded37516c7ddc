package exec

import (
	"context"

	"corpusmill/storage/object"
)

// componentStage finds the duplicates by the edges that the cluster stage left
// and those within segments. See components.go for the phases.
func (d *driver) componentStage(ctx context.Context, stage int) error {
	pairs := d.found[stage-1]
	edges := d.keys[d.plan.KeysStage(stage)].Links
	if d.plan.UsesIndex(stage) {
		edges += d.index.Losers()
	}
	err := gather(d.shared.allFound(stage-1, pairs), edgeCounts, func(_ int, n fileCounts) error {
		edges += int64(n.edges)
		return nil
	})
	if err != nil {
		return err
	}
	parts := d.tasksFor(edges, componentEdgeBytes)
	if parts == 1 {
		err := d.runTasks(ctx, []Task{{Stage: stage, Phase: phaseWhole, Ranges: 1, Inputs: pairs}})
		if err != nil {
			return err
		}
		return d.clustersFound(ctx, stage, 1)
	}
	r := &rounds{d: d, ctx: ctx, stage: stage, parts: parts, inputs: pairs}
	if err := r.run(); err != nil {
		return err
	}
	return d.clustersFound(ctx, stage, parts)
}

// rounds are those of one components stage.
type rounds struct {
	d      *driver
	ctx    context.Context
	stage  int
	parts  int
	inputs int // files of the phase before
	links  int // files of phaseLinks
	moved  uint64
}

func (r *rounds) run() error {
	round := 0
	if e := r.d.rounds[r.stage]; e != nil {
		round, r.inputs, r.moved = e.Round+1, e.Files, e.Moved
	} else {
		r.links = (len(r.d.segs) + linkSegments - 1) / linkSegments
		var tasks []Task
		for i := range r.links {
			tasks = append(tasks, Task{Stage: r.stage, Phase: phaseLinks, Range: i, Ranges: r.links})
		}
		if err := r.d.runTasks(r.ctx, tasks); err != nil {
			return err
		}
	}
	for ; ; round++ {
		conflict, err := r.join(round)
		if err != nil {
			return err
		}
		if round > 0 && r.moved == 0 && !conflict {
			return r.d.runTasks(r.ctx, r.tasks(phaseEnd, round))
		}
		if err := r.jump(round); err != nil {
			return err
		}
	}
}

// tasks are those of a phase, one for each part.
func (r *rounds) tasks(p phase, round int) []Task {
	var tasks []Task
	for i := range r.parts {
		t := Task{Stage: r.stage, Phase: p, Round: round, Range: i, Ranges: r.parts, Inputs: r.inputs}
		if round == 0 {
			t.Links = r.links
		}
		tasks = append(tasks, t)
	}
	return tasks
}

func (r *rounds) join(round int) (conflict bool, err error) {
	if err := r.d.runTasks(r.ctx, r.tasks(phaseJoin, round)); err != nil {
		return false, err
	}
	err = gather(r.files(phaseJoin, round, r.parts), edgeCounts, func(_ int, n fileCounts) error {
		conflict = conflict || n.note == 1
		return nil
	})
	return conflict, err
}

// files are those that the tasks of a phase have left.
func (r *rounds) files(p phase, round, n int) []string {
	return numbered(n, func(i int) string { return r.d.shared.round(r.stage, round, p, i) })
}

// jump runs the jumps of a round, slices of the parts that have more than
// their share of the edges, and ends the round.
func (r *rounds) jump(round int) error {
	counts := make([]int64, r.parts)
	read := func(path string) ([]int64, error) { return joinCounts(path, r.parts) }
	err := gather(r.files(phaseJoin, round, r.parts), read, func(_ int, n []int64) error {
		for p := range counts {
			counts[p] += n[p]
		}
		return nil
	})
	if err != nil {
		return err
	}
	slice := max(1, r.d.plan.TaskMemory/componentEdgeBytes)
	var tasks []Task
	for p, n := range counts {
		for first := int64(0); first < n; first += slice {
			tasks = append(tasks, Task{Stage: r.stage, Phase: phaseJump, Round: round, Range: p, Ranges: r.parts,
				Inputs: r.parts, First: first, Last: min(first+slice, n), File: len(tasks)})
		}
	}
	if err := r.d.runTasks(r.ctx, tasks); err != nil {
		return err
	}
	r.inputs, r.moved = len(tasks), 0
	err = gather(r.files(phaseJump, round, len(tasks)), edgeCounts, func(_ int, n fileCounts) error {
		r.moved += n.note
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.d.journal.write(entry{Round: &roundEntry{r.stage, round, r.inputs, r.moved}, Synced: true}); err != nil {
		return err
	}
	// What came before the jumps isn't needed any more.
	for _, old := range []string{r.d.shared.round(r.stage, round, phaseJoin, 0), r.d.shared.round(r.stage, round-1, phaseJump, 0),
		r.d.shared.round(r.stage, round, phaseLinks, 0)} {
		if err := removeTree(object.Dir(old)); err != nil {
			return err
		}
	}
	return nil
}
