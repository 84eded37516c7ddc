package exec

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/record"
)

// sampleEvery is the share of rows whose operators are timed: one in so many.
const sampleEvery = 64

// largeRow is the size in bytes from which a row is worked on alone.
const largeRow = 1 << 20

// chain is a stage's steps on one worker.
type chain struct {
	stage   *openStage
	plan    *plan.Plan
	rec     *record.Record
	steps   []instance
	dedup   op.Deduplicator
	prior   any // the instance of openStage.prior
	trimmed []uint32
	payload []byte
	keys    []op.Key
	worker  op.Worker
	watch   stopwatch
	through bool // rows that an earlier stage has checked leave as they are
	seen    int64
	at      int // the step that runs, index of stage.steps; -1 for source
}

// instance is one step's operator as this worker has it.
type instance struct {
	account int
	mapper  op.Mapper
	filter  op.Filter
}

func newChain(s *openStage, p *plan.Plan, worker int, clock Clock) (*chain, error) {
	c := &chain{stage: s, plan: p, worker: op.Worker{ID: worker}, watch: stopwatch{clock: clock, cpu: !p.Unmonitored}, at: -1}
	c.rec = record.New(s.env.Fields, s.env.Stats)
	c.steps = make([]instance, len(s.steps))
	for i := range s.steps {
		if err := c.renew(i); err != nil {
			return nil, err
		}
	}
	if s.dedup != nil {
		c.steps = c.steps[:len(c.steps)-1]
	}
	if err := c.renewPrior(); err != nil {
		return nil, err
	}
	c.through = len(s.steps) == 0 && s.prior == nil && !p.KeepStats
	return c, nil
}

// renew makes the instance of a step anew.
func (c *chain) renew(i int) error {
	s := c.stage.steps[i]
	v, err := s.op.New(&c.worker)
	if err != nil {
		return fmt.Errorf("%s: %w", s.label, err)
	}
	ok := false
	switch s.kind {
	case op.KindMapper:
		var m op.Mapper
		m, ok = v.(op.Mapper)
		c.steps[i] = instance{account: s.account, mapper: m}
	case op.KindFilter:
		var f op.Filter
		f, ok = v.(op.Filter)
		c.steps[i] = instance{account: s.account, filter: f}
	case op.KindDeduplicator:
		c.dedup, ok = v.(op.Deduplicator)
	}
	if !ok {
		return fmt.Errorf("%s: its instance is a %T, which is no %s", s.label, v, s.kind)
	}
	return nil
}

// renewPrior makes the instance of openStage.prior anew.
func (c *chain) renewPrior() error {
	s := c.stage.prior
	if s == nil {
		return nil
	}
	var err error
	if c.prior, err = s.op.New(&c.worker); err != nil {
		return fmt.Errorf("%s: %w", s.label, err)
	}
	_, trims := c.prior.(op.Trimmer)
	_, compares := c.prior.(op.Comparer)
	if by := c.plan.Grouping(c.stage.After).By; by == op.ByPart && !trims || c.stage.End == plan.EndPayloads && !compares {
		return fmt.Errorf("%s: its instance is a %T, which can neither trim nor compare rows", s.label, c.prior)
	}
	return nil
}

// RowError is a row that stopped the run, because the recipe says so.
type RowError struct {
	File   string
	Pos    uint64
	Step   string
	Reason string
}

func (e *RowError) Error() string {
	return fmt.Sprintf("%s, row at offset %d: %s: %s; with skip_op_error: true such rows are quarantined and the run goes on", e.File, e.Pos, e.Step, e.Reason)
}

// run takes rows from the given one through the steps, up to the end of the
// batch or to a row at which an operator panics. That row is quarantined,
// the operator is made anew, and next is the row after it.
func (c *chain) run(in input, from int, s *segmentState) (next int, err error) {
	row := from
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		next = row + 1
		if c.at < 0 {
			err = fmt.Errorf("%s, row at offset %d: reading it panicked: %v", c.plan.Inputs[s.Src].Path, in.rows.ID(row).Pos, p)
			return
		}
		account, renew := s.dropStep, c.renewPrior
		if c.at < len(c.stage.steps) {
			account, renew = c.stage.steps[c.at].account, func() error { return c.renew(c.at) }
		}
		if err = c.refuse(in.rows, row, s, account, fmt.Errorf("the operator panicked: %v", p)); err == nil {
			err = renew()
		}
		s.ordinal++
	}()
	for ; row < in.rows.Len(); row++ {
		if in.entries != nil {
			s.ordinal = in.entries[row].Ordinal
		}
		e, through, err := s.gate.pass(in, row, s.ordinal)
		if err != nil {
			return row, err
		}
		if through {
			if err := c.row(in.rows, row, e, s); err != nil {
				return row, err
			}
		}
		s.ordinal++
	}
	return row, nil
}

func (c *chain) row(rows record.Rows, row int, e heldEntry, s *segmentState) error {
	c.at = -1
	if z, ok := rows.(record.Sizer); ok && z.Size(row) >= largeRow {
		// A large row takes many times its size while it is worked on.
		s.x.large.Lock()
		defer s.x.large.Unlock()
		defer c.rec.Shrink(largeRow)
	}
	wanted, lost, other := false, false, node(0)
	if s.gate != nil {
		off := uint32(rows.ID(row).Pos - s.Base)
		other, lost = s.gate.lost(off)
		if c.stage.End == plan.EndPayloads && !lost {
			return nil // it is in no cluster
		}
		wanted = s.gate.isWanted(off)
		if lost && !wanted && c.stage.End != plan.EndPayloads {
			s.duplicate(rows.ID(row), other)
			return nil
		}
		rows, row = s.gate.row(rows, row, e, s.Src)
	}
	if t, ok := rows.(record.Truster); ok && c.through && s.gate != nil {
		t.Trust(row)
	} else if err := rows.Seek(row); err != nil {
		if s.gate != nil {
			return changed("%s, row at offset %d: %w; it was right when it was read first: the file has changed", c.plan.Inputs[s.Src].Path, rows.ID(row).Pos, err)
		}
		s.count(SourceStep).In++
		s.File.In++
		return c.refuse(rows, row, s, SourceStep, err)
	}
	c.rec.Reset(rows, row)
	if s.gate != nil {
		s.gate.hold.restore(e, c.rec)
		if c.stage.End == plan.EndPayloads {
			return c.member(s, rows.ID(row), other)
		}
		if wanted {
			if err := c.capture(s, rows.ID(row)); err != nil {
				return err
			}
		}
		if lost {
			s.duplicate(rows.ID(row), other)
			return nil
		}
		if err := c.cut(s, rows, row); err != nil {
			return c.refuse(rows, row, s, s.dropStep, err)
		}
		s.survive()
	} else {
		source := s.count(SourceStep)
		source.In++
		s.File.In++
		for _, t := range c.stage.texts {
			if k := c.rec.Kind(t); k != record.String {
				why := 2
				switch k {
				case record.Missing:
					why = 0
				case record.Null:
					why = 1
				}
				s.filtered(rows.ID(row), SourceStep, why)
				return nil
			}
		}
		source.Kept++
	}
	c.seen++
	timed := c.watch.clock != nil && c.seen%sampleEvery == 0
	if timed && c.watch.due(c.seen) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	for i := range c.steps {
		c.at = i
		in := &c.steps[i]
		n := s.count(in.account)
		n.In++
		if timed {
			c.watch.start()
		}
		var err error
		ok, why := true, op.Reason(0)
		if in.mapper != nil {
			before := c.rec.Changes()
			err = in.mapper.Map(c.rec)
			if c.rec.Changes() != before {
				n.Edited++
			}
		} else if err = in.filter.Measure(c.rec); err == nil {
			ok, why = in.filter.Keep(c.rec)
		}
		if timed {
			c.watch.stop(n)
		}
		if err != nil {
			return c.refuse(rows, row, s, in.account, err)
		}
		if !ok {
			s.filtered(rows.ID(row), in.account, int(why))
			return nil
		}
		n.Kept++
	}
	if c.stage.dedup != nil {
		return c.key(rows, row, e, s, timed)
	}
	if err := s.write(c.rec, c.stage.stats, c.plan.KeepStats); err != nil {
		return c.refuse(rows, row, s, len(s.counts)-1, err)
	}
	return nil
}

// member notes what is compared of a row of a cluster.
func (c *chain) member(s *segmentState, id record.ID, root node) (err error) {
	self := nodeOf(s.at, uint32(id.Pos-s.Base))
	if c.payload, err = c.prior.(op.Comparer).Payload(c.rec, c.payload[:0]); err != nil {
		return fmt.Errorf("%s: %w; it made keys of this row before", c.stage.prior.label, err)
	}
	return diskError(s.keyFile.path, 0, s.payloads.add(root, self, c.payload))
}

const (
	captureText    = 300       // bytes of a row's text that the report has
	capturePayload = 256 << 10 // bytes; of rows with more only the text is captured
)

// capture notes a row for the report.
func (c *chain) capture(s *segmentState, id record.ID) (err error) {
	text := c.rec.Text(c.stage.priorText)
	if len(text) > captureText {
		text = text[:captureText]
		for len(text) > 0 && !utf8.RuneStart(text[len(text)-1]) {
			text = text[:len(text)-1]
		}
		text = text[:max(len(text)-1, 0)]
	}
	n := capture{Node: nodeOf(s.at, uint32(id.Pos-s.Base)), Text: strings.ToValidUTF8(string(text), "\uFFFD")}
	if p, ok := c.prior.(op.Comparer); ok {
		if c.payload, err = p.Payload(c.rec, c.payload[:0]); err != nil {
			return fmt.Errorf("%s: %w; it made keys of this row before", c.stage.prior.label, err)
		}
		if len(c.payload) <= capturePayload {
			n.Payload = bytes.Clone(c.payload)
		}
	}
	s.Captures = append(s.Captures, n)
	return nil
}

// cut takes out of the row the parts that too many rows have.
func (c *chain) cut(s *segmentState, rows record.Rows, row int) error {
	parts := s.gate.partsOf(uint32(rows.ID(row).Pos - s.Base))
	if len(parts) == 0 {
		return nil
	}
	c.at = len(c.stage.steps)
	c.trimmed = c.trimmed[:0]
	for _, p := range parts {
		c.trimmed = append(c.trimmed, p.part)
	}
	before := c.rec.Changes()
	err := c.prior.(op.Trimmer).Trim(c.rec, c.trimmed)
	if c.rec.Changes() != before {
		s.count(s.dropStep).Edited++
	}
	c.at = -1
	return err
}

// key notes the row's key and that it goes on.
func (c *chain) key(rows record.Rows, row int, e heldEntry, s *segmentState, timed bool) error {
	c.at = len(c.steps)
	account := c.stage.dedup.account
	n := s.count(account)
	n.In++
	if timed {
		c.watch.start()
	}
	var err error
	c.keys, err = c.dedup.Keys(c.rec, c.keys[:0])
	if timed {
		c.watch.stop(n)
	}
	if err != nil {
		return c.refuse(rows, row, s, account, err)
	}
	if len(c.keys) > 1 && c.stage.by == op.ByKey {
		return fmt.Errorf("%s made %d keys for one row; rows are grouped by one", c.stage.dedup.label, len(c.keys))
	}
	return s.keep(c.rec, rows.Line(row), c.keys, c.stage.HoldRows || e.Whole)
}

// refuse quarantines a row, or stops the run.
func (c *chain) refuse(rows record.Rows, row int, s *segmentState, account int, cause error) error {
	if op.IsFatal(cause) {
		return cause
	}
	if c.plan.StopOnRowError && account != SourceStep {
		return &RowError{c.plan.Inputs[s.Src].Path, rows.ID(row).Pos, stepLabel(c.plan, account), cause.Error()}
	}
	s.quarantine(rows, row, account, cause)
	return nil
}
