package exec

import (
	"errors"
	"io"
	"slices"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/record"
)

// input is one batch as a chain sees it: rows of the input, or held rows with
// the entries that they came with.
type input struct {
	rows    record.Rows
	entries []heldEntry // of held rows; nil when the rows are those of the input
}

// gate lets through the rows that an earlier stage let through, with what
// that stage held of them, and knows which of them have lost since. A nil
// gate lets everything through.
type gate struct {
	at     uint32 // the segment, an index of the run's list
	hold   *holdReader
	rows   *record.JSONRows // one held row at a time, in place of that of the input
	ahead  heldEntry
	have   bool
	losers []edge    // for EndPayloads the members of clusters
	wanted []node    // rows to capture
	parts  []rowPart // that are to go
}

func (x *Executor) openGate(s *openStage, t Task, info int) (*gate, error) {
	at := x.segs[info]
	from := x.Plan.KeysStage(s.After)
	hold, err := openHold(x.dir.held(from, at.Src, at.Seg), s.env.Stats)
	if err != nil {
		return nil, err
	}
	g := &gate{hold: hold, rows: record.NewJSONRows(s.env.Fields), at: uint32(info)}
	keys := x.dir.keys(from, at.Src, at.Seg)
	switch x.Plan.Grouping(s.After).By {
	case op.ByKey:
		g.losers, err = losersOf(uint32(info), x.loserFiles(s.After, t.Found, info), keys)
	case op.ByCluster:
		if files := x.loserFiles(s.After, t.Found, info); s.End == plan.EndPayloads {
			g.losers, err = membersOf(uint32(info), files)
		} else {
			g.losers, err = losersOf(uint32(info), files, "")
		}
		from, _ := slices.BinarySearch(s.wanted, nodeOf(uint32(info), 0))
		g.wanted = s.wanted[from:]
	case op.ByPart:
		g.parts, err = partsOf(x.dir.allFound(s.After, t.Found), keys)
	}
	if err != nil {
		hold.close()
		return nil, err
	}
	return g, nil
}

// pass says whether the row, which has that ordinal in its segment, goes on.
func (g *gate) pass(in input, row int, ordinal int64) (heldEntry, bool, error) {
	if g == nil {
		return heldEntry{}, true, nil
	}
	if in.entries != nil {
		return in.entries[row], true, nil
	}
	for !g.have {
		e, ok, err := g.hold.next()
		if err != nil {
			return e, false, err
		}
		if ok {
			g.ahead, g.have = e, true
			break
		}
		if err := g.hold.block(); errors.Is(err, io.EOF) {
			return heldEntry{}, false, nil
		} else if err != nil {
			return heldEntry{}, false, err
		}
	}
	if g.ahead.Ordinal != ordinal {
		return heldEntry{}, false, nil
	}
	g.have = false
	return g.ahead, true, nil
}

// row returns the row as an earlier stage left it: that of the input, or the
// one held for it.
func (g *gate) row(rows record.Rows, row int, e heldEntry, src uint32) (record.Rows, int) {
	if g == nil || !e.Whole || rows == record.Rows(g.rows) {
		return rows, row
	}
	g.rows.Reset(src, g.hold.buf)
	g.rows.Add(e.Start, e.End, rows.ID(row).Pos, rows.Line(row))
	return g.rows, 0
}

// isWanted says whether the row at an offset is to be captured. Rows are asked
// about in order.
func (g *gate) isWanted(off uint32) bool {
	for len(g.wanted) > 0 && g.wanted[0] < nodeOf(g.at, off) {
		g.wanted = g.wanted[1:]
	}
	return len(g.wanted) > 0 && g.wanted[0] == nodeOf(g.at, off)
}

// lost says whether the row at an offset is a duplicate, and of which; for
// EndPayloads, whether it is in a cluster, and the first of that. Rows are
// asked about in order.
func (g *gate) lost(off uint32) (winner node, lost bool) {
	for len(g.losers) > 0 && g.losers[0].child.off() < off {
		g.losers = g.losers[1:]
	}
	if len(g.losers) > 0 && g.losers[0].child.off() == off {
		return g.losers[0].parent, true
	}
	return 0, false
}

// partsOf returns the parts of the row at an offset that are to go. Rows are
// asked about in order.
func (g *gate) partsOf(off uint32) []rowPart {
	for len(g.parts) > 0 && g.parts[0].off < off {
		g.parts = g.parts[1:]
	}
	n := 0
	for n < len(g.parts) && g.parts[n].off == off {
		n++
	}
	return g.parts[:n]
}

// close checks that every row that was let through has come by.
func (g *gate) close(file string) error {
	defer g.hold.close()
	if g.have {
		return changed("%s has changed since it was read first: rows are missing", file)
	}
	for {
		switch _, ok, err := g.hold.next(); {
		case err != nil:
			return err
		case ok:
			return changed("%s has changed since it was read first: rows are missing", file)
		}
		if err := g.hold.block(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// heldRows hands out the rows of a held file, block by block.
type heldRows struct {
	hold    *holdReader
	src     uint32
	base    uint64
	rows    *record.JSONRows
	entries []heldEntry
}

// next loads the next block; io.EOF after the last.
func (h *heldRows) next() (input, error) {
	if err := h.hold.block(); err != nil {
		return input{}, err
	}
	h.rows.Reset(h.src, h.hold.buf)
	h.entries = h.entries[:0]
	for {
		e, ok, err := h.hold.next()
		if err != nil {
			return input{}, err
		}
		if !ok {
			return input{rows: h.rows, entries: h.entries}, nil
		}
		if !e.Whole {
			return input{}, h.hold.damaged()
		}
		h.rows.Add(e.Start, e.End, h.base+e.Off, e.Line)
		h.entries = append(h.entries, e)
	}
}
