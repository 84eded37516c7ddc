// Package dask runs tasks on a Dask cluster.
package dask

import (
	_ "embed"
	"time"

	"corpusmill/backend/shim"
)

//go:embed engine.py
var source string

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
