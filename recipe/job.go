package recipe

import (
	"corpusmill/plan"
	"corpusmill/storage"
)

const (
	// defaultShard is the size of a folder's shards, in bytes of uncompressed
	// rows.
	defaultShard = 256 << 20
	// smallestSegment is how far a bound on memory may shrink the segments.
	smallestSegment = 256 << 10
	// usefulSegment is the size below which more segments cost more than
	// they give.
	usefulSegment = 4 << 20
	// largestSegment keeps offsets within a segment in 32 bits, whatever row
	// its end falls into.
	largestSegment = 1 << 30
)

// segment is the size of the segments: that of the recipe, or less where a
// small bound on memory asks for it or a small input would leave workers
// without one. The result doesn't depend on it.
func (r *Recipe) segment(files []storage.File) int64 {
	n := min(r.Segment, largestSegment, max(r.Memory/int64(8*r.NP), smallestSegment))
	var total int64
	for _, f := range files {
		if f.Size < 0 || f.Codec != storage.Plain {
			return n
		}
		total += f.Size
	}
	return min(n, max(total/int64(8*r.NP), usefulSegment))
}

// Job is what plan.Build makes the recipe's plan from. files are its inputs
// as they were found.
func (r *Recipe) Job(files []storage.File) plan.Job {
	j := plan.Job{
		Project: r.ProjectName, Inputs: files, Output: r.Export.output(), TextKey: r.TextKey,
		KeepStats: r.KeepStats, StopOnRowError: !r.SkipOpError, MaxRow: r.MaxRow,
		Segment: r.segment(files), TaskMemory: r.TaskMemory, Models: r.Models, StrictCompat: r.StrictCompat,
	}
	for _, s := range r.Steps {
		j.Steps = append(j.Steps, plan.Step{Label: s.Label, Name: s.Name, Params: s.Params})
	}
	return j
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
