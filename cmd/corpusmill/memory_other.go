//go:build !linux

package main

// physicalMemory stands in for the machine's memory, which isn't asked for on
// this system; --memory sets the bound.
func physicalMemory() int64 { return fallbackMemory }
