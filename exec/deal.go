package exec

import (
	"context"
	"os"
)

// Where files of losers are many, and so are segments, each file is dealt out to
// groups of segments: a segment then finds its losers in one file. It has the form
// of the others.

// fewPieces are so few pieces of losers, one a segment and file, that they are
// read as they are.
const fewPieces = 512

// deals is the number of groups of segments to which so many files of losers
// are dealt out, each of as many segments as there are groups; 0 where they aren't.
func deals(files, segments int) int {
	if files < fewFiles || segments < fewFiles || files*segments < fewPieces {
		return 0
	}
	return root(segments)
}

// root is the square root of n, rounded up.
func root(n int) int {
	r := 1
	for r*r < n {
		r++
	}
	return r
}

// groupSize is the number of segments in a group; the last may have fewer.
func groupSize(segments, groups int) int { return (segments + groups - 1) / groups }

// groupOf returns the first segment of group g, and the one behind its last.
func groupOf(g, segments, groups int) (first, last int) {
	size := groupSize(segments, groups)
	return g * size, min((g+1)*size, segments)
}

// deal deals out what the tasks of a stage have left in so many files.
func (d *driver) deal(ctx context.Context, stage, files int) error {
	n := deals(files, len(d.segs))
	var tasks []Task
	for i := range n {
		tasks = append(tasks, Task{Stage: stage, Phase: phaseDeal, Range: i, Ranges: n, Inputs: files})
	}
	return d.runTasks(ctx, tasks)
}

// deal gathers the losers of a group of segments, and the rows of it that others
// lost to.
func (w *Worker) deal(t Task) error {
	segs, err := w.x.segments()
	if err != nil {
		return err
	}
	first, last := groupOf(t.Range, len(segs), t.Ranges)
	s, err := standingsOf(w.x.dir.allFound(t.Stage, t.Inputs), uint32(first), uint32(last))
	if err != nil {
		return err
	}
	return publish(w.x.dir.dealt(t.Stage, t.Range), func(f *os.File) error { return writeStandings(f, s) })
}

// loserFiles are those with the losers of a segment, of a stage that has found
// some in so many files.
func (x *Executor) loserFiles(stage, found, seg int) []string {
	if n := deals(found, len(x.segs)); n > 0 {
		return []string{x.dir.dealt(stage, seg/groupSize(len(x.segs), n))}
	}
	return x.dir.allFound(stage, found)
}
