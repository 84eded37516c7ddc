package exec

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

const (
	largestClusters = 10
	clusterMembers  = 3   // of a large cluster, that the report shows beside the one that stays
	samplePairs     = 200 // of duplicates, that are compared for the report
)

// findings are what is noted of clusters while they are found.
type findings struct {
	Clusters int64         `json:"clusters"` // of two rows and more
	Rows     int64         `json:"rows"`     // that are in them
	Largest  []clusterNote `json:"largest,omitempty"`
	// Pairs are random duplicates, with the rows that they lost to.
	Pairs []edge `json:"pairs,omitempty"`
	// Spared are the rows that verification let stay.
	Spared int64 `json:"spared,omitempty"`
	// Superseded are rows of an index that stayed when it was made, and lose
	// now: a row has come that is like them and like an earlier one.
	Superseded int64 `json:"superseded,omitempty"`
}

type clusterNote struct {
	Root    node   `json:"root"`
	Rows    int64  `json:"rows"`
	Members []node `json:"members"` // the first ones
	pick    node   // the one that comes first in a random order
}

// shuffled is a random order of rows that doesn't depend on how the input is
// cut into segments: by a mixture of the bits of their IDs.
type shuffled []segmentInfo

func (s shuffled) key(n node) uint64 {
	at := s[n.seg()]
	return node(at.Base + uint64(n.off()) + uint64(at.Src)<<40).place()
}

func (s shuffled) compare(a, b node) int {
	return cmp.Or(cmp.Compare(s.key(a), s.key(b)), cmp.Compare(a, b))
}

// clusterNotes are made of edges in any order.
type clusterNotes struct {
	order shuffled
	notes []clusterNote
	at    map[node]int // index of notes, by root
}

func (c *clusterNotes) add(e edge) {
	i, ok := c.at[e.parent]
	if !ok {
		if c.at == nil {
			c.at = map[node]int{}
		}
		i = len(c.notes)
		c.at[e.parent] = i
		c.notes = append(c.notes, clusterNote{Root: e.parent, Rows: 1, pick: e.child})
	}
	n := &c.notes[i]
	n.Rows++
	if k, _ := slices.BinarySearch(n.Members, e.child); k < clusterMembers {
		n.Members = slices.Insert(n.Members, k, e.child)[:min(len(n.Members)+1, clusterMembers)]
	}
	if c.order.compare(e.child, n.pick) < 0 {
		n.pick = e.child
	}
}

// findings sums up.
func (c *clusterNotes) findings() findings {
	k, n := c.notes, len(c.notes)
	f := findings{Clusters: int64(n)}
	for _, c := range k {
		f.Rows += c.Rows
	}
	slices.SortFunc(k, func(a, b clusterNote) int { return c.order.compare(a.Root, b.Root) })
	for _, c := range k[:min(n, samplePairs)] {
		f.Pairs = append(f.Pairs, edge{c.pick, c.Root})
	}
	slices.SortFunc(k, compareClusters)
	f.Largest = slices.Clone(k[:min(n, largestClusters)])
	return f
}

func compareClusters(a, b clusterNote) int {
	return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Root, b.Root))
}

// add takes in what another task has noted of other clusters.
func (f *findings) add(o findings, order shuffled) {
	f.Clusters += o.Clusters
	f.Rows += o.Rows
	f.Spared += o.Spared
	f.Superseded += o.Superseded
	f.Pairs = append(f.Pairs, o.Pairs...)
	slices.SortFunc(f.Pairs, func(a, b edge) int { return order.compare(a.parent, b.parent) })
	f.Pairs = f.Pairs[:min(len(f.Pairs), samplePairs)]
	f.Largest = append(f.Largest, o.Largest...)
	slices.SortFunc(f.Largest, compareClusters)
	f.Largest = f.Largest[:min(len(f.Largest), largestClusters)]
}

// wanted are the rows that the report shows or compares, in order.
func (f findings) wanted() []node {
	var out []node
	for _, c := range f.Largest {
		out = append(append(out, c.Root), c.Members...)
	}
	for _, p := range f.Pairs {
		out = append(out, p.child, p.parent)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func readJSON(path string, v any) error {
	raw, err := readShared(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// MarshalJSON writes the child and the parent.
func (e edge) MarshalJSON() ([]byte, error) { return json.Marshal([2]node{e.child, e.parent}) }

func (e *edge) UnmarshalJSON(raw []byte) error {
	var v [2]node
	err := json.Unmarshal(raw, &v)
	e.child, e.parent = v[0], v[1]
	return err
}
