package ranks_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/local"
	"corpusmill/backend/queue"
	"corpusmill/backend/ranks"
	"corpusmill/exec"
)

// asWorker makes the test binary the program that runs tasks.
const asWorker = "CORPUSMILL_TEST_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWorker) == "" {
		os.Exit(m.Run())
	}
	if err := local.Serve(context.Background(), os.Args[1], os.Stdin, os.Stdout, backendtest.Ticks()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func quick() queue.Timing {
	began := time.Now()
	return queue.Timing{Clock: func() int64 { return int64(time.Since(began)) },
		Poll: 5 * time.Millisecond, Lost: 20 * time.Second, Absent: time.Minute}
}

// together is three ranks as one backend: rank 0, and two others that follow
// it in this process.
type together struct {
	t    *testing.T
	lead *ranks.Lead
	rest sync.WaitGroup
}

func (x *together) job(rank, workers int, folder string) *ranks.Job {
	self, err := os.Executable()
	if err != nil {
		x.t.Fatal(err)
	}
	return &ranks.Job{Place: ranks.Place{Rank: rank, Job: "test"}, Timing: quick(), Folder: folder, Workers: workers, Command: []string{self}}
}

func (x *together) Open(ctx context.Context, folder string, workers int) error {
	var err error
	home := filepath.Dir(folder)
	if x.lead, err = x.job(0, workers, home).Lead(); err != nil {
		return err
	}
	for rank := 1; rank < 3; rank++ {
		x.rest.Go(func() {
			exit, message, err := x.job(rank, workers, home).Follow(context.WithoutCancel(ctx))
			if exit != 7 || message != "over" || err != nil {
				x.t.Errorf("rank %d ended with %d, %q, %v", rank, exit, message, err)
			}
		})
	}
	return x.lead.Open(ctx, folder, workers)
}

func (x *together) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	return x.lead.Run(ctx, tasks, on)
}

func (x *together) Close() error {
	if x.lead == nil {
		return nil
	}
	err := x.lead.Close()
	if e := x.lead.End(7, "over"); err == nil {
		err = e
	}
	x.rest.Wait()
	x.lead = nil
	return err
}

func TestContract(t *testing.T) {
	t.Setenv(asWorker, "1")
	slow := os.Getenv("CORPUSMILL_FULL") == ""
	backendtest.Run(t, backendtest.Engine{New: func() exec.Backend { return &together{t: t} }, Apart: true, Slow: slow})
}
