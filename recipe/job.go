package recipe

import (
	"corpusmill/plan"
	"corpusmill/storage"
	"corpusmill/storage/object"
)

const (
	// defaultShard is the size of a folder's shards, in bytes of uncompressed
	// rows.
	defaultShard = 256 << 20
	// smallestSegment is how far a bound on memory may shrink the segments.
	smallestSegment = 256 << 10
	// usefulSegment is the size below which more segments cost more than
	// they give, where there are enough for all workers.
	usefulSegment = 4 << 20
	// leastSegment is how far segments shrink so that all workers have some.
	leastSegment = 64 << 10
	// largestSegment keeps offsets within a segment in 32 bits, whatever row
	// its end falls into.
	largestSegment = 1 << 30
	// unknownEngine is how many tasks an engine may run at once that nobody has
	// asked yet, and enginesSegment the least segment there: segments are put
	// together when the engine has said what it has.
	unknownEngine  = 128
	enginesSegment = 1_000_000
	// DefaultSplit is the largest split, in bytes of a file as stored.
	DefaultSplit = 128_000_000
)

// Parallel is how many tasks run at once on all machines together; 0 when only
// the engine knows, which nobody has asked yet.
func (r *Recipe) Parallel() int {
	switch {
	case r.Slots > 0:
		return r.Slots
	case r.Backend == "local" || r.Backend == "processes" || r.NPGiven && r.Backend != "ranks":
		return r.NP
	}
	return 0
}

// here is how many tasks at once share the memory of this machine, or of one
// like it; 0 where they are on machines that nobody has asked yet.
func (r *Recipe) here() int64 {
	switch r.Backend {
	case "slurm", "ray", "dask", "spark":
		return 0
	}
	return int64(r.NP)
}

// segment is the size of the segments: that of the recipe, or less where a
// small bound on memory asks for it, or a small input would leave workers
// without one, or splits are to be smaller. The result doesn't depend on it.
func (r *Recipe) segment(files []storage.File) int64 {
	n := min(r.Segment, largestSegment, max(r.Memory/(8*max(r.here(), 1)), smallestSegment))
	if r.SplitSize > 0 && !r.WholeFiles {
		n = min(n, r.SplitSize)
	}
	total, slots := Unpacked(files), int64(r.Parallel())
	switch {
	case total < 0 || r.WholeFiles:
		return n
	case r.SplitCount > 0:
		return max(min(n, total/int64(r.SplitCount)), 1)
	case slots == 0:
		return min(n, max(total/(4*unknownEngine), enginesSegment))
	}
	n = min(n, max(total/(8*slots), usefulSegment))
	return min(n, max(total/(2*slots), leastSegment))
}

// unpacks is how many times as long rows usually are as what gzip, zstd or
// Parquet make of them.
const unpacks = 4

// Unpacked estimates how many bytes the rows of files have; -1 when the size of
// one isn't known.
func Unpacked(files []storage.File) (n int64) {
	for _, f := range files {
		switch {
		case f.Size < 0:
			return -1
		case f.Codec != storage.Plain || f.Format == "parquet":
			n += unpacks * f.Size
		default:
			n += f.Size
		}
	}
	return n
}

// Job is what plan.Build makes the recipe's plan from. files are its inputs
// as they were found.
func (r *Recipe) Job(files []storage.File) plan.Job {
	j := plan.Job{
		Project: r.ProjectName, Inputs: files, Output: r.Export.output(), TextKey: r.TextKey,
		KeepStats: r.KeepStats, StopOnRowError: !r.SkipOpError, Unmonitored: !r.OpenMonitor, MaxRow: r.MaxRow,
		Segment: r.segment(files), TaskMemory: r.TaskMemory, Models: r.Models, WorkersWrite: r.elsewhere() || object.In(r.Export.Path), Shared: r.shared(), StrictCompat: r.StrictCompat,
	}
	if j.TaskMemory == 0 {
		j.RangeMemory = r.rangeMemory()
		if r.elsewhere() {
			j.TaskMemory = enginesTaskMemory
		}
	}
	for _, s := range r.Steps {
		j.Steps = append(j.Steps, plan.Step{Label: s.Label, Name: s.Name, Params: s.Params})
	}
	return j
}

// enginesTaskMemory is the memory of a task that compares keys where workers
// are on other machines. There is more data then, and each such task looks into
// the files of all segments.
const enginesTaskMemory = 8 * plan.DefaultTaskMemory

// largestRange is the most memory, in bytes, of a task that compares the keys of
// very many segments.
const largestRange = 1 << 30

// rangeMemory is Plan.RangeMemory: an eighth of what each task has of the memory,
// or what workers can be thought to have.
func (r *Recipe) rangeMemory() int64 {
	if n := r.here(); n > 0 {
		return min(largestRange, r.Memory/(8*n))
	}
	return largestRange / 2
}

// elsewhere says whether workers are on other machines.
func (r *Recipe) elsewhere() bool { return r.Backend != "local" && r.Backend != "processes" }

// shared is Plan.Shared: machines that need no common folder meet beside the
// result, unless they have one.
func (r *Recipe) shared() string {
	if !r.elsewhere() || r.WorkDir != "" || !object.In(r.Export.Path) {
		return ""
	}
	return plan.SharedOf(r.Export.Path)
}

func (x Export) output() plan.Output {
	o := plan.Output{Path: x.Path, Format: x.Format, Codec: x.Codec, Shard: x.ShardSize, Layout: plan.SingleFile}
	switch {
	case x.Path == "-":
		o.Layout, o.Shard = plan.Stream, 0
	case x.Folder:
		o.Layout = plan.Folder
		if o.Shard == 0 {
			o.Shard = defaultShard
		}
	case x.ShardSize > 0:
		o.Layout = plan.Numbered
	}
	return o
}
