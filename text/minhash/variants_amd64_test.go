package minhash

import "testing"

// eachVariant runs f with every kind of vectors that the processor has.
func eachVariant(t testing.TB, f func(name string)) {
	best := widest()
	defer func() { vectors = best }()
	for v, name := range []string{portable: "portable", avx2: "avx2", avx512: "avx512"} {
		if v > best {
			t.Logf("no %s here", name)
			continue
		}
		vectors = v
		f(name)
	}
}
