package minhash

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestOptimal compares with what testdata/record.py found by another
// quadrature.
func TestOptimal(t *testing.T) {
	b, err := os.ReadFile("testdata/bandings.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded [][4]float64 // threshold, permutations, bands, rows
	if err := json.Unmarshal(b, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded) == 0 {
		t.Fatal("nothing recorded")
	}
	for _, r := range recorded {
		want := Banding{int(r[2]), int(r[3])}
		if got := Optimal(r[0], int(r[1])); got != want {
			t.Errorf("threshold %v, %v permutations: %v, recorded %v", r[0], r[1], got, want)
		}
	}
}

func TestQuadrature(t *testing.T) {
	// The integral of (1-s)^bands is 1/(bands+1), of 1-s^rows it is
	// rows/(rows+1).
	for _, threshold := range []float64{0, 1e-9, 0.3, 0.7, 1} {
		below, above := graded(0, threshold), graded(threshold, 1)
		below.raise()
		above.raise()
		for bands := 1; bands <= MaxPermutations; bands++ {
			got, want := below.miss()+above.miss(), 1/float64(bands+1)
			if math.Abs(got-want) > 1e-11 {
				t.Fatalf("threshold %v, %d bands: %v, want %v", threshold, bands, got, want)
			}
		}
		for rows := 2; rows <= MaxPermutations; rows++ {
			below.raise()
			above.raise()
			got, want := below.miss()+above.miss(), float64(rows)/float64(rows+1)
			if math.Abs(got-want) > 1e-11 {
				t.Fatalf("threshold %v, %d rows: %v, want %v", threshold, rows, got, want)
			}
		}
	}
}

func TestKey(t *testing.T) {
	sig := make([]uint32, 12)
	b := Banding{3, 4}
	seen := map[Key]bool{}
	for i := range len(sig) + 1 {
		for band := range b.Bands {
			seen[b.Key(sig, band)] = true
		}
		if i < len(sig) {
			sig[i]++
		}
	}
	// Each of the 12 changes makes one key; each band had one before.
	if len(seen) != len(sig)+b.Bands {
		t.Errorf("%d keys, want %d", len(seen), len(sig)+b.Bands)
	}
}

func TestBandingCheck(t *testing.T) {
	for b, ok := range map[Banding]bool{
		{1, 1}:                 true,
		{25, 10}:               true,
		{1, 256}:               true,
		{0, 1}:                 false,
		{1, 0}:                 false,
		{26, 10}:               false,
		{1 << 32, 1 << 32}:     false,
		{math.MaxInt, 1}:       false,
		{-1, -1}:               false,
		{1, math.MaxInt}:       false,
		{math.MinInt, 1 << 40}: false,
	} {
		if err := b.Check(256); (err == nil) != ok {
			t.Errorf("%v: %v", b, err)
		}
	}
}
