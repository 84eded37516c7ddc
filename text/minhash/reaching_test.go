package minhash

import (
	"math"
	"testing"
)

// falsePositives is the integral of Recall below the threshold, by the
// midpoint rule.
func falsePositives(b Banding, threshold float64) (sum float64) {
	const n = 2000
	for i := range n {
		sum += b.Recall(threshold*(float64(i)+0.5)/n) * threshold / n
	}
	return sum
}

func TestReaching(t *testing.T) {
	for _, c := range []struct {
		threshold, recall float64
		permutations      int
	}{{0.7, 0.9, 256}, {0.8, 0.95, 128}, {0.5, 0.5, 64}, {1, 0.99, 32}, {0.3, 0.99, 256}, {0.7, 0.6, 100}} {
		got, err := Reaching(c.threshold, c.recall, c.permutations)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Check(c.permutations); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if r := got.Recall(c.threshold); r < c.recall {
			t.Errorf("%+v: %+v has a recall of %v", c, got, r)
		}
		area := falsePositives(got, c.threshold)
		for rows := 1; rows <= c.permutations; rows++ {
			for bands := 1; bands*rows <= c.permutations; bands++ {
				b := Banding{bands, rows}
				if b.Recall(c.threshold) >= c.recall && falsePositives(b, c.threshold) < area-1e-6 {
					t.Fatalf("%+v: %+v has more false positives than %+v: %v", c, got, b, area)
				}
			}
		}
	}
	for _, c := range []struct{ threshold, recall float64 }{{0, 0.5}, {0.01, 0.99}, {0.5, math.Nextafter(1, 2)}} {
		if b, err := Reaching(c.threshold, c.recall, 64); err == nil {
			t.Errorf("%+v: %+v", c, b)
		}
	}
}
