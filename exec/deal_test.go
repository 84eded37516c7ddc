package exec

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"corpusmill/internal/scratch"
)

// TestDeal has each segment find in the file of its group what it finds in all
// files of losers.
func TestDeal(t *testing.T) {
	const files, segments = 40, 23
	x := &Executor{dir: workDir(scratch.Dir(t)), segs: make([]segmentInfo, segments)}
	raw, err := json.Marshal(x.segs)
	if err != nil {
		t.Fatal(err)
	}
	if err := publishBytes(x.dir.segments(), raw); err != nil {
		t.Fatal(err)
	}
	for f := range files {
		var losers []edge
		for i := f; i < 2000; i += files {
			losers = append(losers, edge{nodeOf(uint32(i%segments), uint32(i)), nodeOf(uint32(i%segments/2), uint32(i%7))})
		}
		if f == 3 {
			losers = nil
		}
		if err := publish(x.dir.found(1, f), func(out *os.File) error { return writeLosers(out, losers) }); err != nil {
			t.Fatal(err)
		}
	}
	groups := deals(files, segments)
	if groups != 5 {
		t.Fatalf("%d segments are %d groups", segments, groups)
	}
	w := &Worker{x: x}
	for g := range groups {
		if err := w.deal(Task{Stage: 1, Phase: phaseDeal, Range: g, Ranges: groups, Inputs: files}); err != nil {
			t.Fatal(err)
		}
	}
	all := numbered(files, func(f int) string { return x.dir.found(1, f) })
	for seg := range segments {
		dealt := x.loserFiles(1, files, seg)
		if len(dealt) != 1 {
			t.Fatalf("segment %d has %d files", seg, len(dealt))
		}
		for name, of := range map[string]func(uint32, []string) ([]edge, error){
			"members": membersOf,
			"losers":  func(seg uint32, files []string) ([]edge, error) { return losersOf(seg, files, "") },
		} {
			want, err := of(uint32(seg), all)
			if err != nil {
				t.Fatal(err)
			}
			got, err := of(uint32(seg), dealt)
			if err != nil || !slices.Equal(got, want) || len(got) < 10 {
				t.Errorf("segment %d has %d %s, want %d (%v)", seg, len(got), name, len(want), err)
			}
		}
	}
	if few := x.loserFiles(1, 7, 0); len(few) != 7 {
		t.Errorf("of 7 files %d are read", len(few))
	}
}

// TestGroups has groups that hold all segments and are never empty.
func TestGroups(t *testing.T) {
	for n := fewFiles; n < 5000; n++ {
		groups := root(n)
		if last := (groups - 1) * groupSize(n, groups); last >= n || groups*groupSize(n, groups) < n {
			t.Fatalf("of %d segments the last of %d groups begins at %d", n, groups, last)
		}
	}
}
