package local_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/local"
	"corpusmill/exec"
)

// asWorker is set for the children of TestProcesses: the test binary is their
// program.
const asWorker = "CORPUSMILL_TEST_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWorker) == "" {
		os.Exit(m.Run())
	}
	clock := backendtest.Ticks()
	if os.Getenv(asWorker) == "real clock" {
		clock = realClock()
	}
	if err := local.Serve(context.Background(), os.Args[1], os.Stdin, os.Stdout, clock); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestGoroutines(t *testing.T) {
	backendtest.Run(t, backendtest.Engine{New: func() exec.Backend { return &local.Goroutines{Clock: backendtest.Ticks()} }})
}

func TestProcesses(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asWorker, "1")
	backendtest.Run(t, backendtest.Engine{
		New:   func() exec.Backend { return &local.Processes{Command: []string{self}} },
		Apart: true,
	})
}
