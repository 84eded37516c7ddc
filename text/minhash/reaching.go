package minhash

import (
	"fmt"
	"math"
)

// Reaching returns the banding that finds pairs of a Jaccard similarity of
// threshold with a probability of at least recall, and of those that do so
// with so many permutations, the one that finds the fewest pairs below: with
// the least integral of Recall from 0 to the threshold.
func Reaching(threshold, recall float64, permutations int) (Banding, error) {
	best, least := Banding{}, math.Inf(1)
	below := graded(0, threshold)
	for rows := 1; rows <= permutations; rows++ {
		below.raise()
		for bands := 1; bands*rows <= permutations; bands++ {
			wrong := threshold - below.miss()
			b := Banding{bands, rows}
			if b.Recall(threshold) < recall {
				continue
			}
			if wrong < least {
				best, least = b, wrong
			}
			break // more bands only find more
		}
	}
	if best.Bands == 0 {
		most := Banding{permutations, 1}.Recall(threshold)
		return best, fmt.Errorf("minhash: %d permutations find pairs of the similarity %v with a probability of %.4g at most, not %v", permutations, threshold, most, recall)
	}
	return best, nil
}
