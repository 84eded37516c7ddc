package exec

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"unicode/utf8"

	"corpusmill/plan"
	"corpusmill/record"
	"corpusmill/storage/object"
)

// Summary is what a stage reports of one segment: plain data.
type Summary struct {
	segmentInfo
	File  FileCount         `json:"file"`
	Steps map[int]StepCount `json:"steps"` // by account index; only those that the stage ran
	// Rows is the digest of the rows to write, and its number.
	Rows     Digest    `json:"rows"`
	RowBytes int64     `json:"row_bytes,omitempty"` // in the segment's file of rows, of a run that has them
	Noted    int64     `json:"noted"`               // drops
	SetAside int64     `json:"set_aside"`           // quarantined rows
	Keys     keyCounts `json:"keys"`
	// Captures are rows that the report shows or compares.
	Captures []capture `json:"captures,omitempty"`
	// Sketch is the schema that a columnar output needs for these rows.
	Sketch json.RawMessage `json:"sketch,omitempty"`
	// Made is the file that a task of EndFiles has made.
	Made *madeFile `json:"made,omitempty"`
	// BulkFile is the file that holds the segment's Bulk when it isn't in
	// memory.
	BulkFile string `json:"bulk,omitempty"`
}

// capture is a row as a deduplicator sees it.
type capture struct {
	Node    node   `json:"node"`
	Text    string `json:"text"` // its beginning
	Payload []byte `json:"payload,omitempty"`
}

// Bulk is what a segment adds to the run's files.
type Bulk struct {
	Rows       []byte // JSON Lines
	Stats      []byte // JSON Lines
	Drops      []byte // see drop
	Quarantine []quarantined
}

func (b *Bulk) size() int64 {
	n := int64(len(b.Rows) + len(b.Stats) + len(b.Drops))
	for _, q := range b.Quarantine {
		n += int64(len(q.Raw)) + 200
	}
	return n
}

// Segment is a segment that a task has finished.
type Segment struct {
	Summary
	Bulk    *Bulk `json:"-"` // nil when BulkFile has it, or nobody anything
	release func()
	ahead   chan loaded // nil when BulkFile isn't being read
}

// loaded is a bulk that was read ahead.
type loaded struct {
	bulk *Bulk
	err  error
}

// quarantined is a row that couldn't be processed. Lines are relative to the
// segment until the commit, which knows where the segment begins.
type quarantined struct {
	Pos      uint64 `json:"pos"`
	Line     int    `json:"line"`
	Step     int    `json:"step"` // account index
	Reason   string `json:"reason"`
	Raw      []byte `json:"raw"`
	RawBytes int64  `json:"raw_bytes"` // the row's length; Raw may be its beginning only
	Edited   bool   `json:"edited"`    // Raw is the row as earlier stages left it
}

// QuarantineRow is a line of a quarantine file.
type QuarantineRow struct {
	ID       string `json:"id"`
	File     string `json:"file"`
	Offset   uint64 `json:"offset"`         // bytes into the uncompressed file, or row number
	Line     int64  `json:"line,omitempty"` // from 1; 0 where rows have no lines
	Step     int    `json:"step"`           // from 1 in the recipe's order; 0 for "source"
	Operator string `json:"operator"`
	Reason   string `json:"reason"`
	// Raw is the row as read, or RawBase64 when it isn't UTF-8.
	Raw       *string `json:"raw,omitempty"`
	RawBase64 string  `json:"raw_base64,omitempty"`
	// RawBytes is the row's length when only its beginning is kept.
	RawBytes int64 `json:"raw_bytes,omitempty"`
	// RawIs says so when an earlier stage had already edited the row.
	RawIs string `json:"raw_is,omitempty"`
}

func (q quarantined) row(p *plan.Plan, at segmentInfo) QuarantineRow {
	r := QuarantineRow{
		ID:   record.ID{Src: at.Src, Pos: q.Pos}.String(),
		File: p.Inputs[at.Src].Path, Offset: q.Pos, Step: q.Step, Operator: stepLabel(p, q.Step), Reason: q.Reason,
	}
	if q.Line >= 0 {
		r.Line = at.Line + int64(q.Line) + 1
	}
	if utf8.Valid(q.Raw) {
		s := string(q.Raw)
		r.Raw = &s
	} else {
		r.RawBase64 = base64.StdEncoding.EncodeToString(q.Raw)
	}
	if q.RawBytes > int64(len(q.Raw)) {
		r.RawBytes = q.RawBytes
	}
	if q.Edited {
		r.RawIs = "the row as earlier steps left it"
	}
	return r
}

// Drop is a row that a step dropped for good, as drops/ has it.
type Drop struct {
	ID     record.ID
	Step   int // account index
	Reason int // of the step's reasons
	// Winner is the row that stays of a duplicate's cluster.
	Winner    record.ID
	Duplicate bool
}

// appendDrop appends uvarints: source, position, step, reason, and 1, source
// and position of the winner or 0.
func appendDrop(dst []byte, d Drop) []byte {
	dst = binary.AppendUvarint(dst, uint64(d.ID.Src))
	dst = binary.AppendUvarint(dst, d.ID.Pos)
	dst = binary.AppendUvarint(dst, uint64(d.Step))
	dst = binary.AppendUvarint(dst, uint64(d.Reason))
	if !d.Duplicate {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	dst = binary.AppendUvarint(dst, uint64(d.Winner.Src))
	return binary.AppendUvarint(dst, d.Winner.Pos)
}

// toFile moves the bulk into a file, so that it can be handed to another
// process or wait for its turn outside memory.
func (s *Segment) toFile(path string) error {
	if s.Bulk.size() == 0 {
		s.done()
		s.Bulk = nil
		return nil
	}
	quarantine, err := json.Marshal(s.Bulk.Quarantine)
	if err != nil {
		return err
	}
	err = place(path, false, func(f *os.File) error {
		w := newRecWriter(f)
		var head [16]byte
		binary.LittleEndian.PutUint64(head[:], uint64(len(s.Bulk.Rows)))
		binary.LittleEndian.PutUint64(head[8:], uint64(len(s.Bulk.Stats)))
		for _, b := range [][]byte{head[:], s.Bulk.Rows, s.Bulk.Stats, s.Bulk.Drops, quarantine} {
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
		return w.finish(uint64(len(s.Bulk.Drops)), uint64(len(quarantine)))
	})
	if err != nil {
		return err
	}
	s.done()
	s.Bulk, s.BulkFile = nil, path
	return nil
}

// loadAhead begins to bring a bulk back from an object store.
func (s *Segment) loadAhead() {
	if s.Bulk != nil || s.ahead != nil || !object.In(s.BulkFile) {
		return
	}
	s.ahead = make(chan loaded, 1)
	go func(path string, to chan<- loaded) {
		b, err := readBulk(path)
		to <- loaded{b, err}
	}(s.BulkFile, s.ahead)
}

// load brings the bulk back into memory.
func (s *Segment) load() (err error) {
	switch {
	case s.Bulk != nil:
	case s.ahead != nil:
		l := <-s.ahead
		s.Bulk, err, s.ahead = l.bulk, l.err, nil
	case s.BulkFile == "":
		s.Bulk = &Bulk{}
	default:
		s.Bulk, err = readBulk(s.BulkFile)
	}
	return err
}

func readBulk(path string) (*Bulk, error) {
	r, err := openRec(path)
	if err != nil {
		return nil, err
	}
	defer r.close()
	all, err := r.read(0, r.n)
	if err != nil {
		return nil, err
	}
	if len(all) < 16 {
		return nil, fmt.Errorf("%s: %w", path, errDamaged)
	}
	sizes := []uint64{binary.LittleEndian.Uint64(all), binary.LittleEndian.Uint64(all[8:]), r.a, r.b}
	all = all[16:]
	var parts [4][]byte
	for i, n := range sizes {
		if n > uint64(len(all)) {
			return nil, fmt.Errorf("%s: %w", path, errDamaged)
		}
		parts[i], all = all[:n], all[n:]
	}
	b := &Bulk{Rows: parts[0], Stats: parts[1], Drops: parts[2]}
	if err := json.Unmarshal(parts[3], &b.Quarantine); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// done gives the segment's buffers back.
func (s *Segment) done() {
	if s.release != nil {
		s.release()
		s.release = nil
	}
}

// lines yields the lines of b without their newlines.
func lines(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			line := b
			if i := bytes.IndexByte(b, '\n'); i >= 0 {
				line, b = b[:i], b[i+1:]
			} else {
				b = nil
			}
			if !yield(line) {
				return
			}
		}
	}
}

// Store moves a segment's bulk into the run folder, so that its Summary is all
// that has to travel.
func (x *Executor) Store(t Task, s *Segment) error {
	return s.toFile(x.dir.bulk(t, s.Src, s.Seg))
}
