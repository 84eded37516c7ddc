//go:build !amd64

package simhash

func variants() []variant { return []variant{{"portable", func() {}}} }
