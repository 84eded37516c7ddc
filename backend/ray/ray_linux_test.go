package ray_test

import (
	"os"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/ray"
	"corpusmill/backend/ray/raytest"
	"corpusmill/backend/shim"
	"corpusmill/backend/shim/shimtest"
	"corpusmill/exec"
	"corpusmill/internal/netns"
)

func TestMain(m *testing.M) { shimtest.Main(m) }

// backends makes backends over a cluster, with as many slots as it has.
func backends(t *testing.T, c *raytest.Cluster) func() *shim.Backend {
	began := time.Now()
	backend := shimtest.New(t, ray.Engine(c.Address), c.Python, func() int64 { return int64(time.Since(began)) })
	return func() *shim.Backend {
		b := backend()
		b.Slots = 0
		return b
	}
}

func TestRay(t *testing.T) {
	c := raytest.Start(t, 3)
	c.Setenv(t)
	backend := backends(t, c)
	backendtest.Run(t, backendtest.Engine{New: func() exec.Backend { return backend() }, Apart: true, Slow: true, Strikes: []backendtest.Strike{
		{Name: "worker process killed", Do: func(t *testing.T) { netns.KillOneOf(t, c.Machines, "ray::corpusmill") }},
		// Ray takes it for lost. Awake again it goes on with what others do meanwhile.
		{Name: "node asleep", Do: func(t *testing.T) { c.Machines[2].FreezeFor(t, 20*time.Second) }, Within: noticed},
		{Name: "node lost", Do: func(t *testing.T) { c.Machines[1].Cut(t) }, Within: noticed},
	}})
}

// noticed is how long a run takes that loses a node: until Ray sees it, with
// the settings of raytest, and its work is done again.
const noticed = 60 * time.Second

// TestAsleep has a node sleep for as long as Ray doesn't take it for lost. What
// its tasks say when it is awake again comes too late. Workers that wait for a
// task and are stopped never begin the one that Ray gives them.
func TestAsleep(t *testing.T) {
	if os.Getenv("CORPUSMILL_FULL") == "" {
		t.Skip("CORPUSMILL_FULL isn't set")
	}
	t.Setenv("RAY_health_check_failure_threshold", "100")
	c := raytest.Start(t, 2)
	c.Setenv(t)
	backend := backends(t, c)
	backendtest.RunStrikes(t, backendtest.Engine{New: func() exec.Backend { return backend() }, Apart: true, Strikes: []backendtest.Strike{
		{Name: "idle workers frozen", Do: func(t *testing.T) { c.Machines[1].Freeze(t, "ray::IDLE") }, Within: noticed},
		{Name: "node asleep", Do: func(t *testing.T) { c.Machines[1].FreezeFor(t, time.Minute) }, Within: 2 * noticed},
	}})
}
