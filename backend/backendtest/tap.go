package backendtest

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"sync"

	"corpusmill/exec"
)

// tap is a backend whose events go through a function, one at a time. stage,
// which may be nil, is called when a stage begins.
type tap struct {
	exec.Backend
	event func(exec.Event) []exec.Event
	stage func()
	mu    sync.Mutex
}

// Run implements exec.Backend.
func (b *tap) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	if b.stage != nil {
		b.stage()
	}
	return b.Backend.Run(ctx, tasks, func(e exec.Event) {
		b.mu.Lock()
		out := b.event(e)
		b.mu.Unlock()
		for _, e := range out {
			on(e)
		}
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
