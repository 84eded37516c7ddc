package exec

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/record"
)

// heldTables are stats of all kinds.
func heldTables() (*record.Fields, *record.Stats) {
	stats := &record.Stats{}
	stats.Slot("whole", record.IntStat)
	stats.Slot("part", record.FloatStat)
	stats.Slot("name", record.StringStat)
	return &record.Fields{}, stats
}

// writeHeld holds n rows, every third of them whole, with stats of all kinds.
func writeHeld(t *testing.T, n int, pad string) (path string, raws []string) {
	t.Helper()
	fields, stats := heldTables()
	var buf strings.Builder
	rows := record.NewJSONRows(fields)
	for i := range n {
		raws = append(raws, fmt.Sprintf(`{"n":%d,"pad":"%s"}`, i, pad))
		buf.WriteString(raws[i] + "\n")
	}
	rows.Reset(3, []byte(buf.String()))
	for i, at := 0, 0; i < n; i++ {
		rows.Add(at, at+len(raws[i]), uint64(1000+at), i)
		at += len(raws[i]) + 1
	}
	path = filepath.Join(scratch.Dir(t), "held")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := newHoldWriter(f, stats, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := record.New(fields, stats)
	for i := range n {
		if err := rows.Seek(i); err != nil {
			t.Fatal(err)
		}
		r.Reset(rows, i)
		for s, v := range heldValues(i) {
			r.Values()[s] = v
		}
		if err := h.add(int64(2*i), rows.ID(i).Pos-1000, i, r, i%3 == 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.finish(); err != nil {
		t.Fatal(err)
	}
	return path, raws
}

// heldValues are the stats of row i: some aren't set, some are at the limits.
func heldValues(i int) [3]record.Value {
	var v [3]record.Value
	if i%4 > 0 {
		v[0] = record.Value{Set: true, Int: []int64{0, math.MinInt64, math.MaxInt64, -1}[i%4]}
	}
	if i%3 > 0 {
		v[1] = record.Value{Set: true, Float: []float64{0, math.Inf(-1), 5e-324}[i%3]}
	}
	if i%5 > 0 {
		v[2] = record.Value{Set: true, Str: strings.Repeat("é\x00", i%5-1)}
	}
	return v
}

// readHeld calls fn for each entry of a held file.
func readHeld(path string, stats *record.Stats, fn func(h *holdReader, e heldEntry)) error {
	h, err := openHold(path, stats)
	if err != nil {
		return err
	}
	defer h.close()
	for {
		if err := h.block(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for {
			e, ok, err := h.next()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			fn(h, e)
		}
	}
}

func TestHold(t *testing.T) {
	for _, pad := range []string{"", strings.Repeat("x", 9000)} { // one block, and several
		path, raws := writeHeld(t, 200, pad)
		// The reader's own table has other stats before these.
		fields, stats := &record.Fields{}, &record.Stats{}
		stats.Slot("other", record.FloatStat)
		for _, s := range []string{"name", "part", "whole"} {
			stats.Slot(s, map[string]record.StatKind{"name": record.StringStat, "part": record.FloatStat, "whole": record.IntStat}[s])
		}
		r := record.New(fields, stats)
		n, off := 0, 0
		err := readHeld(path, stats, func(h *holdReader, e heldEntry) {
			clear(r.Values())
			h.restore(e, r)
			want := heldValues(n)
			for s, slot := range []record.Slot{3, 2, 1} {
				if got := r.Values()[slot]; got != want[s] {
					t.Fatalf("row %d, stat %d: %+v, want %+v", n, s, got, want[s])
				}
			}
			if e.Ordinal != int64(2*n) {
				t.Fatalf("row %d has the ordinal %d", n, e.Ordinal)
			}
			if n%3 == 0 && (e.Off != uint64(off) || e.Line != n || string(h.buf[e.Start:e.End]) != raws[n]) {
				t.Fatalf("row %d: offset %d, line %d, %.80s", n, e.Off, e.Line, h.buf[e.Start:e.End])
			}
			off += len(raws[n]) + 1
			n++
		})
		if err != nil || n != 200 {
			t.Fatalf("%v, %d rows", err, n)
		}
	}
}

func TestHoldEmpty(t *testing.T) {
	path, _ := writeHeld(t, 0, "")
	_, stats := heldTables()
	if err := readHeld(path, stats, func(*holdReader, heldEntry) { t.Error("an entry") }); err != nil {
		t.Fatal(err)
	}
}

func TestHoldDamaged(t *testing.T) {
	path, _ := writeHeld(t, 30, "some text")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged(t, whole, 1, func(path string) error {
		_, stats := heldTables()
		return readHeld(path, stats, func(*holdReader, heldEntry) {})
	})
}
