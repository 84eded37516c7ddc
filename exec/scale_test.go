package exec

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"corpusmill/internal/scratch"
	"corpusmill/plan"
	"corpusmill/storage"
)

// instant is an engine that finishes every task at once, with one row kept.
type instant struct{ lose int }

func (instant) Open(context.Context, string, int) error { return nil }
func (instant) Close() error                            { return nil }

func (i instant) Run(_ context.Context, tasks iter.Seq[Task], on func(Event)) error {
	n := 0
	for t := range tasks {
		if n++; i.lose > 0 && n%i.lose == 0 && t.Attempt == 0 {
			on(Event{Task: t.ID, Attempt: t.Attempt, Kind: TaskLost, Err: "gone"})
			continue
		}
		s := &Segment{Bulk: &Bulk{}}
		s.Src, s.Seg = t.Split.Src, t.Split.Seg
		s.Steps = map[int]StepCount{0: {Count: Count{In: 1, Kept: 1}}}
		s.File.In, s.File.Kept, s.File.Lines, s.File.Bytes = 1, 1, 1, 100
		s.Rows.Add([]byte("{}"))
		s.Bulk.Rows = []byte("{}\n")
		on(Event{Task: t.ID, Attempt: t.Attempt, Kind: SegmentDone, Segment: s})
		on(Event{Task: t.ID, Attempt: t.Attempt, Kind: TaskDone})
	}
	return nil
}

// BenchmarkDriver hands out a million tasks, one in a hundred of which is
// lost, and commits them.
func BenchmarkDriver(b *testing.B) {
	const tasks = 1_000_000
	for b.Loop() {
		dir := scratch.Dir(b)
		out := filepath.Join(dir, "out.jsonl")
		p := &plan.Plan{Format: plan.Version, Segment: 100, Output: plan.Output{Path: out, Format: "jsonl", Layout: plan.SingleFile},
			Stages: []plan.Stage{{Name: "write", Read: plan.FromInput, End: plan.EndWrite, Dedup: -1, After: -1}}}
		p.Inputs = []storage.File{{Path: filepath.Join(dir, "in.jsonl"), Format: "instant", Size: 100 * tasks}}
		began := time.Now()
		var peak uint64
		logged, journal := 0, 0.0
		r, err := Run(b.Context(), p, instant{lose: 100}, Options{Workers: 6400, Folder: out + ".run", Logf: func(string, ...any) {
			if logged++; logged == 5000 {
				if info, err := os.Stat(filepath.Join(out+".run", "work", "journal")); err == nil {
					journal = float64(info.Size()) / float64(100*logged)
				}
			}
			if logged%1000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}})
		if err != nil {
			b.Fatal(err)
		}
		if r.Rows.Kept != tasks {
			b.Fatalf("%d rows were kept", r.Rows.Kept)
		}
		b.ReportMetric(tasks/time.Since(began).Seconds(), "tasks/s")
		b.ReportMetric(float64(peak)/1e6, "MB")
		b.ReportMetric(journal, "journal-B/task")
		os.RemoveAll(dir)
	}
}

func init() { storage.Register(instantFormat{}) }

// instantFormat cuts a file into splits of one segment that nobody reads.
type instantFormat struct{ storage.Format }

func (instantFormat) Name() string         { return "instant" }
func (instantFormat) Extensions() []string { return []string{".instant"} }

func (instantFormat) Splits(f storage.File, src uint32, segment int64) ([]storage.Split, error) {
	var out []storage.Split
	for at := int64(0); at < f.Size; at += segment {
		out = append(out, storage.Split{Src: src, Seg: int(at / segment), Start: at, End: at + segment})
	}
	return out, nil
}
