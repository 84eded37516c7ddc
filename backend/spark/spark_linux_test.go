package spark_test

import (
	"os"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/shim/shimtest"
	"corpusmill/backend/spark"
	"corpusmill/backend/spark/sparktest"
	"corpusmill/exec"
)

func TestMain(m *testing.M) { shimtest.Main(m) }

// TestSpark has all faults only with CORPUSMILL_FULL: a run on Spark costs many seconds.
func TestSpark(t *testing.T) {
	c := sparktest.Start(t, 2)
	away := c.Machines[1]
	engine := spark.Engine(c.Address)
	engine.Silence = 15 * time.Second
	began := time.Now()
	backend := shimtest.New(t, engine, c.Python, func() int64 { return int64(time.Since(began)) })
	e := backendtest.Engine{New: func() exec.Backend { return backend() }, Apart: true, Slowest: true, Strikes: []backendtest.Strike{
		{Name: "executor killed", Do: func(t *testing.T) { away.KillOne(t, "CoarseGrainedExecutorBackend") }},
		{Name: "machine frozen and revived", Do: func(t *testing.T) { away.FreezeFor(t, 20*time.Second) }},
	}}
	if os.Getenv("CORPUSMILL_FULL") == "" {
		backendtest.RunStrikes(t, e)
	} else {
		e.Strikes = append(e.Strikes, backendtest.Strike{Name: "child frozen", Do: func(t *testing.T) { away.Freeze(t, " worker /") }},
			backendtest.Strike{Name: "node lost", Do: func(t *testing.T) { away.Cut(t) }})
		backendtest.Run(t, e)
	}
	for tries := 0; len(c.Machines[0].Find(t, " worker /")) > 0; tries++ {
		if tries == 100 {
			t.Fatal("workers outlive their run")
		}
		time.Sleep(100 * time.Millisecond)
	}
}
