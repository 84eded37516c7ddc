package recipe_test

import (
	"strings"
	"testing"

	"corpusmill/recipe"
	"corpusmill/storage"
)

// ofArgs is the recipe of a command line on a machine of two cores and 16 GB.
func ofArgs(t *testing.T, args string) *recipe.Recipe {
	t.Helper()
	over, _, err := recipe.ParseArgs(append([]string{"--dataset_path=a.jsonl", "--export_path=b"}, strings.Fields(args)...))
	if err != nil {
		t.Fatal(err)
	}
	r, err := recipe.Load("", over, nil, recipe.Defaults{NP: 2, Memory: 16e9})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSegment holds that segments give all workers of all machines something to
// do, and stay large where there is much.
func TestSegment(t *testing.T) {
	const mb = 1_000_000
	for _, x := range []struct {
		args  string
		slots int // beside the recipe
		size  int64
		codec storage.Codec
		want  int64
	}{
		{"--np=2", 0, 100_000 * mb, "", 32 << 20},
		{"--np=2", 0, 100 * mb, "", 100 * mb / 16},
		{"--np=2", 0, 10 * mb, "", 10 * mb / 4},
		{"--np=2", 0, 100_000, "", 64 << 10},
		{"--np=64 --memory=1GB", 0, 100_000 * mb, "", 1e9 / 512},
		{"--np=64 --memory=1GB --backend=slurm", 0, 100_000 * mb, "", 32 << 20},
		{"--np=4 --backend=ranks", 4 * 8, 20 * mb, "", 20 * mb / 64},
		{"--np=64 --backend=slurm", 0, 20 * mb, "", 20 * mb / 128},
		{"--backend=ray", 0, 20 * mb, "", mb}, // nobody knows what Ray has
		{"--backend=ray", 0, 100_000 * mb, "", 32 << 20},
		{"--np=2", 0, 25 * mb, storage.Gzip, 100 * mb / 16},
		{"--np=2 --split_count=50", 0, 100 * mb, "", 2 * mb},
		{"--np=2 --split_count=1000", 0, 100, "", 1},
		{"--np=2 --split_size=1MB", 0, 100 * mb, "", mb},
		{"--np=2 --split_size=1GB --segment=2MB", 0, 100_000 * mb, "", 2 * mb},
		{"--np=2 --split=off", 0, 10 * mb, "", 32 << 20},
		{"--np=2", 0, -1, "", 32 << 20},
	} {
		r := ofArgs(t, x.args)
		r.Slots = x.slots
		if got := r.Job([]storage.File{{Path: "a.jsonl", Size: x.size, Codec: x.codec, Format: "jsonl"}}).Segment; got != x.want {
			t.Errorf("%s, %d bytes: segments of %d, want %d", x.args, x.size, got, x.want)
		}
	}
}
