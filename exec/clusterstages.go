package exec

import (
	"context"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/storage/object"
)

const (
	// usefulSpan is how many bytes of a segment's key file a range has at least, as
	// far as there is memory. Each range opens all key files, and reads whole
	// blocks of them.
	usefulSpan = 256 << 10
	// fewRanges are so few that they open key files in proportion to the data, and
	// so many that the machines of most have something to do.
	fewRanges = 64
)

// tasksFor is the number of tasks for so many things of a size each.
func (d *driver) tasksFor(n, size int64) int { return tasksOf(n*size, d.plan.TaskMemory) }

func tasksOf(bytes, memory int64) int { return int(max(1, (bytes+memory-1)/memory)) }

// ranges is the number of tasks that compare keys, of so many bytes in memory.
// What each takes grows with the number of segments, as far as the plan allows, so
// that the work of all together grows with the data and not with its square.
func ranges(p *plan.Plan, bytes int64, segments int) int {
	suits := int64(segments) * usefulSpan / keySize * clusterEntryBytes
	n := tasksOf(bytes, max(p.TaskMemory, min(p.RangeMemory, suits)))
	return max(n, min(tasksOf(bytes, p.TaskMemory), fewRanges))
}

// clusterStage compares keys, in as many ranges as they need.
func (d *driver) clusterStage(ctx context.Context, stage int) error {
	keys := d.keys[stage-1].Keys * clusterEntryBytes
	n := ranges(d.plan, keys, len(d.segs))
	if d.plan.UsesIndex(stage) {
		// Each key of the run may meet one of the index.
		n = max(ranges(d.plan, 2*keys, len(d.segs)), int(d.index.Keys()*indexEntrySize/indexScan))
	}
	first := d.collectTasks(stage, n)
	if err := d.runTasks(ctx, first); err != nil {
		return err
	}
	var tasks []Task
	for r := range n {
		tasks = append(tasks, Task{Stage: stage, Range: r, Ranges: n, Keys: d.keys[stage-1].Keys, Inputs: len(first)})
	}
	if err := d.runTasks(ctx, tasks); err != nil {
		return err
	}
	if d.plan.Grouping(stage).By == op.ByKey {
		if err := d.deal(ctx, stage, n); err != nil {
			return err
		}
	}
	if err := d.done(stage, n); err != nil || len(first) == 0 {
		return err
	}
	return removeTree(object.Dir(d.shared.collected(stage, 0)))
}

// runTasks runs those of the tasks that aren't done, and journals each.
func (d *driver) runTasks(ctx context.Context, tasks []Task) error {
	var todo []Task
	for _, t := range tasks {
		if !d.tasks[entryOf(t)] {
			todo = append(todo, t)
		}
	}
	return d.run(ctx, d.backend, todo, nil, func(t Task) error {
		e := entryOf(t)
		return d.journal.write(entry{Task: &e})
	})
}

func entryOf(t Task) taskEntry { return taskEntry{t.Stage, t.Phase, t.Round, t.Range, t.First} }

// verifyStage compares the rows of clusters.
func (d *driver) verifyStage(ctx context.Context, stage int) error {
	const memberBytes = 96
	n := d.tasksFor(d.keys[stage-1].Keys, memberBytes)
	var tasks []Task
	for r := range n {
		tasks = append(tasks, Task{Stage: stage, Range: r, Ranges: n})
	}
	if err := d.runTasks(ctx, tasks); err != nil {
		return err
	}
	return d.clustersFound(ctx, stage, n)
}

// clustersFound ends a stage that found clusters: what its tasks noted of them
// is summed up, and the stage behind it is told which rows to capture.
func (d *driver) clustersFound(ctx context.Context, stage, n int) error {
	if err := d.deal(ctx, stage, n); err != nil {
		return err
	}
	sum := &findings{}
	read := func(path string) (f findings, err error) { return f, readJSON(path, &f) }
	files := numbered(n, func(r int) string { return d.shared.findings(stage, r) })
	err := gather(files, read, func(_ int, f findings) error { sum.add(f, d.segs); return nil })
	if err != nil {
		return err
	}
	d.findings[stage] = sum
	if err := writeJSON(d.shared.wanted(stage), sum.wanted()); err != nil {
		return err
	}
	return d.done(stage, n)
}

// capture keeps the rows that a stage captured for the one that found them.
func (d *driver) capture(stage int, rows []capture) {
	after := d.plan.Stages[stage].After
	for _, c := range rows {
		if d.captures[after] == nil {
			d.captures[after] = map[node]capture{}
		}
		d.captures[after][c.Node] = c
	}
}
