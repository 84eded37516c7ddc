//go:build !amd64

package minhash

import "testing"

// eachVariant runs f with every kind of vectors that the processor has.
func eachVariant(_ testing.TB, f func(name string)) { f("only") }
