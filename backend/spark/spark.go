// Package spark runs tasks on Spark by Spark Connect.
package spark

import (
	_ "embed"
	"time"

	"corpusmill/backend/shim"
	"corpusmill/plan"
)

//go:embed engine.py
var source string

// Caps are what Spark can do by Spark Connect, which has no resources for a
// single job.
var Caps = plan.Caps{
	Engine: "Spark", Apart: true, Remote: true,
	Most: map[string]plan.Bound{
		plan.AskCPUs:   {Most: 1, Hint: "leave it out, and set spark.task.cpus on the server: that many each task gets"},
		plan.AskGPUs:   {Hint: "run the step on Ray or Dask, or leave it out"},
		plan.AskMemory: {Hint: "leave it out, and set spark.executor.memoryOverhead on the server, for what runs beside the executor's own"},
	},
	Session: 8 * time.Second, Bundle: 500 * time.Millisecond,
}

// Engine is Spark whose Connect server is at an address, sc://HOST:PORT. Spark
// takes a quarter of a second to start a task and tells what became of it when
// it has ended, so that bundles are long. That one is alive is seen in the run
// folder.
func Engine(address string) shim.Engine {
	return shim.Engine{
		Name: "Spark", Package: "pyspark[connect] 4", Source: source,
		Settings: map[string]any{"address": address},
		Work:     30 * time.Second, Pulse: true,
	}
}
