package exec

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"corpusmill/plan"
	"corpusmill/storage"
)

// rowPlace is a place in the kept rows: the segment, by its place among those
// of the run's own inputs, and an offset into its file of rows.
type rowPlace struct {
	Seg int   `json:"seg"`
	Off int64 `json:"off"`
}

// layout is how the kept rows become files: known when all are there.
type layout struct {
	Begin  []rowPlace      `json:"begin"` // of each file; the last ends with the rows
	End    rowPlace        `json:"end"`
	Schema json.RawMessage `json:"schema,omitempty"` // state of the sketch of all rows
}

// madeFile is a file of the output that a task has made.
type madeFile struct {
	N     int    `json:"n"`
	Shard shard  `json:"shard"`
	Rows  Digest `json:"rows"`
}

// writtenSegment is a segment whose kept rows lie in a file.
type writtenSegment struct {
	src   uint32
	seg   int
	bytes int64
}

// fileStage makes the output's files from the rows that the stage before has
// written, a task for each file.
func (d *driver) fileStage(ctx context.Context, stage int) error {
	l, err := d.layout()
	if err != nil {
		return err
	}
	var todo []Task
	for n, begin := range l.Begin {
		end := l.End
		if n+1 < len(l.Begin) {
			end = l.Begin[n+1]
		}
		if _, made := d.made[n]; !made {
			todo = append(todo, Task{Stage: stage, Range: n, Ranges: len(l.Begin), Begin: begin, End: end})
		}
	}
	err = d.run(ctx, d.backend, todo, func(s *Segment) error {
		if s.Made == nil {
			return errors.New("a task that was to make a file has made none")
		}
		if err := d.journal.write(entry{Made: s.Made, Synced: true}); err != nil {
			return err
		}
		d.made[s.Made.N] = s.Made
		return nil
	}, func(t Task) error {
		return d.dropRows(t.Begin, t.End)
	})
	if err != nil {
		return err
	}
	var all Digest
	d.shards = nil
	for n := range l.Begin {
		f := d.made[n]
		d.shards = append(d.shards, f.Shard)
		all.Append(f.Rows)
	}
	d.account.Written = all.Rows
	if all != d.account.Digest {
		return &AccountError{fmt.Errorf("the files' rows have the digest %s, those that were kept %s", all, d.account.Digest)}
	}
	return d.done(stage, 0)
}

// layout cuts the kept rows into files. It is written down, since the rows go
// as the files are made.
func (d *driver) layout() (*layout, error) {
	l := &layout{}
	raw, err := readShared(d.shared.layout())
	if err == nil {
		if err := json.Unmarshal(raw, l); err != nil {
			return nil, fmt.Errorf("%s: %w", d.shared.layout(), err)
		}
		return l, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if l.Schema, err = d.schema(); err != nil {
		return nil, err
	}
	if l.Begin, err = d.cuts(); err != nil {
		return nil, err
	}
	l.End = rowPlace{Seg: len(d.written)}
	if raw, err = json.Marshal(l); err != nil {
		return nil, err
	}
	return l, publishBytes(d.shared.layout(), raw)
}

// schema is that of all rows, for a columnar output.
func (d *driver) schema() (json.RawMessage, error) {
	format, err := columnar(d.plan)
	if err != nil || format == nil {
		return nil, err
	}
	sketch, err := format.NewSketch(d.plan.OwnInputs())
	if err != nil {
		return nil, err
	}
	for _, s := range d.sketches {
		if err := sketch.Merge(s); err != nil {
			return nil, err
		}
	}
	return sketch.State()
}

// columnar is the output's format when it needs a schema; nil for JSON Lines.
func columnar(p *plan.Plan) (storage.Columnar, error) {
	if p.Output.Format == "jsonl" {
		return nil, nil
	}
	f, _ := storage.Lookup(p.Output.Format)
	c, ok := f.(storage.Columnar)
	if !ok {
		return nil, fmt.Errorf("this corpusmill can't write the format %q", p.Output.Format)
	}
	return c, nil
}

// cuts are the places where files begin: the row that fills a file is its
// last, so they don't depend on the segments. Without rows there is one file
// all the same.
func (d *driver) cuts() ([]rowPlace, error) {
	begin := []rowPlace{{}}
	limit := d.plan.Output.Shard
	if limit <= 0 {
		return begin, nil
	}
	full := false // the last file has all its rows
	raw := int64(0)
	for i, w := range d.written {
		for off := int64(0); off < w.bytes; {
			if full {
				begin, raw, full = append(begin, rowPlace{i, off}), 0, false
			}
			if raw+w.bytes-off < limit {
				raw += w.bytes - off
				break
			}
			end, err := d.rowEnd(w, off+limit-raw-1)
			if err != nil {
				return nil, err
			}
			off, full = end, true
		}
	}
	return begin, nil
}

// rowEnd is where the row ends that has the byte at off.
func (d *driver) rowEnd(w writtenSegment, off int64) (int64, error) {
	r, err := openRec(d.shared.rows(w.src, w.seg))
	if err != nil {
		return 0, err
	}
	defer r.close()
	for off < r.n {
		b, err := r.read(off, min((off/recBlock+1)*recBlock, r.n))
		if err != nil {
			return 0, err
		}
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			return off + int64(i) + 1, nil
		}
		off += int64(len(b))
	}
	return 0, r.damaged()
}

// dropRows removes the files of rows that no other file of output needs.
func (d *driver) dropRows(begin, end rowPlace) error {
	var gone []string
	for _, w := range d.written[begin.Seg:end.Seg] {
		gone = append(gone, d.shared.rows(w.src, w.seg))
	}
	return removeShared(gone...)
}
