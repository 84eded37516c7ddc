package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// line shows a state that changes: on a terminal one line that is drawn over,
// elsewhere a line every ten seconds. A nil line shows nothing.
type line struct {
	w        io.Writer
	text     func() string
	terminal bool
	mu       sync.Mutex
	drawn    bool
	quit     chan struct{}
	done     sync.WaitGroup
}

// newLine begins to show what text returns, which is called from a goroutine.
func newLine(w io.Writer, text func() string) *line {
	l := &line{w: w, text: text, terminal: isTerminal(w), quit: make(chan struct{})}
	every := 10 * time.Second
	if l.terminal {
		every = 200 * time.Millisecond
	}
	l.done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.draw()
			case <-l.quit:
				return
			}
		}
	})
	return l
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && info.Mode()&os.ModeDevice != 0
}

func (l *line) stop() {
	if l == nil {
		return
	}
	close(l.quit)
	l.done.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wipe()
}

// note prints a line above.
func (l *line) note(s string) {
	if l == nil {
		fmt.Fprintf(os.Stderr, "note: %s\n", s)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wipe()
	fmt.Fprintf(l.w, "note: %s\n", s)
}

func (l *line) wipe() {
	if l.drawn {
		fmt.Fprint(l.w, "\r\x1b[K")
		l.drawn = false
	}
}

func (l *line) draw() {
	text := l.text()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.terminal {
		fmt.Fprintln(l.w, text)
		return
	}
	l.wipe()
	fmt.Fprint(l.w, text)
	l.drawn = true
}

// bar draws a share of 1.
func bar(share float64) string {
	n := int(share * 20)
	return strings.Repeat("█", n) + strings.Repeat("░", 20-n) + " "
}
