package exec

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
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
}

type clusterNote struct {
	Root    node   `json:"root"`
	Rows    int64  `json:"rows"`
	Members []node `json:"members"` // the first ones
	pick    node   // a random one
}

// note adds edges from children, which may come in any order and in pieces.
type clusterNotes []clusterNote

func (c *clusterNotes) add(e edge) {
	n := len(*c)
	if n == 0 || (*c)[n-1].Root != e.parent {
		*c = append(*c, clusterNote{Root: e.parent, Rows: 1, pick: e.child})
		n++
	}
	last := &(*c)[n-1]
	last.Rows++
	if len(last.Members) < clusterMembers {
		last.Members = append(last.Members, e.child)
	}
	if e.child.place() < last.pick.place() {
		last.pick = e.child
	}
}

// findings sums up. At most pairs of them are sampled.
func (c clusterNotes) findings(pairs int) findings {
	slices.SortFunc(c, func(a, b clusterNote) int { return cmp.Compare(a.Root.place(), b.Root.place()) })
	n := 0
	for i := 0; i < len(c); n++ {
		c[n] = c[i]
		for i++; i < len(c) && c[i].Root == c[n].Root; i++ {
			c[n].Rows += c[i].Rows - 1
			c[n].Members = append(slices.Clip(c[n].Members), c[i].Members...)
			if c[i].pick.place() < c[n].pick.place() {
				c[n].pick = c[i].pick
			}
		}
		slices.Sort(c[n].Members)
		c[n].Members = c[n].Members[:min(len(c[n].Members), clusterMembers)]
	}
	c = c[:n]
	f := findings{Clusters: int64(n)}
	for i, k := range c {
		f.Rows += k.Rows
		if i < pairs {
			f.Pairs = append(f.Pairs, edge{k.pick, k.Root})
		}
	}
	slices.SortFunc(c, compareClusters)
	f.Largest = slices.Clone(c[:min(n, largestClusters)])
	return f
}

func compareClusters(a, b clusterNote) int {
	return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Root, b.Root))
}

func (f *findings) add(o findings) {
	f.Clusters += o.Clusters
	f.Rows += o.Rows
	f.Spared += o.Spared
	f.Pairs = append(f.Pairs, o.Pairs...)
	f.Pairs = f.Pairs[:min(len(f.Pairs), samplePairs)]
	f.Largest = append(f.Largest, o.Largest...)
	slices.SortFunc(f.Largest, compareClusters)
	f.Largest = f.Largest[:min(len(f.Largest), largestClusters)]
}

// pairsOf is how many pairs one of n tasks samples.
func pairsOf(n int) int { return (samplePairs + n - 1) / n }

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
	raw, err := os.ReadFile(path)
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
