// Package ray runs tasks on a Ray cluster.
package ray

import (
	_ "embed"
	osexec "os/exec"
	"time"

	"corpusmill/backend/shim"
	"corpusmill/plan"
)

//go:embed engine.py
var source string

// Caps are what Ray can do: its nodes bound what a task may ask for.
var Caps = plan.Caps{Engine: "Ray", Apart: true, Remote: true, Session: 2 * time.Second, Bundle: 10 * time.Millisecond}

// Engine is Ray at an address: "" for the cluster that this machine is a part
// of, or HOST:PORT of its head. Ray takes some milliseconds to start a
// task, and streams what becomes of it.
func Engine(address string) shim.Engine {
	if address == "" {
		address = "auto"
	}
	return shim.Engine{
		Name: "Ray", Package: "ray 2.60 or newer", Source: source,
		Settings: map[string]any{"address": address},
		Work:     time.Second, Pulse: true, Silence: 20 * time.Second,
	}
}

// Present says whether this machine has Ray: an address in RAY_ADDRESS, or
// the package for a Python, "" for python3.
func Present(python string, getenv func(string) string) bool {
	if getenv("RAY_ADDRESS") != "" {
		return true
	}
	if python == "" {
		python = "python3"
	}
	find := "import importlib.util, sys; sys.exit(importlib.util.find_spec('ray') is None)"
	return osexec.Command(python, "-c", find).Run() == nil
}
