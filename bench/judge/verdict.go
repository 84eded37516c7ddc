package main

import "slices"

// Verdict is how well one result does. A cluster is a set of rows connected by
// pairs whose similarity is the threshold or more. Whichever row of a cluster
// stays, all others may go: of a cluster of n rows, n - 1 are redundant.
type Verdict struct {
	Rows      int `json:"rows"`
	Clusters  int `json:"clusters"` // of two rows and more
	Largest   int `json:"largest"`  // rows of the largest cluster
	Redundant int `json:"redundant"`
	Removed   int `json:"removed"`
	// Recall is the share of the redundant rows that were removed. Where all
	// rows of a cluster were, the last of them was removed wrongly.
	Recall float64 `json:"recall"`
	// Precision is the share of the removed rows that are redundant.
	Precision float64 `json:"precision"`
	// Related is the same with rows that were made as copies of each other, with
	// however many edits, in one cluster too: what is missing from 1 has nothing
	// to do with the rows that stay.
	Related float64 `json:"related,omitempty"`
	// Direct is the share of removed rows that are as similar as the threshold
	// to a row that was kept, of a sample: rows that others connect with those
	// that stay don't count.
	Direct float64 `json:"direct"`
}

// sample is how many removed rows are compared with those that were kept.
const sample = 2000

// judge compares what was kept with clusters. made are those of rows made as
// copies; nil when nobody knows.
func (c *rows) judge(sets, made clusters, kept []bool, t float64) Verdict {
	v := Verdict{Rows: len(c.sets)}
	size, stay := sets.members(kept)
	right := 0
	for first, n := range size {
		if n == 0 {
			continue
		}
		if n > 1 {
			v.Clusters++
		}
		v.Largest = max(v.Largest, n)
		v.Redundant += n - 1
		v.Removed += n - len(stay[first])
		right += n - max(1, len(stay[first]))
	}
	v.Recall, v.Precision = share(right, v.Redundant), share(right, v.Removed)
	if made != nil {
		related := slices.Clone(sets)
		for i := range made {
			related.join(int32(i), made.first(int32(i)))
		}
		right := 0
		size, stay := related.members(kept)
		for first, n := range size {
			right += max(0, n-max(1, len(stay[first])))
		}
		v.Related = share(right, v.Removed)
	}

	step, seen, compared, direct := max(1, v.Removed/sample), 0, 0, 0
	for i := range sets {
		if kept[i] {
			continue
		}
		if seen++; seen%step != 0 {
			continue
		}
		compared++
		for _, k := range stay[sets.first(int32(i))] {
			if similarity(c.sets[i], c.sets[k]) >= t {
				direct++
				break
			}
		}
	}
	v.Direct = share(direct, compared)
	return v
}

// members returns, by the first of each cluster, how many rows it has, and
// those that were kept.
func (c clusters) members(kept []bool) (size []int, stay [][]int32) {
	size, stay = make([]int, len(c)), make([][]int32, len(c))
	for i := range c {
		first := c.first(int32(i))
		size[first]++
		if kept[i] {
			stay[first] = append(stay[first], int32(i))
		}
	}
	return size, stay
}

// share is 1 of nothing.
func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}
