package main

import (
	osexec "os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"corpusmill/internal/scratch"
)

// begin starts a command; wait waits for its end.
func begin(t *testing.T, args []string) (c *osexec.Cmd, wait func() outcome) {
	t.Helper()
	c = program(t.Context(), args...)
	done := make(chan outcome, 1)
	started := make(chan error)
	go func() {
		done <- finish(t, c, func() error {
			err := c.Start()
			started <- err
			if err != nil {
				return err
			}
			return c.Wait()
		})
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	return c, func() outcome { return <-done }
}

// untilJournal waits until a run has committed something.
func untilJournal(t *testing.T, out string) {
	t.Helper()
	until(t, "the run commits nothing", func() bool {
		f, err := filepath.Glob(filepath.Join(out+".run", "work", "journal"))
		return err == nil && len(f) > 0 && len(read(t, f[0])) > 0
	})
}

func until(t *testing.T, otherwise string, happened func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !happened() {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestSignal interrupts runs: they end within a second, say how to go on, and
// go on with the same command.
func TestSignal(t *testing.T) {
	input := write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(30<<20, 0.3)))
	for _, x := range []trial{trials[1], trials[3], trials[4]} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(x.name+"/"+sig.String(), func(t *testing.T) {
				quickest := time.Hour
				var dir string
				for range 3 { // a busy machine may hold one up
					dir = scratch.Dir(t)
					c, wait := begin(t, x.in(t, dir, input))
					untilJournal(t, x.path(dir))
					sent := time.Now()
					c.Process.Signal(sig)
					o := wait()
					quickest = min(quickest, time.Since(sent))
					o.want(t, 128+int(sig), "stopped; what is done is kept in "+x.path(dir)+".run: give the same command to go on")
					if exists(x.path(dir)) {
						t.Error("the interrupted run left a result")
					}
				}
				if quickest > time.Second {
					t.Errorf("it took %v to stop", quickest)
				}
				o := corpusmill(t, x.in(t, dir, input)...)
				o.want(t, 0)
				if !report(t, o).Resumed {
					t.Error("the next run began anew")
				}
			})
		}
	}
}

// TestTwoRuns starts a second run in the folder of one that is at work.
func TestTwoRuns(t *testing.T) {
	dir := scratch.Dir(t)
	out := filepath.Join(dir, "out.jsonl")
	args := []string{"process", "--dataset_path", "-", "--export_path", out, "--quiet"}
	first := program(t.Context(), args...)
	stdin, err := first.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "the run doesn't begin", func() bool { return exists(filepath.Join(out+".run", "work", "plan.json")) })
	corpusmill(t, args...).want(t, exitFailure, "another run is at work in "+out+".run")
	stdin.Write([]byte("{\"text\":\"a\"}\n"))
	stdin.Close()
	if err := first.Wait(); err != nil {
		t.Errorf("the first run: %v", err)
	}
	if got := read(t, out); got != "{\"text\":\"a\"}\n" {
		t.Errorf("the first run wrote %q", got)
	}
}
