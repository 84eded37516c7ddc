package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestShingles(t *testing.T) {
	for _, c := range []struct {
		a, b       string
		characters bool
		window     int
		want       float64
	}{
		{"a b c", " A  b c ", false, 2, 1},
		{"a b c", "a b d", false, 2, 1.0 / 3},
		{"a b a b a", "a b a", false, 2, 1}, // a set, not a list
		{"a", "a b", false, 2, 0},
		{"", "  ", false, 2, 1},
		{"añb", "añc", true, 2, 1.0 / 3},
		{"日本語", "日本語だ", true, 2, 2.0 / 3},
	} {
		if got := similarity(shingles(c.a, c.characters, c.window), shingles(c.b, c.characters, c.window)); got != c.want {
			t.Errorf("%q and %q: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// TestClusters holds the filter to comparing every row with every other.
func TestClusters(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		c := &rows{}
		for range 60 {
			var set []uint64
			if len(c.sets) > 0 && rnd.IntN(2) == 0 {
				set = slices.Clone(c.sets[rnd.IntN(len(c.sets))])
			}
			for range 1 + rnd.IntN(6) {
				set = append(set, rnd.Uint64N(1+rnd.Uint64N(400)))
			}
			slices.Sort(set)
			c.sets = append(c.sets, slices.Compact(set))
		}
		for _, threshold := range []float64{0.3, 0.5, 0.7, 0.75, 0.9, 1} {
			want := apart(len(c.sets))
			for i := range want {
				for j := range i {
					if similarity(c.sets[i], c.sets[j]) >= threshold {
						want.join(int32(i), int32(j))
					}
				}
			}
			got := c.clusters(threshold)
			for i := range want {
				if got.first(int32(i)) != want.first(int32(i)) {
					t.Fatalf("seed %d, threshold %v: row %d is with %d, want %d", seed, threshold, i, got.first(int32(i)), want.first(int32(i)))
				}
			}
		}
	}
}

func TestJudge(t *testing.T) {
	// 0 and 1 are alike, 1 and 2 are, 0 and 2 are not; 3 is alone.
	texts := []string{"a b c d e f", "a b c d e f g h", "c d e f g h", "x y z"}
	file := func(name string, ids ...int) string {
		var b strings.Builder
		for _, i := range ids {
			fmt.Fprintf(&b, `{"meta":null,"text":%q,"id":%d}`+"\n", texts[i], i)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	c, err := readCorpus(file("corpus", 0, 1, 2, 3), false, 2)
	if err != nil {
		t.Fatal(err)
	}
	sets := c.clusters(0.7)
	truth := filepath.Join(t.TempDir(), "truth.tsv")
	if err := os.WriteFile(truth, []byte("id\torigin\trelation\n0\t0\toriginal\n1\t0\tnear\n2\t0\tnear\n3\t0\tnear\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := c.readMade(truth)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		kept                               []int
		recall, precision, related, direct float64
	}{
		{[]int{0, 3}, 1, 1, 1, 0.5},
		{[]int{3, 1}, 1, 1, 1, 1},
		{[]int{0, 1, 2, 3}, 0, 1, 1, 1},
		{[]int{0, 2}, 0.5, 0.5, 1, 0.5},
		{[]int{3}, 1, 2.0 / 3, 1, 0}, // one of the three had to stay
	} {
		kept, err := c.readKept(file("kept", test.kept...))
		if err != nil {
			t.Fatal(err)
		}
		v := c.judge(sets, made, kept, 0.7)
		if v.Clusters != 1 || v.Largest != 3 || v.Redundant != 2 || v.Recall != test.recall || v.Precision != test.precision || v.Related != test.related || v.Direct != test.direct {
			t.Errorf("%v kept: %+v", test.kept, v)
		}
	}
	for _, bad := range [][]int{{0, 0}} {
		if _, err := c.readKept(file("kept", bad...)); err == nil {
			t.Errorf("%v kept: no error", bad)
		}
	}
	if _, err := readCorpus(file("double", 1, 1), false, 2); err == nil {
		t.Error("two rows of one id: no error")
	}
}
