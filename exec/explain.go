package exec

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"corpusmill/plan"
	"corpusmill/record"
	"corpusmill/storage"
	"corpusmill/storage/object"
)

// Finished is the run folder of a finished run.
type Finished struct {
	Folder   string
	Plan     *plan.Plan
	Manifest Manifest
	segs     []segmentInfo
}

// OpenFinished reads what a finished run left in its folder.
func OpenFinished(folder string) (*Finished, error) {
	f := &Finished{Folder: folder, Plan: &plan.Plan{}}
	for _, part := range []struct {
		name string
		into any
	}{{manifestName, &f.Manifest}, {planName, f.Plan}, {"segments.json", &f.segs}} {
		name, v := part.name, part.into
		raw, err := os.ReadFile(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) && name == manifestName {
			return nil, fmt.Errorf("%s holds no finished run: there is no %s in it", folder, name)
		}
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, v); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(folder, name), err)
		}
	}
	return f, nil
}

// Drops calls fn for every row that the run dropped, stage by stage, in input
// order within each, until fn returns false.
func (f *Finished) Drops(fn func(Drop) bool) error {
	files, err := filepath.Glob(filepath.Join(f.Folder, "drops", "*.drops"))
	if err != nil {
		return err
	}
	sort.Strings(files)
	for _, name := range files {
		more, err := readDrops(name, fn)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

func readDrops(name string, fn func(Drop) bool) (more bool, err error) {
	file, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<20)
	for {
		src, err := binary.ReadUvarint(r)
		if err == io.EOF {
			return true, nil
		}
		var v [6]uint64
		n := 4
		for i := 0; i < n && err == nil; i++ {
			v[i], err = binary.ReadUvarint(r)
			if i == 3 && v[3] == 1 {
				n = 6
			}
		}
		if err != nil {
			return false, errDamaged
		}
		d := Drop{ID: record.ID{Src: uint32(src), Pos: v[0]}, Step: int(v[1]), Reason: int(v[2])}
		if v[3] == 1 {
			d.Duplicate, d.Winner = true, record.ID{Src: uint32(v[4]), Pos: v[5]}
		}
		if !fn(d) {
			return false, nil
		}
	}
}

// Reason is why a drop happened, in words.
func (f *Finished) Reason(d Drop) string {
	reasons := SourceReasons
	if d.Step > SourceStep {
		reasons = reasonsOf(f.Plan.Steps[d.Step-1])
	}
	if d.Reason < len(reasons) {
		return reasons[d.Reason]
	}
	return fmt.Sprint("reason ", d.Reason)
}

// Label names a step of an account.
func (f *Finished) Label(step int) string { return stepLabel(f.Plan, step) }

// Place names a row by file and line, or by file and row number where there
// are no lines.
func (f *Finished) Place(ctx context.Context, id record.ID) (string, error) {
	file := f.Plan.Inputs[id.Src]
	if file.Indexed {
		return indexedPlace(file, id), nil
	}
	line := int64(-1)
	err := f.scan(ctx, id.Src, func(rows record.Rows, row int, at segmentInfo) bool {
		if rows.ID(row) != id {
			return true
		}
		if n := rows.Line(row); n >= 0 {
			line = at.Line + int64(n)
		}
		return false
	}, func(s segmentInfo) bool { return s.Base <= id.Pos })
	if err != nil {
		return "", err
	}
	if line < 0 {
		return fmt.Sprintf("%s:%d", file.Path, id.Pos+1), nil
	}
	return fmt.Sprintf("%s:%d", file.Path, line+1), nil
}

// scanFrom calls fn with the row of that ID.
func (f *Finished) scanFrom(ctx context.Context, id record.ID, fn func(rows record.Rows, row int) error) error {
	err := errors.New("the row that it duplicates isn't in the input any more")
	failed := f.scan(ctx, id.Src, func(rows record.Rows, row int, _ segmentInfo) bool {
		if rows.ID(row) != id {
			return true
		}
		err = fn(rows, row)
		return false
	}, func(s segmentInfo) bool { return s.Base <= id.Pos })
	return cmp.Or(failed, err)
}

// indexedPlace names a row of an index, whose file need not be there any more.
func indexedPlace(file storage.File, id record.ID) string {
	now := ""
	if info, err := object.Stat(context.Background(), file.Path); errors.Is(err, fs.ErrNotExist) {
		now = "; the file isn't there any more"
	} else if err == nil && !info.Is(file) {
		now = "; the file has changed since"
	}
	return fmt.Sprintf("%s, offset %d (a row of the index%s)", file.Path, id.Pos, now)
}

// Explanation is what became of one row, from the run's own files, and what
// each step makes of it when it is taken through them again.
type Explanation struct {
	Row     string      `json:"row"`
	ID      string      `json:"id"`
	Offset  uint64      `json:"offset"`
	Outcome string      `json:"outcome"` // "kept", "filtered", "duplicate" or "quarantined"
	Step    string      `json:"step,omitempty"`
	Reason  string      `json:"reason,omitempty"`
	Winner  string      `json:"winner,omitempty"` // the row that a duplicate duplicates
	Trace   []TraceStep `json:"trace"`
	Raw     string      `json:"raw"`
}

// TraceStep is one step's view of the row.
type TraceStep struct {
	Step   string         `json:"step"`
	Did    string         `json:"did"` // "kept", "edited", "dropped", "failed", "keyed"
	Why    string         `json:"why,omitempty"`
	Stats  map[string]any `json:"stats,omitempty"`
	Before string         `json:"before,omitempty"`
	After  string         `json:"after,omitempty"`
}

// Explain tells what became of the row at file:line; n counts lines from 1,
// or rows where the format has no lines.
func (f *Finished) Explain(ctx context.Context, path string, n int64) (*Explanation, error) {
	src, err := f.input(path)
	if err != nil {
		return nil, err
	}
	var x *Explanation
	var fail error
	err = f.scan(ctx, src, func(rows record.Rows, row int, at segmentInfo) bool {
		line := int64(rows.ID(row).Pos) + 1
		if l := rows.Line(row); l >= 0 {
			line = at.Line + int64(l) + 1
		}
		if line > n {
			return false
		}
		if line < n {
			return true
		}
		x, fail = f.explainRow(ctx, rows, row)
		return false
	}, func(s segmentInfo) bool { return s.Line < n })
	if err == nil {
		err = fail
	}
	if err != nil {
		return nil, err
	}
	if x == nil {
		return nil, fmt.Errorf("%s has no row at %d: it is blank, or behind the end", f.Plan.Inputs[src].Path, n)
	}
	x.Row = fmt.Sprintf("%s:%d", f.Plan.Inputs[src].Path, n)
	return x, nil
}

func (f *Finished) input(path string) (uint32, error) {
	var names []string
	match := -1
	for i, in := range f.Plan.Inputs {
		if in.Indexed {
			continue
		}
		if in.Path == path || filepath.Clean(in.Path) == filepath.Clean(path) {
			return uint32(i), nil
		}
		if filepath.Base(in.Path) == filepath.Base(path) {
			match = i
		}
		if len(names) < 5 {
			names = append(names, in.Path)
		}
	}
	if match >= 0 && !strings.Contains(path, "/") {
		return uint32(match), nil
	}
	return 0, fmt.Errorf("%s was no input of this run; its inputs: %s", path, strings.Join(names, ", "))
}

// scan reads the rows of one input from the last segment that wanted accepts,
// until fn returns false.
func (f *Finished) scan(ctx context.Context, src uint32, fn func(record.Rows, int, segmentInfo) bool, wanted func(segmentInfo) bool) error {
	file := f.Plan.Inputs[src]
	if file.Path == "-" {
		return errors.New("the run read standard input, which can't be read again")
	}
	if info, err := object.Stat(ctx, file.Path); err != nil {
		return err
	} else if !info.Is(file) {
		return fmt.Errorf("%s has changed since the run", file.Path)
	}
	format, ok := storage.Lookup(file.Format)
	if !ok {
		return fmt.Errorf("%s: this corpusmill can't read the format %q", file.Path, file.Format)
	}
	splits, err := format.Splits(file, src, f.Plan.Segment)
	if err != nil {
		return err
	}
	start := -1
	for i, s := range f.segs {
		if s.Src == src && (start < 0 || wanted(s)) {
			start = i
		}
	}
	if start < 0 {
		return nil
	}
	fields := f.Plan.Env().Fields
	for i, s := range splits {
		if i+1 < len(splits) && splits[i+1].Seg <= f.segs[start].Seg {
			continue
		}
		more, err := f.scanSplit(ctx, format, file, s, fields, f.segs[start].Seg, fn)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func (f *Finished) scanSplit(ctx context.Context, format storage.Format, file storage.File, s storage.Split, fields *record.Fields, from int, fn func(record.Rows, int, segmentInfo) bool) (bool, error) {
	r, err := format.Open(ctx, file, s, storage.ReadOptions{Fields: fields, Segment: f.Plan.Segment, MaxRow: f.Plan.MaxRow})
	if err != nil {
		return false, err
	}
	defer r.Close()
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		i := findSegment(f.segs, s.Src, b.Seg)
		if b.Seg < from || i < 0 {
			continue
		}
		for row := range b.Rows.Len() {
			if !fn(b.Rows, row, f.segs[i]) {
				return false, nil
			}
		}
	}
}

// explainRow looks the row up in the run's files and takes it through the
// steps again.
func (f *Finished) explainRow(ctx context.Context, rows record.Rows, row int) (*Explanation, error) {
	id := rows.ID(row)
	x := &Explanation{ID: id.String(), Offset: id.Pos, Outcome: "kept"}
	bad := rows.Seek(row)
	x.Raw = string(rows.Raw())
	winner := record.ID{}
	err := f.Drops(func(d Drop) bool {
		if d.ID != id {
			return true
		}
		x.Outcome, x.Step, x.Reason = "filtered", f.Label(d.Step), f.Reason(d)
		if d.Duplicate {
			x.Outcome, winner = "duplicate", d.Winner
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	q, err := f.quarantined(x.ID)
	if err != nil {
		return nil, err
	}
	if q != nil {
		x.Outcome, x.Step, x.Reason = "quarantined", q.Operator, q.Reason
	}
	if bad == nil {
		if x.Trace, err = f.trace(ctx, rows, row, x, winner); err != nil {
			return nil, err
		}
	}
	if x.Outcome == "duplicate" {
		if x.Winner, err = f.Place(ctx, winner); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// quarantined finds the row of that ID in the quarantine; nil when it isn't
// there.
func (f *Finished) quarantined(id string) (*QuarantineRow, error) {
	files, err := filepath.Glob(filepath.Join(f.Folder, "quarantine", "*.jsonl"))
	if err != nil {
		return nil, err
	}
	want := []byte(`{"id":"` + id + `",`)
	for _, name := range files {
		raw, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer raw.Close()
		r := bufio.NewReaderSize(raw, 1<<20)
		for {
			line, err := r.ReadBytes('\n')
			if bytes.HasPrefix(line, want) {
				q := &QuarantineRow{}
				return q, json.Unmarshal(line, q)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}
