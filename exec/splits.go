package exec

import (
	"fmt"
	"math"

	"corpusmill/plan"
	"corpusmill/storage"
)

// Splitting says how the input is cut into tasks. The result doesn't depend
// on it.
type Splitting struct {
	// Size is the most bytes, as stored, of a task that reads several segments
	// of a file; 0 for a segment a task.
	Size int64
	// Count is the least number of tasks, as far as segments can be told apart;
	// 0 for eight for each task that runs at once.
	Count int
	// Whole has each file read by one task.
	Whole bool
}

// tasksPerSlot is how many tasks there should be for each that runs at once,
// so that all end at about the same time.
const tasksPerSlot = 8

// Wide is a Backend that learns from its engine, when it is opened, how many
// tasks run at once. 0 stands for a number that it doesn't know.
type Wide interface{ Parallel() int }

// parallel is how many tasks run at once, as far as is known.
func (d *driver) parallel() int {
	if d.opts.Parallel > 0 {
		return d.opts.Parallel
	}
	if b, ok := d.backend.(Wide); ok && b.Parallel() > 0 {
		return b.Parallel()
	}
	return max(d.opts.Workers, 1)
}

// noteUncut tells of files that keep workers waiting.
func (d *driver) noteUncut() error {
	if d.opts.Splits.Whole {
		return nil // as it was asked for
	}
	found, err := Uncut(d.plan.OwnInputs(), d.plan.Segment, d.parallel())
	if note := UncutNote(found); err == nil && note != "" {
		d.logf("%s", note)
	}
	return err
}

// grain is up to how many bytes of a file, as stored, adjacent segments make
// one task.
func (s Splitting) grain(files []storage.File, parallel int) int64 {
	if s.Whole {
		return math.MaxInt64
	}
	count := s.Count
	if count <= 0 {
		count = tasksPerSlot * parallel
	}
	return min(s.Size, storage.Stored(files)/int64(count))
}

// share is what a task reads of a file.
type share struct {
	storage.Split
	several bool    // segments, or nobody knows how many
	bytes   float64 // as stored
}

// cut cuts a file into what tasks read.
func cut(f storage.File, src uint32, segment, grain int64) ([]share, error) {
	format, ok := storage.Lookup(f.Format)
	if !ok {
		return nil, fmt.Errorf("%s: this corpusmill can't read the format %q", f.Path, f.Format)
	}
	splits, err := format.Splits(f, src, segment)
	if err != nil {
		return nil, err
	}
	return join(f, splits, grain), nil
}

// join puts adjacent splits of a file together. Those of compressed files are
// several segments already, where a frame is long.
func join(f storage.File, splits []storage.Split, grain int64) (out []share) {
	perPosition := spread(splits, f.Size)
	for _, s := range splits {
		next := share{s, s.End < 0 || f.Codec != storage.Plain, float64(max(f.Size, 0)) / float64(len(splits))}
		if s.End >= 0 && perPosition > 0 {
			next.bytes = float64(s.End-s.Start) * perPosition
		}
		if last := len(out) - 1; last >= 0 && out[last].bytes+next.bytes <= float64(grain) {
			out[last].End, out[last].several = s.End, true
			out[last].bytes += next.bytes
			continue
		}
		out = append(out, next)
	}
	return out
}

// spread is how many bytes, as stored, a position of a file stands for; 0 when
// that can't be told.
func spread(splits []storage.Split, size int64) float64 {
	if len(splits) == 0 {
		return 0
	}
	first, last := splits[0], splits[len(splits)-1]
	if last.End <= first.Start {
		return 0
	}
	return float64(max(size, 0)) / float64(last.End-first.Start)
}

// Cut is how the input of a run is cut.
type Cut struct {
	Splits  int
	Largest int64 // bytes, as stored; of formats that count rows, about
}

// plainText says that a file can be cut at any of its rows. To learn where
// these are may take a pass over it.
func plainText(f storage.File) bool {
	return f.Codec == storage.Plain && f.Size >= 0 && f.Format != "parquet"
}

// Cut tells how a plan's input is cut when so many tasks run at once. Of plain
// text it supposes that rows are short; of other files it reads headers and
// footers.
func (s Splitting) Cut(p *plan.Plan, parallel int) (Cut, error) {
	var c Cut
	grain := s.grain(p.OwnInputs(), parallel)
	for i, f := range p.Inputs {
		if f.Indexed {
			continue
		}
		var shares []share
		if plainText(f) {
			shares = join(f, evenly(f.Size, p.Segment), grain)
		} else {
			var err error
			if shares, err = cut(f, uint32(i), p.Segment, grain); err != nil {
				return c, err
			}
		}
		c.Splits += len(shares)
		for _, t := range shares {
			c.Largest = max(c.Largest, int64(math.Round(t.bytes)))
		}
	}
	return c, nil
}

// evenly are the segments of so many bytes.
func evenly(size, segment int64) []storage.Split {
	out := make([]storage.Split, 0, size/segment+1)
	for at := int64(0); at < size || at == 0; at += segment {
		out = append(out, storage.Split{Seg: len(out), Start: at, End: min(at+segment, size)})
	}
	return out
}

// worthCutting is the size, in bytes, from which on it matters that a file
// can't be cut.
const worthCutting = 4 << 20

// Uncut finds the files that can't be cut, although they are more than the
// part of the input that one of so many tasks should have: whoever reads one
// is at work when the others are done. It opens only files of that size, and
// none of plain text, which always can be cut.
func Uncut(files []storage.File, segment int64, parallel int) ([]storage.File, error) {
	var out []storage.File
	if parallel < 2 {
		return nil, nil
	}
	due := max(storage.Stored(files)/int64(parallel), worthCutting)
	for i, f := range files {
		if f.Size <= due || plainText(f) {
			continue
		}
		shares, err := cut(f, uint32(i), segment, 0)
		if err != nil {
			return nil, err
		}
		if len(shares) == 1 {
			out = append(out, f)
		}
	}
	return out, nil
}

// UncutNote says what Uncut has found, and the command that helps; "" for
// nothing.
func UncutNote(files []storage.File) string {
	if len(files) == 0 {
		return ""
	}
	largest := files[0]
	for _, f := range files {
		if f.Size > largest.Size {
			largest = f
		}
	}
	what, of := "can't be cut: one worker reads it, and the others wait for it at the end", ""
	if len(files) > 1 {
		of = fmt.Sprintf(", and %d more,", len(files)-1)
		what = "can't be cut: one worker reads each, and the others wait for it at the end"
	}
	return fmt.Sprintf("%s (%.1f MB as stored)%s %s. To cut it once: corpusmill resplit %s -o FOLDER", largest.Path, float64(largest.Size)/1e6, of, what, largest.Path)
}
