package main

import (
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"corpusmill/backend/ranks"
	"corpusmill/internal/child"
	"corpusmill/runs"
)

// localRanks are the ranks from 1 on that rank 0 has started itself.
type localRanks struct {
	size int
	done chan struct{} // closed when all have ended

	mu      sync.Mutex
	running []*osexec.Cmd
}

// startRanks starts the other ranks of a run as children, which end when this
// process does: the same command, with memory bytes for each. One that doesn't
// start, or dies, leaves its work to the others.
func (e *env) startRanks(self string, place ranks.Place, memory int64) *localRanks {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, runs.TryVariable+"=") // there is one driver
	})
	env = append(env, "CORPUSMILL_JOB="+place.Job, fmt.Sprint("LOCAL_WORLD_SIZE=", place.Local))
	x := &localRanks{size: place.Size, done: make(chan struct{})}
	var all sync.WaitGroup
	for rank := 1; rank < place.Size; rank++ {
		c := osexec.Command(self, slices.Concat(e.driving.command, []string{fmt.Sprint("--rank=", rank), fmt.Sprint("--memory=", memory)})...)
		c.Env, c.Stdout, c.Stderr, c.WaitDelay = env, e.stderr, e.stderr, time.Second
		child.Tie(c)
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			if err := x.run(c); err != nil {
				fmt.Fprintf(e.stderr, "note: rank %d ended: %v\n", rank, err)
			}
		})
	}
	go func() {
		all.Wait()
		close(x.done)
	}()
	return x
}

func (x *localRanks) run(c *osexec.Cmd) error {
	x.mu.Lock()
	err := c.Start()
	if err == nil {
		x.running = append(x.running, c)
	}
	x.mu.Unlock()
	if err != nil {
		return err
	}
	err = c.Wait()
	x.mu.Lock()
	x.running = slices.DeleteFunc(x.running, func(r *osexec.Cmd) bool { return r == c })
	x.mu.Unlock()
	// Exit codes are rank 0's, which it tells itself.
	if exit := (*osexec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() {
		return nil
	}
	return err
}

// ranksEndTime is how long ranks may take to end after rank 0.
const ranksEndTime = 15 * time.Second

// end waits until all have ended, which ranks do that learn how the run did.
// After an interrupted run, of which they expect that it goes on, they are told to.
func (x *localRanks) end(interrupted bool) error {
	if interrupted {
		x.each(func(c *osexec.Cmd) { _ = c.Process.Signal(os.Interrupt) }) // it may have ended
	}
	select {
	case <-x.done:
		return nil
	case <-time.After(ranksEndTime):
	}
	x.each(func(c *osexec.Cmd) { _ = child.KillGroup(c) })
	select {
	case <-x.done:
		return nil
	case <-time.After(ranksEndTime):
		return fmt.Errorf("of %d ranks some are still there %v after they were killed", x.size, ranksEndTime)
	}
}

func (x *localRanks) each(do func(*osexec.Cmd)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.running {
		do(c)
	}
}
