package exec

import (
	"encoding/binary"
	"io"

	"corpusmill/op"
)

// Where key files are many and ranges of them small, keys are brought together
// first: those of some segments in one file, by range, so that a range reads a
// long piece of few files and not some bytes of each of many. ADR 15 has figures.
//
// A collection is a record file of keys, each with the node that has it, in the
// order of their ranges; and behind them, of each range, the number of those
// up to its end, uint64. Its counts are those of the keys and of the ranges.
const collectedSize = 24

const (
	// smallPiece is how many bytes a range has of a key file, on average, where
	// it pays to collect keys.
	smallPiece = 16 << 10
	// fewFiles are so few key files, or ranges, that they are read as they are.
	fewFiles = 8
	// leastChunk and mostChunk are what is read at once of a run that is collected.
	leastChunk, mostChunk = recBlock / keySize * keySize, 1 << 20 / keySize * keySize
)

// collections is the number of collections that so many keys, in so many
// segments, get where they are compared in ranges: as many as segments each, or 0
// for none.
func collections(keys int64, segments, ranges int) int {
	if segments < fewFiles || ranges < fewFiles || keys*keySize >= int64(segments)*int64(ranges)*smallPiece {
		return 0
	}
	return root(segments)
}

// collect brings together the keys of one group of the segments.
func (w *Worker) collect(t Task, out io.Writer) error {
	paths, err := w.keyFiles(t.Stage)
	if err != nil {
		return err
	}
	first, last := groupOf(t.Range, len(paths), t.Ranges)
	c := &collector{out: newRecWriter(out)}
	defer c.close()
	for i, path := range paths[first:last] {
		if err := c.open(path, uint32(first+i)); err != nil {
			return err
		}
	}
	return c.run(t.Into, max(w.x.Plan.TaskMemory, w.x.Plan.RangeMemory))
}

// collector goes through the runs of several key files at once.
type collector struct {
	out   *recWriter
	files []*keyFile
	runs  []*collectedRun
}

// collectedRun is a run that is being read.
type collectedRun struct {
	file    *keyFile
	seg     uint32
	at, end int64 // of what hasn't been read
	buf     []byte
	raw     []byte // entries that were, in buf
}

func (c *collector) open(path string, seg uint32) error {
	if path == "" {
		return nil
	}
	k, err := openKeys(path, op.ByKey)
	if err != nil {
		return err
	}
	c.files = append(c.files, k)
	for _, r := range k.runs {
		c.runs = append(c.runs, &collectedRun{file: k, seg: seg, at: r.at, end: r.at + r.keys*k.entry})
	}
	return nil
}

// run writes the keys for so many ranges; memory is for what is read ahead.
func (c *collector) run(ranges int, memory int64) error {
	chunk := min(max(memory/int64(len(c.runs)+1)/keySize*keySize, leastChunk), mostChunk)
	ends := make([]byte, 0, 8*ranges)
	var piece []byte
	n := int64(0)
	for r := range ranges {
		lo, hi := rangeOf(r, ranges)
		for _, run := range c.runs {
			for more := true; more; {
				var err error
				if piece, more, err = run.take(piece[:0], lo, hi, chunk); err != nil {
					return err
				}
				if _, err := c.out.Write(piece); err != nil {
					return err
				}
				n += int64(len(piece) / collectedSize)
			}
		}
		ends = binary.LittleEndian.AppendUint64(ends, uint64(n))
	}
	if _, err := c.out.Write(ends); err != nil {
		return err
	}
	return c.out.finish(uint64(n), uint64(ranges))
}

// take appends the entries of a range that are in memory, as a collection has
// them, and says whether there may be more of it.
func (r *collectedRun) take(dst []byte, lo, hi uint64, chunk int64) (piece []byte, more bool, err error) {
	if len(r.raw) == 0 {
		if r.at == r.end {
			return dst, false, nil
		}
		to := min(r.at+chunk, r.end)
		if r.buf == nil {
			r.buf = make([]byte, 0, chunk+2*recBlock)
		}
		if r.raw, err = r.file.readInto(r.buf, r.at, to); err != nil {
			return dst, false, err
		}
		r.at = to
	}
	for len(r.raw) > 0 {
		key := binary.LittleEndian.Uint64(r.raw)
		if key > hi {
			return dst, false, nil
		}
		if key < lo {
			return dst, false, r.file.damaged() // it isn't in order
		}
		dst = append(dst, r.raw[:16]...)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(nodeOf(r.seg, binary.LittleEndian.Uint32(r.raw[16:]))))
		r.raw = r.raw[keySize:]
	}
	return dst, true, nil
}

func (c *collector) close() {
	for _, f := range c.files {
		f.close()
	}
}

// collected returns, raw, the keys of a range that a collection has.
func collected(path string, r, ranges int) ([]byte, error) {
	f, err := openRec(path)
	if err != nil {
		return nil, err
	}
	defer f.close()
	table := f.n - 8*int64(ranges)
	if f.b != uint64(ranges) || table < 0 || table != int64(f.a)*collectedSize {
		return nil, f.damaged()
	}
	first := max(r-1, 0)
	raw, err := f.read(table+8*int64(first), table+8*int64(r+1))
	if err != nil {
		return nil, err
	}
	from, to := int64(0), int64(binary.LittleEndian.Uint64(raw[len(raw)-8:]))
	if r > 0 {
		from = int64(binary.LittleEndian.Uint64(raw))
	}
	if from < 0 || from > to || to > int64(f.a) {
		return nil, f.damaged()
	}
	return f.read(from*collectedSize, to*collectedSize)
}

// readCollected is readRange of collections.
func readCollected(paths []string, r, ranges int, total int64) ([]rangeEntry, error) {
	lo, hi := rangeOf(r, ranges)
	entries := roomFor(total, lo, hi)
	read := func(path string) ([]byte, error) { return collected(path, r, ranges) }
	err := gather(paths, read, func(_ int, raw []byte) error {
		for ; len(raw) > 0; raw = raw[collectedSize:] {
			entries = append(entries, rangeEntry{getKey(raw), node(binary.LittleEndian.Uint64(raw[16:]))})
		}
		return nil
	})
	sortEntries(entries, lo, hi)
	return entries, err
}

// collectTasks are those that collect the keys of a stage; none where that
// doesn't pay.
func (d *driver) collectTasks(stage, ranges int) []Task {
	if d.plan.Grouping(stage).By == op.ByPart {
		return nil
	}
	n := collections(d.keys[stage-1].Keys, len(d.segs), ranges)
	var tasks []Task
	for i := range n {
		tasks = append(tasks, Task{Stage: stage, Phase: phaseCollect, Range: i, Ranges: n, Into: ranges})
	}
	return tasks
}
