package shim_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/shim"
	"corpusmill/backend/shim/shimtest"
)

// TestAccelerated runs what could use a GPU on an engine that has none: it says
// so once.
func TestAccelerated(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b := shimtest.New(t, shim.Engine{Name: "Threads", Source: threads, Work: time.Second, Pulse: true}, python(t), clock())()
	var mu sync.Mutex
	var said []string
	b.Logf = func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, fmt.Sprintf(format, args...))
	}
	b.Needs = []shim.Resources{{Accelerated: true}, {}, {Accelerated: true}}
	backendtest.Same(t, b)
	if n := strings.Count(strings.Join(said, "\n"), "Threads has no GPUs"); n != 1 {
		t.Errorf("%d warnings: %q", n, said)
	}
}
