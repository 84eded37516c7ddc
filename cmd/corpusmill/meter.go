package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"corpusmill/exec"
	"corpusmill/plan"
)

// fallbackMemory is taken for the machine's memory when that isn't known.
const fallbackMemory = 8 << 30

// meter is what is shown of a run's progress.
type meter struct {
	x        *exec.Progress
	now      exec.Clock
	total    int64  // bytes of input, when they are known
	passes   []bool // stages that read the input
	names    []string
	terminal bool
}

func showRun(w io.Writer, x *exec.Progress, p *plan.Plan, now exec.Clock) *line {
	m := &meter{x: x, now: now, terminal: isTerminal(w)}
	for _, f := range p.OwnInputs() {
		if f.Size < 0 || f.Codec != "" || f.Format != "jsonl" {
			m.total = 0
			break
		}
		m.total += f.Size
	}
	for _, s := range p.Stages {
		m.passes = append(m.passes, s.Read == plan.FromInput)
		m.names = append(m.names, s.Name)
	}
	return newLine(w, m.text)
}

// text is the state on one line: what is done of the bytes that all stages
// will read, rates since the start, and the time left at that rate.
func (m *meter) text() string {
	s := m.x.Snapshot()
	seconds := float64(m.now()) / 1e9
	var read, all int64
	for i, n := range s.Bytes {
		read += n
		if m.passes[i] {
			all += m.total
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[%d/%d %s] ", s.Stage+1, s.Stages, m.names[s.Stage])
	if all > 0 {
		share := min(float64(read)/float64(all), 1)
		if m.terminal {
			b.WriteString(bar(share))
		}
		fmt.Fprintf(&b, "%.0f %%, ", 100*share)
	}
	rate := float64(read-s.Reused) / max(seconds, 0.001)
	fmt.Fprintf(&b, "%s rows, %s rows/s, %.0f MB/s", thousands(s.Rows), thousands(int64(float64(s.Rows)/max(seconds, 0.001))), rate/1e6)
	if s.Rows > 0 {
		fmt.Fprintf(&b, ", %.1f %% kept", 100*float64(s.Kept)/float64(s.Rows))
	}
	if all > read && rate > 0 {
		left := time.Duration(float64(all-read) / rate * 1e9).Round(time.Second)
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
