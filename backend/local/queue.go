package local

import (
	"context"
	"iter"

	"corpusmill/exec"
)

// queueOf hands the tasks to whoever asks next, until they or ctx end.
func queueOf(ctx context.Context, tasks iter.Seq[exec.Task]) <-chan exec.Task {
	queue := make(chan exec.Task)
	go func() {
		defer close(queue)
		for t := range tasks {
			if ctx.Err() != nil {
				return
			}
			select {
			case queue <- t:
			case <-ctx.Done():
				return
			}
		}
	}()
	return queue
}
