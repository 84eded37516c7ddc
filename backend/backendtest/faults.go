package backendtest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"corpusmill/backend/local"
	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

// faults runs plans that something goes wrong with on the way.
func (e Engine) faults(t *testing.T) {
	if !e.Slowest {
		t.Run("interrupted", e.interrupted)
		t.Run("lost tasks", e.lostTasks)
	}
	if !e.Slow && !e.Slowest {
		t.Run("power loss", e.powerLoss)
	}
	t.Run("bad rows", e.badRows)
	t.Run("stop at a bad row", e.stopAtBadRow)
	t.Run("fatal", e.fatal)
	if e.Apart {
		t.Run("killed worker", e.killedWorker)
		t.Run("row that kills", e.rowThatKills)
	}
	if e.Limited {
		t.Run("hoard", e.hoard)
	}
	RunStrikes(t, e)
}

// strikeDeadline is how long a run may take that something happens to.
const strikeDeadline = 4 * time.Minute

// strike does a run of some seconds, and strikes after its first segment.
func (e Engine) strike(t *testing.T, s Strike) {
	dir := scratch.Dir(t)
	j := job{recipe: filepath.Join(dir, "recipe.yaml"), inputs: corpus(t, dir), out: filepath.Join(dir, "out.jsonl"), workers: 2}
	for _, path := range j.inputs {
		writeFile(t, path, strings.ReplaceAll(readFile(t, path), "of the corpus", "of the corpus, WAIT"))
	}
	writeFile(t, j.recipe, "process: [faulty_mapper: {}, document_deduplicator: {}]")
	j.flags = append(j.flags, flag("segment", 2000))
	calm := j
	calm.out = filepath.Join(dir, "calm.jsonl")
	want := calm.mustRun(t, &local.Goroutines{})

	ctx, cancel := context.WithTimeout(t.Context(), strikeDeadline)
	defer cancel()
	struck := false
	b := &tap{Backend: e.New(), event: func(ev exec.Event) []exec.Event {
		t.Logf("%s of task %d, attempt %d %s", ev.Kind, ev.Task, ev.Attempt, ev.Err)
		if ev.Kind == exec.SegmentDone && !struck {
			struck = true
			s.Do(t)
			if s.Within > 0 {
				late := time.AfterFunc(s.Within, cancel)
				t.Cleanup(func() { late.Stop() })
			}
		}
		return []exec.Event{ev}
	}}
	got, err := j.run(ctx, b)
	if err != nil {
		t.Fatalf("the run ended with %v", err)
	}
	j.checkFinished(t, got)
	if got.Digest != want.Digest || !struck {
		t.Errorf("the digest is %s, want %s", got.Digest, want.Digest)
	}
}

// corpus writes two files of rows, some of them alike, some edited by a
// mapper of white space, some dropped by a filter.
func corpus(t *testing.T, dir string) []string {
	t.Helper()
	var paths []string
	for f := range 2 {
		var b strings.Builder
		for i := range 150 {
			text := fmt.Sprintf("row %d of the corpus", i%70)
			switch {
			case i%11 == 0:
				text = "short"
			case i%3 == 0:
				text += "\\u3000and a space"
			}
			fmt.Fprintf(&b, `{"id":"%d-%d","text":"%s"}`+"\n", f, i, text)
		}
		path := filepath.Join(dir, fmt.Sprintf("in-%d.jsonl", f))
		writeFile(t, path, b.String())
		paths = append(paths, path)
	}
	return paths
}

const (
	held   = "process: [whitespace_normalization_mapper: {}, text_length_filter: {min_len: 6}, document_deduplicator: {}, words_num_filter: {min_num: 2}]"
	reread = "process: [text_length_filter: {min_len: 6}, document_deduplicator: {}, document_deduplicator: {lowercase: true}]"
	copied = "process: [whitespace_normalization_mapper: {}, text_length_filter: {min_len: 6}, document_deduplicator: {}]"
	// manyRanges has more ranges of keys, and files of losers, than are read as they are.
	manyRanges = "process: [document_deduplicator: {}, document_minhash_deduplicator: {num_permutations: 16, num_bands: 8, num_rows_per_band: 2, verify: true}]"
	plain      = "process: [whitespace_normalization_mapper: {}]"
)

const (
	similar = "process: [whitespace_normalization_mapper: {}, document_minhash_deduplicator: {num_permutations: 16, num_bands: 8, num_rows_per_band: 2}, words_num_filter: {min_num: 2}]"
	against = "process: [whitespace_normalization_mapper: {}, document_minhash_deduplicator: {num_permutations: 16, num_bands: 8, num_rows_per_band: 2, against: INDEX}, words_num_filter: {min_num: 2}]"
)

// kind is a plan with another way through the driver.
type kind struct {
	name, recipe, out string
	near              bool // what only copies rows is done in the driver's process
}

var kinds = []kind{
	{name: "plain", recipe: plain, out: "out.jsonl"},
	{name: "zstd", recipe: plain, out: "out.jsonl.zst"},
	{name: "shards", recipe: plain, out: "out"},
	{name: "held rows", recipe: held, out: "out.jsonl.gz"},
	{name: "input read again", recipe: reread, out: "out.jsonl"},
	{name: "copied here", recipe: copied, out: "out.jsonl", near: true},
	{name: "many ranges", recipe: manyRanges, out: "out.jsonl"},
	{name: "parquet", recipe: held, out: "out.parquet"},
	{name: "index", recipe: similar, out: "index"},
	{name: "against an index", recipe: against, out: "out.jsonl"},
}

// kinds are those that the engine is tested with.
func (e Engine) kinds() []kind {
	if e.Slow {
		return kinds[3:4]
	}
	return kinds
}

func (k kind) job(t *testing.T, e Engine) job {
	dir := scratch.Dir(t)
	if k.recipe == against {
		k.recipe = strings.Replace(against, "INDEX", filepath.Join(dir, "index"), 1)
		x := kind{name: "index", recipe: similar, out: "index"}.in(t, dir)
		x.inputs = x.inputs[:1]
		x.mustRun(t, e.New())
		j := k.in(t, dir)
		j.inputs = j.inputs[1:]
		return j
	}
	return k.in(t, dir)
}

func (k kind) in(t *testing.T, dir string) job {
	j := job{recipe: filepath.Join(dir, k.out+".yaml"), inputs: corpus(t, dir), out: filepath.Join(dir, k.out), workers: 2, near: k.near}
	writeFile(t, j.recipe, k.recipe)
	switch {
	case k.recipe == manyRanges:
		j.flags = append(j.flags, flag("segment", 700), flag("task_memory", 300))
	case strings.Contains(k.recipe, "minhash"):
		j.flags = append(j.flags, flag("segment", 2000), flag("task_memory", 2000)) // many tasks
	default:
		j.flags = append(j.flags, flag("segment", 2000))
	}
	if k.out == "index" {
		j.edit = toIndex(j.out, false)
	} else if !strings.Contains(k.out, ".") {
		j.flags = append(j.flags, flag("export_shard_size", 3000))
	}
	return j
}

// calm is what the kind's job gives when nothing happens.
func (k kind) calm(t *testing.T, e Engine) (digest string, files []string) {
	j := k.job(t, e)
	j.near = false
	report := j.mustRun(t, e.New())
	return report.Digest, outputs(t, report)
}

func outputs(t *testing.T, r *exec.Report) []string {
	t.Helper()
	var files []string
	for _, f := range r.Output {
		files = append(files, filepath.Base(f.Path)+"\n"+readFile(t, f.Path))
	}
	if r.Index != nil && r.Index.AddedRows > 0 {
		generations, err := filepath.Glob(filepath.Join(r.Index.Path, "gen-*", "*"))
		if err != nil || len(generations) == 0 {
			t.Fatalf("the index has %d files: %v", len(generations), err)
		}
		for _, path := range generations {
			name, err := filepath.Rel(filepath.Dir(r.Index.Path), path)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, name+"\n"+readFile(t, path))
		}
	}
	return files
}

func sameOutput(t *testing.T, digest string, files []string, r *exec.Report) {
	t.Helper()
	if r.Digest != digest {
		t.Errorf("the digest is %s, want %s", r.Digest, digest)
	}
	got := outputs(t, r)
	if len(got) != len(files) {
		t.Fatalf("%d files of output, want %d", len(got), len(files))
	}
	for i := range files {
		if got[i] != files[i] {
			t.Errorf("file %d of the output isn't what a calm run writes", i)
		}
	}
}

// Same runs a plan of several stages on b, for tests that disturb it: the
// result has to be that of this machine.
func Same(t *testing.T, b exec.Backend) {
	t.Helper()
	k, e := kinds[3], Engine{New: func() exec.Backend { return &local.Goroutines{} }}
	digest, files := k.calm(t, e)
	sameOutput(t, digest, files, k.job(t, e).mustRun(t, b))
}

// SameRecipe runs a recipe in many tasks on b: the result has to be that of
// this machine.
func SameRecipe(t *testing.T, b exec.Backend, recipe string) {
	t.Helper()
	k, e := kind{name: "recipe", recipe: recipe, out: "out.jsonl"}, Engine{New: func() exec.Backend { return &local.Goroutines{} }}
	digest, files := k.calm(t, e)
	sameOutput(t, digest, files, k.job(t, e).mustRun(t, b))
}

// RunStrikes has the engine bear its strikes, and nothing else.
func RunStrikes(t *testing.T, e Engine) {
	for _, s := range e.Strikes {
		t.Run(s.Name, func(t *testing.T) { e.strike(t, s) })
	}
}

// interrupted cancels a run after its first event, the next try after its
// second, and so on: the one that comes to its end has the calm run's result.
func (e Engine) interrupted(t *testing.T) {
	for _, k := range e.kinds() {
		t.Run(k.name, func(t *testing.T) {
			digest, files := k.calm(t, e)
			j := k.job(t, e)
			for n := 1; ; n++ {
				ctx, cancel := context.WithCancel(t.Context())
				left := n
				b := &tap{Backend: e.New(), event: func(ev exec.Event) []exec.Event {
					if ev.Kind == exec.SegmentDone || ev.Kind == exec.TaskDone {
						if left--; left == 0 {
							cancel()
						}
					}
					return []exec.Event{ev}
				}}
				report, err := j.run(ctx, b)
				cancel()
				if err == nil {
					if n < 4 {
						t.Errorf("only %d tries: the run was hardly interrupted", n)
					}
					j.checkFinished(t, report)
					sameOutput(t, digest, files, report)
					return
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("try %d: %v", n, err)
				}
				for _, f := range files {
					if name, _, _ := strings.Cut(f, "\n"); exists(filepath.Join(filepath.Dir(j.out), name)) {
						t.Fatalf("try %d was cancelled and left %s", n, name)
					}
				}
			}
		})
	}
}

// lostTasks loses each task's first attempt after its first segment, while
// the lost worker goes on and reports, as a machine does that was cut off for
// a while.
func (e Engine) lostTasks(t *testing.T) {
	for _, k := range e.kinds() {
		t.Run(k.name, func(t *testing.T) {
			digest, files := k.calm(t, e)
			j := k.job(t, e)
			var logged int
			j.options.Logf = func(string, ...any) { logged++ }
			lost := map[int]bool{}
			b := &tap{Backend: e.New(), event: func(ev exec.Event) []exec.Event {
				if ev.Attempt > 0 || ev.Kind != exec.SegmentDone && ev.Kind != exec.TaskDone || lost[ev.Task] {
					return []exec.Event{ev}
				}
				lost[ev.Task] = true
				gone := exec.Event{Task: ev.Task, Kind: exec.TaskLost, Err: "the network was away"}
				if ev.Kind == exec.TaskDone {
					return []exec.Event{gone, ev}
				}
				return []exec.Event{ev, gone, ev}
			}, stage: func() { clear(lost) }}
			report, err := j.run(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			if logged == 0 {
				t.Error("the lost tasks weren't logged")
			}
			j.checkFinished(t, report)
			sameOutput(t, digest, files, report)
		})
	}
}

// badRows has an operator panic and fail on single rows: these are set aside
// alone, and the operator is made anew after the panic.
func (e Engine) badRows(t *testing.T) {
	dir := scratch.Dir(t)
	j := job{inputs: []string{filepath.Join(dir, "in.jsonl")}, out: filepath.Join(dir, "out.jsonl"), flags: nil}
	writeFile(t, j.inputs[0], `{"text":"COUNT a"}
{"text":"good"}
{"text":"PANIC"}
{"text":"COUNT b"}
{"text":"ERROR"}
{"text":"COUNT c"}
`)
	j.flags = append(j.flags, flag("faulty_mapper", "{}"))
	r := j.mustRun(t, e.New())
	if n := r.Rows; n.Kept != 4 || n.Quarantined != 2 {
		t.Errorf("rows: %+v", n)
	}
	want := `{"text":"row 1 of this instance"}
{"text":"good"}
{"text":"row 1 of this instance"}
{"text":"row 3 of this instance"}
`
	if got := readFile(t, j.out); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	q := readFile(t, filepath.Join(j.folder(), "quarantine", "stage-00.jsonl"))
	for _, want := range []string{`"line":3,"step":1,"operator":"faulty_mapper","reason":"the operator panicked: runtime error: index out of range`, `"line":5,"step":1,"operator":"faulty_mapper","reason":"the text asks for an error"`} {
		if !strings.Contains(q, want) {
			t.Errorf("the quarantine lacks %s:\n%s", want, q)
		}
	}
}

func (e Engine) stopAtBadRow(t *testing.T) {
	for _, word := range []string{"ERROR", "PANIC"} {
		j, path := oneBadRow(t, word)
		j.flags = append(j.flags, flag("skip_op_error", false))
		_, err := j.run(t.Context(), e.New())
		wantError(t, err, path+", row at offset 16: faulty_mapper: ", "skip_op_error: true")
		if exists(j.out) {
			t.Error("the failed run left a result")
		}
	}
}

// fatal is an operator's error that is not the row's fault.
func (e Engine) fatal(t *testing.T) {
	j, _ := oneBadRow(t, "FATAL")
	_, err := j.run(t.Context(), e.New())
	wantError(t, err, "writing a cache: "+syscall.ENOSPC.Error())
	if exists(j.out) {
		t.Error("the failed run left a result")
	}
}

func oneBadRow(t *testing.T, word string) (j job, path string) {
	dir := scratch.Dir(t)
	path = filepath.Join(dir, "in.jsonl")
	writeFile(t, path, `{"text":"good"}`+"\n"+`{"text":"`+word+`"}`+"\n"+`{"text":"good"}`+"\n")
	return job{inputs: []string{path}, out: filepath.Join(dir, "out.jsonl"), flags: append(j.flags, flag("faulty_mapper", "{}"))}, path
}

// killedWorker kills a worker amid a task, once in each kind of plan.
func (e Engine) killedWorker(t *testing.T) {
	dir := scratch.Dir(t)
	calm := func(out string) job {
		j := job{recipe: filepath.Join(dir, "recipe.yaml"), inputs: corpus(t, dir), out: filepath.Join(dir, out), workers: 2}
		writeFile(t, j.inputs[1], strings.Replace(readFile(t, j.inputs[1]), "row 40 of", "KILL row 40 of", 1))
		j.flags = append(j.flags, flag("segment", 2000))
		return j
	}
	recipe := func(marker string) string {
		return "process: [whitespace_normalization_mapper: {}, document_deduplicator: {}, faulty_mapper: {marker: " + marker + "}]"
	}
	there := filepath.Join(dir, "there")
	writeFile(t, there, "")
	j := calm("calm.jsonl")
	writeFile(t, j.recipe, recipe(there))
	want := j.mustRun(t, e.New())

	marker := filepath.Join(dir, "marker")
	j = calm("killed.jsonl")
	writeFile(t, j.recipe, recipe(marker))
	var logged strings.Builder
	j.options.Logf = func(format string, args ...any) { fmt.Fprintf(&logged, format+"\n", args...) }
	got := j.mustRun(t, e.New())
	if !exists(marker) || !strings.Contains(logged.String(), "is started again") {
		t.Errorf("no worker was killed; the log has %q", logged.String())
	}
	if got.Digest != want.Digest || readFile(t, j.out) != readFile(t, want.Output[0].Path) {
		t.Errorf("the digest is %s, want %s", got.Digest, want.Digest)
	}
}

// hoard has a worker take more memory than the engine allows. It is ended, and
// its task done by another.
func (e Engine) hoard(t *testing.T) {
	j, _ := oneBadRow(t, "HOARD")
	j.flags = append(j.flags, flag("faulty_mapper.marker", filepath.Join(filepath.Dir(j.out), "marker")))
	var logged strings.Builder
	j.options.Logf = func(format string, args ...any) { fmt.Fprintf(&logged, format+"\n", args...) }
	if r := j.mustRun(t, e.New()); r.Rows.Kept != 3 {
		t.Errorf("rows: %+v", r.Rows)
	}
	if !strings.Contains(logged.String(), "bytes of memory") {
		t.Errorf("the log has %q", logged.String())
	}
}

// rowThatKills ends the run after some attempts, and says where it lies.
func (e Engine) rowThatKills(t *testing.T) {
	j, path := oneBadRow(t, "KILL")
	_, err := j.run(t.Context(), e.New())
	wantError(t, err, path, "was lost 4 times")
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("the run succeeded")
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("the error is %q, which lacks %q", err, p)
		}
	}
}
