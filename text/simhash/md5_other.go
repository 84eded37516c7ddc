//go:build !amd64

package simhash

func hashBatch(*batch) {}

func hasVectors() bool { return false }
