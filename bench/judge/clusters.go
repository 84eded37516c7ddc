package main

import (
	"cmp"
	"math"
	"slices"
)

// clusters are disjoint sets of rows: each row points to an earlier row of its
// set, the first to itself.
type clusters []int32

// apart are n rows, each a cluster.
func apart(n int) clusters {
	c := make(clusters, n)
	for i := range c {
		c[i] = int32(i)
	}
	return c
}

func (c clusters) first(i int32) int32 {
	for c[i] != i {
		c[i] = c[c[i]]
		i = c[i]
	}
	return i
}

func (c clusters) join(a, b int32) {
	a, b = c.first(a), c.first(b)
	c[max(a, b)] = min(a, b)
}

// clusters connects all rows whose similarity is the threshold or more. No
// such pair is missed: it is found by the prefix filter (Chaudhuri, Ganti,
// Kaushik: A Primitive Operator for Similarity Joins in Data Cleaning, ICDE
// 2006). With the shingles of all sets in one order, the rarest first, two
// sets as similar as t have one in common among the first n - ceil(t·n) + 1 of
// the n of each.
func (c *rows) clusters(t float64) clusters {
	sets := apart(len(c.sets))
	distinct := c.joinEqual(sets)
	rank := c.rank(distinct)
	postings := make([][]int32, len(rank))
	compared := make([]int32, len(c.sets)) // the last row that a row was compared with
	var prefix []int32
	for _, x := range distinct {
		set := c.sets[x]
		prefix = prefix[:0]
		for _, s := range set {
			if r, shared := rank[s]; shared {
				prefix = append(prefix, r)
			}
		}
		slices.Sort(prefix)
		first := sets.first(x)
		// Shingles that no other set has are before all others.
		alone := len(set) - len(prefix)
		n := len(set) - int(math.Ceil(t*float64(len(set))-1e-9)) + 1 - alone
		for _, r := range prefix[:max(0, min(n, len(prefix)))] {
			for _, y := range postings[r] {
				if compared[y] == x || sets.first(y) == first {
					continue
				}
				compared[y] = x
				small, large := float64(min(len(set), len(c.sets[y]))), float64(max(len(set), len(c.sets[y])))
				if small >= t*large && similarity(set, c.sets[y]) >= t {
					sets.join(x, y)
					first = sets.first(x)
				}
			}
			postings[r] = append(postings[r], x)
		}
	}
	return sets
}

// joinEqual joins rows with the same set, and returns the first of each set.
func (c *rows) joinEqual(sets clusters) (distinct []int32) {
	order := make([]int32, len(c.sets))
	for i := range order {
		order[i] = int32(i)
	}
	compare := func(a, b int32) int { return slices.Compare(c.sets[a], c.sets[b]) }
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(compare(a, b), cmp.Compare(a, b)) })
	for i, x := range order {
		if i > 0 && compare(distinct[len(distinct)-1], x) == 0 {
			sets.join(distinct[len(distinct)-1], x)
		} else {
			distinct = append(distinct, x)
		}
	}
	slices.Sort(distinct)
	return distinct
}

// rank numbers the shingles that more than one of some sets have, the rarest
// first.
func (c *rows) rank(of []int32) map[uint64]int32 {
	var all []uint64
	for _, x := range of {
		all = append(all, c.sets[x]...)
	}
	slices.Sort(all)
	type shared struct {
		hash  uint64
		count int
	}
	var list []shared
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n] == all[0] {
			n++
		}
		if n > 1 {
			list = append(list, shared{all[0], n})
		}
		all = all[n:]
	}
	slices.SortFunc(list, func(a, b shared) int { return cmp.Or(cmp.Compare(a.count, b.count), cmp.Compare(a.hash, b.hash)) })
	rank := make(map[uint64]int32, len(list))
	for i, s := range list {
		rank[s.hash] = int32(i)
	}
	return rank
}
