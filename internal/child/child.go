// Package child ties child processes to this one, and keeps the last words of
// what they say.
package child

import (
	"strings"
	"sync"
)

// Tail keeps the end of what is written to it. It may be used by several
// goroutines.
type Tail struct {
	Max int // bytes to keep

	mu sync.Mutex
	b  []byte
}

// Write never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if len(t.b) > t.Max {
		t.b = append(t.b[:0], t.b[len(t.b)-t.Max:]...)
	}
	return len(p), nil
}

// String is what is kept, without white space around it.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}
