package exec

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"corpusmill/internal/scratch"
)

// naiveStars finds the first of each component by relabelling until nothing
// changes.
func naiveStars(edges []edge) []edge {
	label := map[node]node{}
	for _, e := range edges {
		label[e.child], label[e.parent] = e.child, e.parent
	}
	for changed := true; changed; {
		changed = false
		for _, e := range edges {
			if m := min(label[e.child], label[e.parent]); m != label[e.child] || m != label[e.parent] {
				label[e.child], label[e.parent], changed = m, m, true
			}
		}
	}
	var out []edge
	for n, l := range label {
		if n != l {
			out = append(out, edge{n, l})
		}
	}
	slices.SortFunc(out, compareEdges)
	return out
}

// graphs are edge lists of several shapes.
func graphs(rnd *rand.Rand) map[string][]edge {
	at := func(i int) node { return nodeOf(uint32(i/50), uint32(i%50*13)) }
	add := func(edges []edge, a, b int) []edge {
		if a == b {
			return edges
		}
		return append(edges, edge{at(max(a, b)), at(min(a, b))})
	}
	out := map[string][]edge{"none": nil}
	for i := range 300 {
		out["chain"] = add(out["chain"], i, i+1)
		out["ladder"] = add(add(out["ladder"], i, i+1), i, i+2)
		out["hub first"] = add(out["hub first"], 0, i+1)
		out["hub last"] = add(out["hub last"], i, 301)
		out["hub amid"] = add(out["hub amid"], i, 150)
		out["comb"] = add(add(out["comb"], 2*i, 2*i+1), 2*i+1, max(2*i-1, 0))
	}
	order := rnd.Perm(400)
	for i := range 399 {
		out["chain shuffled"] = add(out["chain shuffled"], order[i], order[i+1])
	}
	for k, density := range []int{100, 300, 600, 2000} {
		name := fmt.Sprint("random ", k)
		for range density {
			out[name] = add(out[name], rnd.IntN(500), rnd.IntN(500))
		}
	}
	return out
}

func TestStars(t *testing.T) {
	for name, edges := range graphs(rand.New(rand.NewPCG(1, 2))) {
		want := naiveStars(edges)
		if got := stars(slices.Clone(edges)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v\nwant %v", name, got, want)
		}
	}
}

// TestRounds runs joins and jumps as the driver does, over several numbers of
// parts, files and slices.
func TestRounds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for name, edges := range graphs(rnd) {
		want := naiveStars(edges)
		for _, parts := range []int{1, 2, 5, 16} {
			got, rounds := inRounds(t, rnd, edges, parts)
			if !slices.Equal(got, want) {
				t.Fatalf("%s, %d parts: got %v\nwant %v", name, parts, got, want)
			}
			if rounds > 12 {
				t.Errorf("%s, %d parts: it took %d rounds", name, parts, rounds)
			}
		}
	}
}

func inRounds(t *testing.T, rnd *rand.Rand, edges []edge, parts int) (out []edge, round int) {
	dir := scratch.Dir(t)
	edges = slices.Clone(edges)
	rnd.Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
	var files []string
	for range 1 + rnd.IntN(4) {
		n := rnd.IntN(len(edges) + 1)
		files = append(files, file(t, dir, func(f *os.File) error { return writeEdges(f, edges[:n], 0) }))
		edges = edges[n:]
	}
	files = append(files, file(t, dir, func(f *os.File) error { return writeEdges(f, edges, 0) }))
	moved := uint64(1)
	for ; ; round++ {
		if round > 50 {
			t.Fatal("no end is in sight")
		}
		var joins []string
		counts := make([]int64, parts)
		conflict := false
		for p := range parts {
			lo, hi := rangeOf(p, parts)
			edges, c, err := joinPart(files, lo, hi)
			if err != nil {
				t.Fatal(err)
			}
			joins = append(joins, file(t, dir, func(f *os.File) error { return writeJoin(f, edges, parts, c) }))
			n, err := joinCounts(joins[p], parts)
			if err != nil {
				t.Fatal(err)
			}
			all, err := edgeCounts(joins[p])
			if err != nil {
				t.Fatal(err)
			}
			conflict = conflict || all.note == 1
			for i := range n {
				counts[i] += n[i]
			}
		}
		if moved == 0 && !conflict {
			files = joins
			break
		}
		files, moved = nil, 0
		for p, n := range counts {
			lo, hi := rangeOf(p, parts)
			slice := 1 + rnd.Int64N(60)
			for first := int64(0); first < n; first += slice {
				edges, m, err := jumpPart(joins, lo, hi, first, min(first+slice, n))
				if err != nil {
					t.Fatal(err)
				}
				moved += m
				files = append(files, file(t, dir, func(f *os.File) error { return writeEdges(f, edges, m) }))
			}
		}
	}
	for _, path := range files {
		f, err := openEdges(path)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := f.all()
		if err != nil {
			t.Fatal(err)
		}
		out = appendEdges(out, raw)
		f.close()
	}
	slices.SortFunc(out, compareEdges)
	return out, round
}
