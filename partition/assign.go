package partition

import (
	"cmp"
	"container/heap"
	"slices"
)

// assign gives each unit to a node: the units in order of falling weight, each
// to the node that has least by then. Of equal units and nodes the first
// counts. Units without any weight go to the nodes with the fewest rows.
func (w *weights) assign(nodes int) []uint16 {
	order := make([]int32, len(w.units))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(w.of(w.units[b]), w.of(w.units[a])), cmp.Compare(a, b))
	})
	h := make(loads, nodes)
	for i := range h {
		h[i].node = uint16(i)
	}
	to := make([]uint16, len(w.units))
	weightless := false
	for _, i := range order {
		weight := w.of(w.units[i])
		if weight == 0 && !weightless {
			weightless = true
			for k := range h {
				h[k].weight = 0
			}
			heap.Init(&h)
		}
		to[i] = h[0].node
		h[0].weight += weight
		h[0].rows += int64(w.units[i].rows)
		heap.Fix(&h, 0)
	}
	return to
}

// load is what a node has.
type load struct {
	weight float64
	rows   int64
	node   uint16
}

// loads is a heap with the least load first.
type loads []load

func (h loads) Len() int { return len(h) }

func (h loads) Less(a, b int) bool {
	return cmp.Or(cmp.Compare(h[a].weight, h[b].weight), cmp.Compare(h[a].rows, h[b].rows), cmp.Compare(h[a].node, h[b].node)) < 0
}

func (h loads) Swap(a, b int) { h[a], h[b] = h[b], h[a] }

// Push and Pop are for heap.Interface; the number of nodes never changes.
func (h *loads) Push(x any) { *h = append(*h, x.(load)) }
func (h *loads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
