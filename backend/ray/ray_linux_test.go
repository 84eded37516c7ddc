package ray_test

import (
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/ray"
	"corpusmill/backend/ray/raytest"
	"corpusmill/backend/shim/shimtest"
	"corpusmill/exec"
)

func TestMain(m *testing.M) { shimtest.Main(m) }

func TestRay(t *testing.T) {
	c := raytest.Start(t, 2)
	c.Setenv(t)
	began := time.Now()
	backend := shimtest.New(t, ray.Engine(c.Address), c.Python, func() int64 { return int64(time.Since(began)) })
	backendtest.Run(t, backendtest.Engine{New: func() exec.Backend { return backend() }, Apart: true, Slow: true, Strikes: []backendtest.Strike{
		{Name: "worker process killed", Do: func(t *testing.T) { c.Machines[1].KillOne(t, "ray::corpusmill") }},
		{Name: "node lost", Do: func(t *testing.T) { c.Machines[1].Cut(t) }},
	}})
}
