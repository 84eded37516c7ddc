package runs

import (
	"sync"
	"time"
)

// Beat writes a run's progress to its folder, now and then at intervals, until
// stop is called, which writes it a last time. tell is called from a goroutine
// and never twice at once. What can't be written is left to the next time: a
// full disk is for the run itself to notice.
func Beat(folder string, every time.Duration, tell func() *Progress) (stop func()) {
	quit := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			_ = tell().Write(folder)
			select {
			case <-tick.C:
			case <-quit:
				_ = tell().Write(folder)
				return
			}
		}
	})
	return sync.OnceFunc(func() {
		close(quit)
		done.Wait()
	})
}
