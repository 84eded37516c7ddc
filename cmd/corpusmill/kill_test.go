package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

// trial is a run that the fault tests break: its recipe, and the name of its
// result.
type trial struct {
	name, recipe, out string
	flags             []string
}

const (
	mapOnly  = "process: [whitespace_normalization_mapper: {}, text_length_filter: {min_len: 20}]\n"
	mapDedup = "process: [clean_email_mapper: {}, words_num_filter: {min_num: 2}, document_deduplicator: {}, text_length_filter: {min_len: 20}]\n"
	similar  = "process: [clean_email_mapper: {}, document_minhash_deduplicator: {hash: xxh3, verify: true, num_permutations: 64}, text_length_filter: {min_len: 20}]\n"
	lines    = "process: [document_line_deduplicator: {frequency_threshold: 2}, document_simhash_deduplicator: {}]\n"
	twoReads = "process: [words_num_filter: {min_num: 2}, document_deduplicator: {}, clean_email_mapper: {}]\n"
)

var trials = []trial{
	{"jsonl", mapOnly, "out.jsonl", nil},
	{"zstd", mapOnly, "out.jsonl.zst", nil},
	{"shards", mapOnly, "out", []string{"--export_shard_size", "3MB"}},
	{"held", mapDedup, "out.jsonl", nil},
	{"reread", twoReads, "out.jsonl", []string{"--backend", "processes"}},
	{"parquet", mapDedup, "out.parquet", nil},
	{"csv", mapOnly, "out.csv.zst", nil},
	{"minhash", similar, "out.jsonl", []string{"--task_memory", "2MiB"}},
	{"files", mapOnly, "out", []string{"--export_shard_size", "3MB", "--backend", "ranks", "--rank", "0", "--world-size", "1", "--worker_timeout", "1"}},
	{"lines", lines, "out.jsonl", []string{"--task_memory", "2MiB"}},
}

// in is the trial's command in a folder, where it writes its recipe.
func (x trial) in(t testing.TB, dir, input string) []string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	args := []string{"process", "--config", write(t, filepath.Join(dir, "recipe.yaml"), x.recipe), "--dataset_path", input,
		"--export_path", x.path(dir), "--np", "2", "--segment", "256KiB", "--json", "--quiet"}
	return append(args, x.flags...)
}

func (x trial) path(dir string) string { return filepath.Join(dir, x.out) }

// TestKill kills runs at random times and gives the same command again, until
// the last one is left alone. Nothing half stands at a final name in between,
// and the end is that of a calm run.
func TestKill(t *testing.T) {
	size, kills := 30<<20, 10
	if full() {
		size, kills = 1<<30, 50
	}
	input := write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(size, 0.3)))
	for i, x := range trials {
		t.Run(x.name, func(t *testing.T) {
			dir := scratch.Dir(t)
			calmDir := filepath.Join(dir, "calm")
			began := time.Now()
			o := corpusmill(t, x.in(t, calmDir, input)...)
			took := time.Since(began)
			o.want(t, 0)
			calm := report(t, o)
			files := contents(t, calm)
			rnd := rand.New(rand.NewPCG(uint64(i), 50))
			work := filepath.Join(dir, "killed")
			resumed := 0
			for n := 0; n < kills; {
				c, wait := begin(t, x.in(t, work, input))
				kill := time.AfterFunc(time.Duration(rnd.Int64N(int64(took))), func() { c.Process.Kill() })
				o := wait()
				kill.Stop()
				if o.code != -1 {
					// It was quicker than the kill.
					resumed += x.check(t, o, calm, files)
					os.RemoveAll(work)
					continue
				}
				n++
				x.nothingHalf(t, work, files)
			}
			resumed += x.check(t, corpusmill(t, x.in(t, work, input)...), calm, files)
			if resumed == 0 {
				t.Error("no run went on where a killed one had stopped")
			}
			t.Logf("a calm run took %v", took.Round(time.Millisecond))
		})
	}
}

// check compares a finished run with the calm one and returns 1 if it went on
// where another had stopped.
func (x trial) check(t *testing.T, o outcome, calm exec.Report, files map[string]string) int {
	t.Helper()
	o.want(t, 0)
	r := report(t, o)
	if r.Digest != calm.Digest || r.Rows != calm.Rows {
		t.Errorf("digest %s and rows %+v, want %s and %+v", r.Digest, r.Rows, calm.Digest, calm.Rows)
	}
	if got := contents(t, r); !maps.Equal(got, files) {
		t.Error("the result's files aren't those of a calm run")
	}
	if r.Resumed {
		return 1
	}
	return 0
}

// nothingHalf checks that what stands at a final name is whole.
func (x trial) nothingHalf(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	info, err := os.Stat(x.path(dir))
	if err != nil {
		return
	}
	if info.IsDir() {
		for name, want := range files {
			if read(t, filepath.Join(x.path(dir), name)) != want {
				t.Errorf("%s is half a file", name)
			}
		}
	} else if read(t, x.path(dir)) != files[filepath.Base(x.path(dir))] {
		t.Errorf("%s is half a file", x.out)
	}
}

// TestKilledParent kills the parent of worker processes: these must not go on
// without it.
func TestKilledParent(t *testing.T) {
	dir := scratch.Dir(t)
	input := write(t, filepath.Join(dir, "in.jsonl"), string(rows(20<<20, 0)))
	x := trials[4]
	c, wait := begin(t, x.in(t, dir, input))
	untilJournal(t, x.path(dir))
	children := childrenOf(t, c.Process.Pid)
	if len(children) == 0 {
		t.Fatal("the run has no worker processes")
	}
	c.Process.Kill()
	wait()
	deadline := time.Now().Add(10 * time.Second)
	for _, pid := range children {
		for syscall.Kill(pid, 0) == nil && !zombie(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("worker %d outlives its parent", pid)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func childrenOf(t *testing.T, pid int) (out []int) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil || len(tasks) == 0 {
		lacking(t, "the system doesn't tell of child processes")
	}
	for _, f := range tasks {
		for field := range strings.FieldsSeq(read(t, f)) {
			var child int
			fmt.Sscan(field, &child)
			out = append(out, child)
		}
	}
	return out
}

func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || bytes.Contains(stat, []byte(") Z "))
}
