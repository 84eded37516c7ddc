package dask_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/dask"
	"corpusmill/backend/dask/dasktest"
	"corpusmill/backend/shim"
	"corpusmill/backend/shim/shimtest"
	"corpusmill/exec"
	"corpusmill/internal/netns"
)

func TestMain(m *testing.M) { shimtest.Main(m) }

// engine gives up on a bundle that is silent for as long as a quick test can wait.
func engine(address string) shim.Engine {
	e := dask.Engine(address)
	e.Silence = 12 * time.Second
	return e
}

func clock() exec.Clock {
	began := time.Now()
	return func() int64 { return int64(time.Since(began)) }
}

func TestDask(t *testing.T) {
	c := dasktest.Start(t, 2, true)
	c.Setenv(t)
	away, whole := c.Machines[1], t
	backend := shimtest.New(t, engine(c.Address), c.Python, clock())
	few := os.Getenv("CORPUSMILL_FULL") == ""
	strikes := []backendtest.Strike{
		{Name: "worker process killed", Do: func(t *testing.T) { away.KillOne(t, "spawn_main") }},
		{Name: "machine frozen and revived", Do: func(t *testing.T) { away.FreezeFor(t, 16*time.Second) }},
	}
	if !few {
		strikes = append(strikes, backendtest.Strike{Name: "child frozen", Do: func(t *testing.T) { away.Freeze(t, " worker /") }},
			backendtest.Strike{Name: "worker joins late", Do: func(*testing.T) { c.Worker(whole, c.Machines[0]) }})
	}
	strikes = append(strikes, backendtest.Strike{Name: "worker retired", Do: func(t *testing.T) { c.Retire(t, away) }},
		backendtest.Strike{Name: "node lost", Do: func(t *testing.T) {
			c.Worker(whole, away).Wait(t, func(context.Context) bool { return len(away.Find(t, "spawn_main")) > 0 })
			away.Cut(t)
		}})
	backendtest.Run(t, backendtest.Engine{New: func() exec.Backend { return backend() }, Apart: true, Slow: true, Few: few, Limited: true, Strikes: strikes})
	nothingLeft(t, c.Machines[:1])
	// What a child hoards is the worker's memory to Dask.
	paused := func(d *shimtest.Daemon) bool { return strings.Contains(d.Said(), "Pausing worker") }
	if !slices.ContainsFunc(c.Workers, paused) {
		t.Error("Dask has not paused the worker whose child took too much memory")
	}
}

// nothingLeft waits until no process of a run is alive.
func nothingLeft(t *testing.T, machines []*netns.Machine) {
	t.Helper()
	for _, m := range machines {
		for tries := 0; len(m.Find(t, " worker /")) > 0; tries++ {
			if tries == 100 {
				t.Fatalf("workers outlive their run on %s", m.IP)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// adaptive is a cluster without workers, which gets up to two as there is work.
const adaptive = `
import distributed, time
cluster = distributed.LocalCluster(n_workers=0, threads_per_worker=1, host=%q, scheduler_port=8786, protocol="tls",
    memory_limit="1GiB", dashboard_address=None, security=distributed.Security())
cluster.adapt(minimum=0, maximum=2, interval="200ms", target_duration="500ms", wait_count=10)
print("there", flush=True)
seen = 0
while True:
    if len(cluster.workers) > seen:
        seen = len(cluster.workers)
        print("workers:", seen, flush=True)
    time.sleep(0.1)
`

// TestAdaptive runs on a cluster that has no worker until a task waits for one.
func TestAdaptive(t *testing.T) {
	c := dasktest.Start(t, 1, false)
	c.Setenv(t)
	d := c.Script(t, fmt.Sprintf(adaptive, c.Machines[0].IP), "there")
	b := shimtest.New(t, engine(c.Address), c.Python, clock())()
	b.Slots = 4
	nothing := backendtest.Strike{Name: "no worker at first", Do: func(*testing.T) {}}
	backendtest.RunStrikes(t, backendtest.Engine{New: func() exec.Backend { return b }, Strikes: []backendtest.Strike{nothing}})
	if !strings.Contains(d.Said(), "workers: 2") {
		t.Errorf("the cluster did not grow to two workers:\n%s", d.Said())
	}
	nothingLeft(t, c.Machines)
}
