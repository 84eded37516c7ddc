package exec

import (
	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/storage"
)

// segmentBuffers is the memory of a segment, kept for the next one.
type segmentBuffers struct {
	rows, stats, drops, hold []byte
	keys                     []keyEntry
}

// segmentState is a segment while its rows are processed.
type segmentState struct {
	Summary
	x        *Executor
	bufs     *segmentBuffers
	bulk     Bulk
	counts   []StepCount // by account index
	ordinal  int64       // of the current row in the segment
	gate     *gate
	segs     []segmentInfo
	dropStep int // account index of the deduplicator whose losers the gate knows
	hold     *holdWriter
	holdFile *tempFile
	keys     []keyEntry // not yet in keyFile
	keyOut   *keyWriter
	keyFile  *tempFile
	payloads *payloadWriter // to keyFile
	at       uint32         // index of the run's list of segments, with a gate
	sketch   storage.Sketch // of a columnar output; nil for others
}

// buffers returns free buffers, or new ones with room for a segment's rows.
func (x *Executor) buffers() *segmentBuffers {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n := len(x.bufs); n > 0 {
		b := x.bufs[n-1]
		x.bufs = x.bufs[:n-1]
		return b
	}
	return &segmentBuffers{}
}

// free takes buffers back. Those that a rare large row has grown are dropped.
func (x *Executor) free(b *segmentBuffers) {
	if int64(cap(b.rows)) > 2*x.Plan.Segment+(1<<20) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bufs = append(x.bufs, b)
}

func newSegmentState(x *Executor, src uint32, seg int) *segmentState {
	b := x.buffers()
	s := &segmentState{x: x, bufs: b, counts: make([]StepCount, steps(x.Plan)), keys: b.keys[:0]}
	s.Src, s.Seg = src, seg
	s.bulk = Bulk{Rows: b.rows[:0], Stats: b.stats[:0], Drops: b.drops[:0]}
	return s
}

func (s *segmentState) count(account int) *StepCount { return &s.counts[account] }

func (s *segmentState) reason(account, why int) {
	n := &s.counts[account]
	for len(n.Reasons) <= why {
		n.Reasons = append(n.Reasons, 0)
	}
	n.Reasons[why]++
}

func (s *segmentState) filtered(id record.ID, account, why int) {
	s.counts[account].Filtered++
	s.File.Filtered++
	s.reason(account, why)
	s.bulk.Drops = appendDrop(s.bulk.Drops, Drop{ID: id, Step: account, Reason: why})
	s.Noted++
}

// duplicate drops a row that lost to another.
func (s *segmentState) duplicate(id record.ID, winner node) {
	win := s.segs[winner.seg()]
	s.counts[s.dropStep].Duplicate++
	s.File.Duplicate++
	s.reason(s.dropStep, 0)
	s.bulk.Drops = appendDrop(s.bulk.Drops, Drop{ID: id, Step: s.dropStep, Duplicate: true,
		Winner: record.ID{Src: win.Src, Pos: win.Base + uint64(winner.off())}})
	s.Noted++
}

// survive counts a row that its deduplicator keeps.
func (s *segmentState) survive() { s.counts[s.dropStep].Kept++ }

func (s *segmentState) quarantine(rows record.Rows, row, account int, cause error) {
	raw := rows.Raw()
	q := quarantined{Pos: rows.ID(row).Pos, Line: rows.Line(row), Step: account, Reason: cause.Error(),
		Raw: append([]byte(nil), raw...), RawBytes: int64(len(raw)), Edited: s.gate != nil && rows == record.Rows(s.gate.rows)}
	if long, ok := cause.(interface{ Size() int64 }); ok {
		q.RawBytes = long.Size()
	}
	s.bulk.Quarantine = append(s.bulk.Quarantine, q)
	s.counts[account].Quarantined++
	s.File.Quarantined++
	s.SetAside++
}

// keep notes a row that goes on to the next stage, and its keys. The row is
// held with whole, or when this stage has changed it.
func (s *segmentState) keep(r *record.Record, line int, keys []op.Key, whole bool) error {
	off := r.ID().Pos - s.Base
	if len(s.keys) > 0 && len(s.keys)+len(keys) > keyRun {
		if err := s.keyOut.run(s.keys); err != nil {
			return diskError(s.keyFile.path, 0, err)
		}
		s.keys = s.keys[:0]
	}
	for i, k := range keys {
		s.keys = append(s.keys, keyEntry{key: k, off: uint32(off), part: uint32(i)})
	}
	return diskError(s.holdFile.path, 0, s.hold.add(s.ordinal, off, line, r, whole || !r.Edits().Empty()))
}

// room makes sure that the rows of so many bytes of input fit, once, instead
// of growing to it in steps.
func (s *segmentState) room(bytes int64) {
	if n := bytes + bytes/16 + 4<<10; int64(cap(s.bulk.Rows)) < n {
		s.bulk.Rows = make([]byte, 0, n)
	}
}

// write renders a row that all steps kept. An error means that the output's
// format can't hold the row, which then isn't written.
func (s *segmentState) write(r *record.Record, stats *statsWriter, inRow bool) error {
	noted := len(s.bulk.Stats)
	if len(stats.order) > 0 {
		s.bulk.Stats = append(s.bulk.Stats, `{"`+StatsKey+`":`...)
		s.bulk.Stats = stats.append(s.bulk.Stats, r.Values())
		if inRow {
			e := r.Edits()
			e.Extra = append(e.Extra, s.bulk.Stats[noted+1:]...)
			e.Drop = append(e.Drop, StatsKey)
		}
		s.bulk.Stats = append(s.bulk.Stats, '}', '\n')
	}
	start := len(s.bulk.Rows)
	s.bulk.Rows = r.AppendJSON(s.bulk.Rows)
	row := s.bulk.Rows[start:]
	if s.sketch != nil {
		n := &s.counts[len(s.counts)-1]
		n.In++
		if err := s.sketch.Observe(r.ID(), row); err != nil {
			s.bulk.Rows, s.bulk.Stats = s.bulk.Rows[:start], s.bulk.Stats[:noted]
			return err
		}
		n.Kept++
	}
	s.File.Kept++
	s.Rows.Add(row)
	if s.x.Plan.MakesIndex() {
		s.bulk.Rows, s.bulk.Stats = s.bulk.Rows[:start], s.bulk.Stats[:noted] // they are counted alone
		return nil
	}
	s.bulk.Rows = append(s.bulk.Rows, '\n')
	return nil
}

func (s *segmentState) openKeys(path string, by op.GroupBy) (err error) {
	if s.keyFile, err = newTemp(path); err != nil {
		return err
	}
	s.keyOut = newKeyWriter(s.keyFile, by)
	return nil
}

func (s *segmentState) openPayloads(path string) (err error) {
	if s.keyFile, err = newTemp(path); err != nil {
		return err
	}
	s.payloads = newPayloadWriter(s.keyFile)
	return nil
}

func (s *segmentState) finishPayloads() (err error) {
	if s.Keys.Keys, err = s.payloads.finish(); err != nil {
		return diskError(s.keyFile.path, 0, err)
	}
	err = s.keyFile.commit(false)
	s.keyFile = nil
	return err
}

// finishKeys completes the segment's keys and held rows. The committer brings
// both to the disk.
func (s *segmentState) finishKeys() error {
	err := s.keyOut.run(s.keys)
	if err == nil {
		s.Keys, err = s.keyOut.finish()
	}
	if err != nil {
		return diskError(s.keyFile.path, int64(len(s.keys))*keySize, err)
	}
	err = s.keyFile.commit(false)
	s.keyFile = nil
	if err != nil {
		return err
	}
	if err := s.hold.finish(); err != nil {
		return diskError(s.holdFile.path, int64(len(s.hold.buf)), err)
	}
	s.bufs.hold = s.hold.buf
	s.hold = nil
	err = s.holdFile.commit(false)
	s.holdFile = nil
	return err
}

// segment hands the finished segment over, with the duty to release its
// buffers.
func (s *segmentState) segment() *Segment {
	s.Steps = map[int]StepCount{}
	for i, c := range s.counts {
		if c.In != 0 || c.Kept != 0 || c.Duplicate != 0 {
			s.Steps[i] = c
		}
	}
	b, x := s.bufs, s.x
	b.rows, b.stats, b.drops, b.keys = s.bulk.Rows, s.bulk.Stats, s.bulk.Drops, s.keys
	return &Segment{Summary: s.Summary, Bulk: &s.bulk, release: func() { x.free(b) }}
}

func (s *segmentState) abandon() {
	if s.gate != nil {
		s.gate.hold.close()
	}
	if s.holdFile != nil {
		s.holdFile.abort()
	}
	if s.keyFile != nil {
		s.keyFile.abort()
	}
}
