package exec

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"corpusmill/plan"
	"corpusmill/record"
)

// IndexReport is what a run had to do with an index.
type IndexReport struct {
	Path string `json:"path"`
	Rows int64  `json:"rows"` // that it held before the run
	Keys int64  `json:"keys"`
	// AddedRows and AddedKeys are what the run put into it.
	AddedRows int64 `json:"added_rows,omitempty"`
	AddedKeys int64 `json:"added_keys,omitempty"`
	// Superseded are rows of the index that stayed when they were put in, and
	// would be dropped in a run over all rows: the file superseded.jsonl in the
	// run folder has them.
	Superseded int64 `json:"superseded"`
}

// supersededName is the file of the run folder with a SupersededRow a line.
const supersededName = "superseded.jsonl"

// SupersededRow is a row of an index that rows of the run have connected with
// an earlier one.
type SupersededRow struct {
	File         string `json:"file"`
	Offset       uint64 `json:"offset"` // bytes into the uncompressed file, or row number
	WinnerFile   string `json:"winner_file"`
	WinnerOffset uint64 `json:"winner_offset"`
}

var generationName = regexp.MustCompile(`^gen-\d+$`)

// checkIndexTarget refuses to make an index where something is.
func checkIndexTarget(p *plan.Plan) error {
	if p.Index != nil {
		return nil
	}
	files, err := os.ReadDir(p.Output.Path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("an index is a folder: %w", err)
	}
	for _, f := range files {
		if f.Name() == plan.IndexFileName {
			return fmt.Errorf("%s holds an index already: corpusmill dedup index add adds to it; to build it anew remove the folder", p.Output.Path)
		}
		if !generationName.MatchString(f.Name()) { // which a killed run may leave
			return fmt.Errorf("%s holds %s, which is no part of an index: give another folder", p.Output.Path, f.Name())
		}
	}
	return nil
}

// indexed completes what the run has made for an index, and reports it. names
// are the moves that publish it, index.json last.
func (d *driver) indexed(r *Report) (names [][2]string, err error) {
	if d.index == nil && !d.plan.MakesIndex() {
		return nil, nil
	}
	r.Index = &IndexReport{Path: d.plan.Output.Path}
	x := plan.Index{}
	if d.index != nil {
		x = *d.index.Index
		r.Index.Path, r.Index.Rows, r.Index.Keys = d.index.folder, x.Rows(), x.Keys()
		if r.Index.Superseded, err = d.writeSuperseded(); err != nil {
			return nil, err
		}
	}
	if !d.plan.MakesIndex() {
		return nil, nil
	}
	g := plan.Generation{Inputs: len(d.plan.OwnInputs()), Segments: len(d.segs) - len(x.Segments)}
	step := d.account.Steps[len(d.plan.Steps)]
	g.Rows, g.Duplicates = step.Kept+step.Duplicate, step.Duplicate
	x.Way, x.Segments = d.plan.Way(), d.segs
	for _, f := range d.plan.OwnInputs() {
		x.Inputs = append(x.Inputs[:len(x.Inputs):len(x.Inputs)], f)
	}
	cluster, components := d.foundBy(plan.EndCluster), d.foundBy(plan.EndComponents)
	n := len(x.Generations)
	if g, err = sealIndex(d.shared, x, g, cluster, components); err != nil {
		return nil, err
	}
	r.Index.AddedRows, r.Index.AddedKeys = g.Rows, plan.Entries(g.Keys)
	return [][2]string{
		{d.shared.generation(), generationFolder(d.plan.Output.Path, n)},
		{d.shared.newIndex(), filepath.Join(d.plan.Output.Path, plan.IndexFileName)},
	}, nil
}

// foundBy is the number of files that the stage with that end has left, of a
// plan that has one such stage.
func (d *driver) foundBy(end plan.End) int {
	for i, s := range d.plan.Stages {
		if s.End == end {
			return d.found[i]
		}
	}
	return 0
}

// writeSuperseded lists the rows of the index that have lost by this run, in
// their order.
func (d *driver) writeSuperseded() (n int64, err error) {
	var files []string
	for i, s := range d.plan.Stages {
		if s.End != plan.EndComponents || !d.plan.UsesIndex(i) {
			continue
		}
		n = d.findings[i].Superseded
		for r := range d.found[i] {
			path := d.shared.superseded(i, r)
			if counts, err := edgeCounts(path); err != nil {
				return 0, err
			} else if counts.edges > 0 {
				files = append(files, path)
			}
		}
	}
	return n, publish(d.work.at(supersededName), func(f *os.File) error {
		w := bufio.NewWriter(f)
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for seg := range d.index.Segments {
			if len(files) == 0 {
				break
			}
			losers, err := losersOf(uint32(seg), files, "")
			if err != nil {
				return err
			}
			for _, e := range losers {
				row, winner := d.id(e.child), d.id(e.parent)
				err := enc.Encode(SupersededRow{File: d.plan.Inputs[row.Src].Path, Offset: row.Pos,
					WinnerFile: d.plan.Inputs[winner.Src].Path, WinnerOffset: winner.Pos})
				if err != nil {
					return err
				}
			}
		}
		return w.Flush()
	})
}

// id is that of a node's row.
func (d *driver) id(n node) record.ID {
	s := d.segs[n.seg()]
	return record.ID{Src: s.Src, Pos: s.Base + uint64(n.off())}
}

// Conclude finishes what a run in the folder that was interrupted while it
// published its result had left to do, and returns its plan and its report;
// nil when there is no such run.
func Conclude(folder string) (*plan.Plan, *Report, error) {
	if _, err := os.Stat(folder); err != nil {
		return nil, nil, nil
	}
	unlock, err := lock(folder)
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	d := &driver{plan: &plan.Plan{}, opts: Options{Folder: folder}, work: workDir(filepath.Join(folder, "work"))}
	if d.plan, err = d.previous(); d.plan == nil || err != nil {
		return nil, nil, err
	}
	d.share()
	entries, err := readJournal(d.work.journal())
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		d.commit = e.Commit
	}
	if d.commit == nil {
		return nil, nil, nil
	}
	return d.plan, d.commit.Report, d.replace(d.commit.Report)
}

// CheckIndex reads all files of an index to see whether they are whole.
func CheckIndex(folder string) error {
	x, _, err := plan.ReadIndex(folder)
	if err != nil {
		return err
	}
	return (&keyIndex{folder, x}).check(true)
}
