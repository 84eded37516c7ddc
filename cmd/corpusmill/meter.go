package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"corpusmill/exec"
	"corpusmill/plan"
)

// fallbackMemory is taken for the machine's memory when that isn't known.
const fallbackMemory = 8 << 30

// meter shows a run's progress: a bar on a terminal, a line every ten seconds
// elsewhere. A nil meter shows nothing.
type meter struct {
	w        io.Writer
	x        *exec.Progress
	now      exec.Clock
	total    int64  // bytes of input, when they are known
	passes   []bool // stages that read the input
	names    []string
	terminal bool
	mu       sync.Mutex
	drawn    bool
	quit     chan struct{}
	done     sync.WaitGroup
}

func newMeter(w io.Writer, x *exec.Progress, p *plan.Plan, now exec.Clock) *meter {
	m := &meter{w: w, x: x, now: now, quit: make(chan struct{}), terminal: isTerminal(w)}
	for _, f := range p.Inputs {
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
	every := 10 * time.Second
	if m.terminal {
		every = 200 * time.Millisecond
	}
	m.done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.draw()
			case <-m.quit:
				return
			}
		}
	})
	return m
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && info.Mode()&os.ModeDevice != 0
}

func (m *meter) stop() {
	if m == nil {
		return
	}
	close(m.quit)
	m.done.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wipe()
}

// note prints a line above the bar.
func (m *meter) note(s string) {
	if m == nil {
		fmt.Fprintf(os.Stderr, "note: %s\n", s)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wipe()
	fmt.Fprintf(m.w, "note: %s\n", s)
}

func (m *meter) wipe() {
	if m.drawn {
		fmt.Fprint(m.w, "\r\x1b[K")
		m.drawn = false
	}
}

func (m *meter) draw() {
	s := m.x.Snapshot()
	text := m.text(s)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.terminal {
		fmt.Fprintln(m.w, text)
		return
	}
	m.wipe()
	fmt.Fprint(m.w, text)
	m.drawn = true
}

// text is the state on one line: what is done of the bytes that all stages
// will read, rates since the start, and the time left at that rate.
func (m *meter) text(s exec.Snapshot) string {
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
			n := int(share * 20)
			fmt.Fprintf(&b, "%s%s ", strings.Repeat("█", n), strings.Repeat("░", 20-n))
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
