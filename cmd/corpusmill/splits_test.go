package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
	"corpusmill/storage"
)

// planned is what plan says of the splits.
func planned(t *testing.T, args ...string) (tasks, largest, atOnce int) {
	t.Helper()
	o := corpusmill(t, append([]string{"plan"}, args...)...)
	o.want(t, 0)
	said := regexp.MustCompile(`(?m)^splits  ([\d,]+) tasks?, of at most ([\d,]+) bytes as stored; ([\d,]+) tasks? at once$`).FindStringSubmatch(o.stdout)
	if said == nil {
		t.Fatalf("the plan says nothing of splits:\n%s", o.stdout)
	}
	for i, n := range []*int{&tasks, &largest, &atOnce} {
		if _, err := fmt.Sscan(strings.ReplaceAll(said[i+1], ",", ""), n); err != nil {
			t.Fatal(err)
		}
	}
	return tasks, largest, atOnce
}

// TestSplits has every way to ask for splits give as many as the plan says, and
// the same result.
func TestSplits(t *testing.T) {
	dir := scratch.Dir(t)
	in := write(t, filepath.Join(dir, "in.jsonl"), string(rows(6<<20, 0.2)))
	recipe := write(t, filepath.Join(dir, "recipe.yaml"), mapDedup)
	digest := ""
	for _, x := range []struct {
		args          string
		tasks, atOnce int // at least so many tasks
		largest       int
	}{
		{"--np 2", 4, 2, 2 << 20},
		{"--np 16", 32, 16, 200 << 10},
		{"--np 2 --split_size 100kB", 61, 2, 100_000},
		{"--np 2 --split_size 3MB --segment 256KiB --split_count 2", 3, 2, 3_000_000},
		{"--np 2 --split_count 40", 40, 2, 160_000},
		{"--np 2 --split off", 1, 2, 7 << 20},
	} {
		out := filepath.Join(dir, "out.jsonl")
		args := append([]string{"--config", recipe, "--dataset_path", in, "--export_path", out}, strings.Fields(x.args)...)
		tasks, largest, atOnce := planned(t, args...)
		if tasks < x.tasks || largest > x.largest || atOnce != x.atOnce || tasks > 2*x.tasks+2 {
			t.Errorf("%s: %d tasks of at most %d bytes, %d at once; want %d of at most %d, %d at once", x.args, tasks, largest, atOnce, x.tasks, x.largest, x.atOnce)
		}
		o := corpusmill(t, append([]string{"process", "--json", "--quiet"}, args...)...)
		o.want(t, 0)
		r := report(t, o)
		if digest == "" {
			digest = r.Digest
		}
		if r.Digest != digest {
			t.Errorf("%s: the digest is %s, was %s", x.args, r.Digest, digest)
		}
	}
}

// TestRanksSplits has a small input make enough tasks for all ranks, though
// each of them could read it at once.
func TestRanksSplits(t *testing.T) {
	dir := scratch.Dir(t)
	in, out := write(t, filepath.Join(dir, "in.jsonl"), string(rows(2<<20, 0))), filepath.Join(dir, "out.jsonl")
	t.Setenv("CORPUSMILL_JOB", "splits")
	args := func(rank int) []string {
		return []string{"process", "--dataset_path", in, "--export_path", out, "--text_length_filter.min_len", "1", "--backend", "ranks", "--np", "2",
			"--rank", fmt.Sprint(rank), "--world-size", "3"}
	}
	if tasks, _, atOnce := planned(t, args(0)[1:]...); tasks < 12 || atOnce != 6 {
		t.Errorf("the plan has %d tasks, %d at once", tasks, atOnce)
	}
	var wait []func() outcome
	for rank := range 3 {
		_, w := begin(t, append(args(rank), "--quiet"))
		wait = append(wait, w)
	}
	for _, w := range wait {
		w().want(t, 0)
	}
	f, err := exec.OpenFinished(out + ".run")
	if err != nil {
		t.Fatal(err)
	}
	if tasks := f.Plan.Inputs[0].Size / f.Plan.Segment; tasks < 12 {
		t.Errorf("%d tasks for three ranks of two", tasks)
	}
}

// TestUncutFile tells of a file that keeps workers waiting, and what helps.
func TestUncutFile(t *testing.T) {
	dir := scratch.Dir(t)
	var noise strings.Builder
	for i := range 1 << 19 {
		fmt.Fprintf(&noise, "{\"text\":\"%x\"}\n", uint64(i)*0x9E3779B97F4A7C15)
	}
	in := write(t, filepath.Join(dir, "in.jsonl.gz"), string(packed(t, storage.Gzip, []byte(noise.String()))))
	flags := []string{"--dataset_path", in, "--export_path", filepath.Join(dir, "out.jsonl"), "--np", "2"}
	want := in + " (" // and its size
	help := "corpusmill resplit " + in + " -o FOLDER"
	for _, command := range []string{"check", "plan", "process"} {
		corpusmill(t, append([]string{command}, flags...)...).want(t, 0, "note: ", want, "can't be cut", help)
	}
	for _, calm := range [][]string{{"--np", "1"}, {"--split", "off"}} {
		if o := corpusmill(t, append(append([]string{"check"}, flags...), calm...)...); strings.Contains(o.stderr, "can't be cut") {
			t.Errorf("%v: %s", calm, o.stderr)
		}
	}
	out := filepath.Join(dir, "cut")
	corpusmill(t, "resplit", in, "-o", out, "-q").want(t, 0)
	if o := corpusmill(t, "check", "--dataset_path", out, "--export_path", filepath.Join(dir, "out.jsonl"), "--np", "2"); o.code != 0 || strings.Contains(o.stderr, "can't be cut") {
		t.Errorf("after resplit: exit %d, %s", o.code, o.stderr)
	}
}
