package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startMeasuring makes this process the parent of its descendants' orphans,
// so that daemons are counted and can be ended.
func startMeasuring() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("PR_SET_CHILD_SUBREAPER: %w", err)
	}
	return nil
}

// measure runs cmd to its end and ends what it leaves running. An error is
// that of the command: its exit status, or that it took longer than timeout.
//
// A Linux child counts its parent's memory until it has loaded its program:
// no peak is read below this process's own, some 15 MB.
func measure(cmd *exec.Cmd, timeout time.Duration) (measurement, error) {
	m := measurement{Yardstick: yardstick()}
	before, err := childTimes()
	if err != nil {
		return m, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return m, err
	}
	sampler := startSampling()
	expired := time.AfterFunc(timeout, func() { endDescendants() })
	err = cmd.Wait()
	m.Wall = time.Since(start).Seconds()
	late := !expired.Stop()
	tree := sampler.stop()
	reapOrphans()

	after, timeErr := childTimes()
	m.User, m.Sys = after.user-before.user, after.sys-before.sys
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		m.Largest = int64(usage.Maxrss) << 10
	}
	m.Tree = max(tree, m.Largest)
	if late {
		err = errors.Join(fmt.Errorf("ended after %s", timeout), err)
	}
	return m, errors.Join(err, timeErr)
}

type times struct{ user, sys float64 }

// childTimes is what all children that have been waited for used, with
// those that they waited for.
func childTimes() (times, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &u); err != nil {
		return times{}, fmt.Errorf("getrusage: %w", err)
	}
	return times{seconds(u.Utime), seconds(u.Stime)}, nil
}

func seconds(t unix.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// endDescendants kills every descendant of this process.
func endDescendants() (found int) {
	for _, pid := range descendants(os.Getpid()) {
		found++
		unix.Kill(pid, unix.SIGKILL)
	}
	return found
}

// reapOrphans ends what a command left running and waits for it, so that its
// time is counted. Nothing else has children at that moment.
func reapOrphans() {
	for endDescendants() > 0 {
		for {
			if _, err := unix.Wait4(-1, nil, 0, nil); err != nil && err != unix.EINTR {
				break
			}
		}
	}
}

func descendants(pid int) []int {
	var list []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range tasks {
		text, err := os.ReadFile(t)
		if err != nil {
			continue // the task has ended
		}
		for _, f := range bytes.Fields(text) {
			if child, err := strconv.Atoi(string(f)); err == nil {
				list = append(append(list, child), descendants(child)...)
			}
		}
	}
	return list
}

// sampler watches the memory of the descendants.
type sampler struct {
	quit chan struct{}
	done sync.WaitGroup
	peak int64
}

func startSampling() *sampler {
	s := &sampler{quit: make(chan struct{})}
	s.done.Go(func() {
		// Reading the maps of a large process costs it time: seldom.
		for wait := 20 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
			select {
			case <-s.quit:
				return
			case <-time.After(wait):
				s.peak = max(s.peak, treeMemory())
			}
		}
	})
	return s
}

func (s *sampler) stop() int64 {
	close(s.quit)
	s.done.Wait()
	return s.peak
}

// treeMemory is the proportional set size of all descendants in bytes.
func treeMemory() int64 {
	var sum int64
	for _, pid := range descendants(os.Getpid()) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // it has ended
		}
		if _, rest, ok := bytes.Cut(text, []byte("\nPss:")); ok {
			if f := bytes.Fields(rest); len(f) > 0 {
				kb, _ := strconv.ParseInt(string(f[0]), 10, 64)
				sum += kb << 10
			}
		}
	}
	return sum
}

// yardstick does a fixed piece of work and returns its CPU seconds.
func yardstick() float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadTime()
	x := uint64(1)
	for range 30_000_000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	if x == 0 { // never, but the compiler can't know
		return 0
	}
	return threadTime() - start
}

func threadTime() float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return float64(t.Sec) + float64(t.Nsec)/1e9
}
