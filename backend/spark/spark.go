// Package spark runs tasks on Spark by Spark Connect.
package spark

import (
	_ "embed"
	"time"

	"corpusmill/backend/shim"
)

//go:embed engine.py
var source string

// Engine is Spark whose Connect server is at an address, sc://HOST:PORT. Spark
// takes a quarter of a second to start a task and tells what became of it when
// it has ended, so that bundles are long.
func Engine(address string) shim.Engine {
	return shim.Engine{
		Name: "Spark", Package: "pyspark[connect] 4", Source: source,
		Settings: map[string]any{"address": address},
		Work:     30 * time.Second,
	}
}
