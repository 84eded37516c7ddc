// Package dask runs tasks on a Dask cluster.
package dask

import (
	_ "embed"
	"time"

	"corpusmill/backend/shim"
	"corpusmill/plan"
)

//go:embed engine.py
var source string

// Caps are what Dask can do. It counts threads, of which a task has one, and
// runs on each worker as many tasks as that has threads.
var Caps = plan.Caps{
	Engine: "Dask", Apart: true, Remote: true,
	Most:    map[string]plan.Bound{plan.AskCPUs: {Most: 1, Hint: "leave it out: a task has one thread of a worker"}},
	Session: 1500 * time.Millisecond, Bundle: 20 * time.Millisecond,
}

// Engine is Dask with its scheduler at an address: HOST:PORT, tls://HOST:PORT,
// or the path of a scheduler file. Dask takes some ten milliseconds to start a
// task, and passes on what becomes of it. Certificates are those of Dask's own
// configuration.
func Engine(address string) shim.Engine {
	return shim.Engine{
		Name: "Dask", Package: "distributed 2026 or newer", Source: source,
		Settings: map[string]any{"address": address},
		Work:     time.Second, Pulse: true,
	}
}
