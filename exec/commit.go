package exec

import (
	"bytes"
	"encoding/json"
	"io"

	"corpusmill/plan"
)

// syncBytes is how much is written between two times that the run's files
// are forced to the disk. A killed process loses nothing for it; a power
// failure costs the work since the last time.
const syncBytes = 256 << 20

// committer appends finished segments, in input order, to the files of a
// stage and journals each: what is journalled isn't done again.
type committer struct {
	p        *plan.Plan
	stage    int
	journal  *journal
	account  *Account
	lines    []int64 // lines seen of each input file so far, in the first stage
	segs     *[]segmentInfo
	first    bool
	streams  map[string]*stream
	out      *output // nil when it is for other stages to make
	rows     bool    // each segment has left a file of rows
	unsynced int64
	files    []string // of the stage's segments since the last sync
	shared   workDir
	json     bytes.Buffer
}

// The streams of a stage, by their names in the journal.
const (
	dropStream       = "drops"
	quarantineStream = "quarantine"
	statsStream      = "stats"
)

// openCommitter opens a stage's files as they were at the last commit in
// entries.
func openCommitter(p *plan.Plan, stage int, dir, shared workDir, j *journal, a *Account, segs *[]segmentInfo, last *segmentEntry, workers int, stdout io.Writer) (*committer, error) {
	c := &committer{p: p, stage: stage, shared: shared, journal: j, account: a, segs: segs, first: stage == 0,
		lines: make([]int64, len(p.Inputs)), streams: map[string]*stream{}}
	if last == nil {
		last = &segmentEntry{}
	}
	paths := map[string]string{dropStream: dir.drops(stage), quarantineStream: dir.quarantine(stage)}
	write := p.Stages[stage].End == plan.EndWrite && !p.MakesIndex()
	c.rows = write && p.MakesFiles()
	if write && len(p.Stats) > 0 {
		paths[statsStream] = dir.stats()
	}
	var err error
	for name, path := range paths {
		if c.streams[name], err = openStream(path, last.Streams[name]); err != nil {
			c.close()
			return nil, err
		}
	}
	if write && !c.rows {
		if c.out, err = openOutput(p.Output, dir.out(), workers, last.Output, stdout); err != nil {
			c.close()
			return nil, err
		}
	}
	if c.first {
		for i, f := range a.Files {
			c.lines[i] = f.Lines
		}
	}
	return c, nil
}

// commit appends a segment.
func (c *committer) commit(s *Segment) error {
	if err := s.load(); err != nil {
		return err
	}
	defer s.done()
	info := s.segmentInfo
	if c.first {
		info.Line = c.lines[s.Src]
		c.lines[s.Src] += s.File.Lines
		s.segmentInfo = info
		*c.segs = append(*c.segs, info)
	} else if i := findSegment(*c.segs, s.Src, s.Seg); i >= 0 {
		info = (*c.segs)[i]
	}
	if err := c.write(s, info); err != nil {
		return err
	}
	switch c.p.Stages[c.stage].End {
	case plan.EndKeys:
		c.files = append(c.files, c.shared.keys(c.stage, s.Src, s.Seg), c.shared.held(c.stage, s.Src, s.Seg))
	case plan.EndPayloads:
		c.files = append(c.files, c.shared.payloads(c.stage, s.Src, s.Seg))
	case plan.EndWrite:
		if c.rows {
			c.files = append(c.files, c.shared.rows(s.Src, s.Seg))
		}
	}
	c.account.apply(&s.Summary)
	c.unsynced += s.Bulk.size() + s.File.Bytes + s.RowBytes
	return c.note(entry{Segment: &segmentEntry{Stage: c.stage, Summary: s.Summary}}, c.unsynced >= syncBytes)
}

func (c *committer) write(s *Segment, info segmentInfo) error {
	if err := c.streams[dropStream].append(s.Bulk.Drops); err != nil {
		return err
	}
	c.json.Reset()
	enc := json.NewEncoder(&c.json)
	enc.SetEscapeHTML(false)
	for _, q := range s.Bulk.Quarantine {
		if err := enc.Encode(q.row(c.p, info)); err != nil {
			return err
		}
	}
	if err := c.streams[quarantineStream].append(c.json.Bytes()); err != nil {
		return err
	}
	if st := c.streams[statsStream]; st != nil {
		if err := st.append(s.Bulk.Stats); err != nil {
			return err
		}
	}
	if c.out == nil {
		c.account.Written += countedRows(c.p, c.stage, &s.Summary)
		return nil
	}
	err := c.out.write(s.Bulk.Rows)
	c.account.Written = c.out.written()
	return err
}

// note journals an entry with the state of the stage's files.
func (c *committer) note(e entry, sync bool) error {
	if sync {
		if err := c.sync(); err != nil {
			return err
		}
	}
	if e.Segment != nil {
		e.Segment.Streams = map[string]streamState{}
		for name, s := range c.streams {
			e.Segment.Streams[name] = s.state()
		}
		if c.out != nil {
			var err error
			if e.Segment.Output, err = c.out.state(sync); err != nil {
				return err
			}
		}
	}
	e.Synced = sync
	if err := c.journal.write(e); err != nil {
		return err
	}
	if sync {
		c.unsynced = 0
	}
	if c.out != nil && e.Segment != nil {
		c.out.committed(e.Segment.Output, sync)
	}
	return nil
}

// sync brings all that the stage has made to the disk, but for the output.
func (c *committer) sync() error {
	for _, s := range c.streams {
		if err := s.sync(); err != nil {
			return err
		}
	}
	if err := syncFiles(c.files); err != nil {
		return err
	}
	c.files = c.files[:0]
	return nil
}

// finish closes the stage's files, on the disk.
func (c *committer) finish() error {
	if err := c.sync(); err != nil {
		return err
	}
	for name, s := range c.streams {
		delete(c.streams, name)
		if err := s.close(); err != nil {
			return diskError(s.path, 0, err)
		}
	}
	return nil
}

func (c *committer) close() {
	for _, s := range c.streams {
		if s != nil {
			s.close()
		}
	}
	if c.out != nil {
		c.out.close()
	}
}

// apply adds what a stage reports of a segment.
func (a *Account) apply(s *Summary) {
	a.Files[s.Src].add(s.File)
	for i, c := range s.Steps {
		a.Steps[i].add(c)
	}
	a.Digest.Append(s.Rows)
	a.Noted += s.Noted
	a.SetAside += s.SetAside
}

// countedRows are the rows that a segment of the last stage would write, of a
// run that makes an index and so writes none.
func countedRows(p *plan.Plan, stage int, s *Summary) int64 {
	if !p.MakesIndex() || p.Stages[stage].End != plan.EndWrite {
		return 0
	}
	return s.Rows.Rows
}
