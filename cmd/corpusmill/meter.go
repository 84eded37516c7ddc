package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"corpusmill/exec"
	"corpusmill/plan"
	"corpusmill/runs"
)

// fallbackMemory is taken for the machine's memory when that isn't known.
const fallbackMemory = 8 << 30

// meter is what is shown of a run's progress.
type meter struct {
	x        *exec.Progress
	now      exec.Clock
	reused   int64  // rows that an earlier try had done
	total    int64  // bytes of input, when they are known
	passes   []bool // stages that read the input
	names    []string
	terminal bool
}

func newMeter(w io.Writer, x *exec.Progress, p *plan.Plan, now exec.Clock) *meter {
	m := &meter{x: x, now: now, reused: x.Snapshot().Rows, terminal: isTerminal(w)}
	for _, f := range p.OwnInputs() {
		if f.Size < 0 || f.Codec != "" || f.Format == "parquet" {
			m.total = 0
			break
		}
		m.total += f.Size
	}
	for _, s := range p.Stages {
		m.passes = append(m.passes, s.Read == plan.FromInput)
		m.names = append(m.names, s.Name)
	}
	return m
}

// progress is what is done of the bytes that all stages will read, rates
// since the start, and the time left at that rate.
func (m *meter) progress() *runs.Progress {
	s := m.x.Snapshot()
	p := &runs.Progress{Seconds: float64(m.now()) / 1e9, Stage: s.Stage + 1, Stages: s.Stages, Name: m.names[s.Stage],
		Rows: s.Rows, Kept: s.Kept, Tasks: s.Tasks, Lost: s.Lost}
	for i, n := range s.Bytes {
		p.Bytes += n
		if m.passes[i] {
			p.Total += m.total
		}
	}
	seconds := max(p.Seconds, 0.001)
	p.RowsPerSecond = float64(s.Rows-m.reused) / seconds
	p.BytesPerSecond = float64(p.Bytes-s.Reused) / seconds
	if p.Total > p.Bytes && p.BytesPerSecond > 0 {
		p.SecondsLeft = float64(p.Total-p.Bytes) / p.BytesPerSecond
	}
	return p
}

// text is the state on one line.
func (m *meter) text() string {
	p := m.progress()
	var b strings.Builder
	fmt.Fprintf(&b, "[%d/%d %s] ", p.Stage, p.Stages, p.Name)
	if m.terminal && p.Total > 0 {
		b.WriteString(bar(p.Share()))
	}
	b.WriteString(pace(p))
	return b.String()
}

// pace is how far a run is, and how fast.
func pace(p *runs.Progress) string {
	var b strings.Builder
	if p.Total > 0 {
		fmt.Fprintf(&b, "%.0f %%, ", 100*p.Share())
	}
	fmt.Fprintf(&b, "%s rows, %s rows/s, %.0f MB/s", thousands(p.Rows), thousands(int64(p.RowsPerSecond)), p.BytesPerSecond/1e6)
	if p.Rows > 0 {
		fmt.Fprintf(&b, ", %.1f %% kept", 100*float64(p.Kept)/float64(p.Rows))
	}
	if p.SecondsLeft > 0 {
		left := time.Duration(p.SecondsLeft * 1e9).Round(time.Second)
		fmt.Fprintf(&b, ", %s left", left)
	}
	return b.String()
}

// thousands writes a count with its digits in groups.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
