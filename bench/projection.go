package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"corpusmill/bench/machine"
	"corpusmill/bench/synth"
)

// cluster is what a projection assumes of the machines. Nothing of it was
// measured.
type cluster struct {
	nodeCores  int
	efficiency float64 // of a core there, with all others at work, of one here
	storage    float64 // bytes/s that a node reads or writes, to storage that all share
	skew       float64 // time of the slowest node over the average
	taskGB     float64 // input of a task
	perTask    float64 // seconds to start one, on each core
	perStage   float64 // seconds between the last task of a stage and the first of the next
	start      float64 // seconds
}

var assumed = cluster{nodeCores: 160, efficiency: 0.5, storage: 2e9, skew: 1.3, taskGB: 0.5, perTask: 0.2, perStage: 5, start: 30}

// publishedCase is a run of Data-Juicer's MinHash on Ray: D. Chen et al.,
// "Data-Juicer 2.0: Cloud-Scale Adaptive Data Processing for Foundation
// Models", 2025.
type publishedCase struct {
	gigabytes float64
	cores     int
	minutes   float64
}

var published = []publishedCase{
	{200, 640, 11.1}, {1000, 640, 50.8}, {5000, 640, 285.4},
	{200, 1280, 7.5}, {1000, 1280, 30.1}, {5000, 1280, 168.1},
}

// time is the seconds that stages measured over so many bytes take on so many
// cores over more. The first and the last stage read the input, each but the
// first also what the one before wrote. A stage takes as long as its CPU, or
// as its reading and writing, whichever is more.
func (a cluster) time(stages []stageCost, measured int64, gigabytes float64, cores int) float64 {
	bytes := gigabytes * 1e9
	scale := bytes / float64(measured)
	nodes := float64(cores / a.nodeCores)
	tasks := math.Ceil(gigabytes / a.taskGB / float64(cores))
	seconds, read := a.start, 0.0
	for i, s := range stages {
		write := float64(written(stages, i)) * scale
		switch i {
		case 0:
			read = bytes
		case len(stages) - 1: // writes no more than it reads
			read, write = read+bytes, bytes
		}
		cpu := s.CPU * scale / float64(cores) / a.efficiency
		seconds += a.skew*max(cpu, (read+write)/nodes/a.storage) + tasks*a.perTask + a.perStage
		read = write
	}
	return seconds
}

// written is what a stage added to the run folder.
func written(stages []stageCost, i int) int64 {
	if i == 0 {
		return stages[0].Left
	}
	return max(0, stages[i].Left-stages[i-1].Left)
}

// parseProjectionFlags reads the flags of `bench projection`.
func parseProjectionFlags(args []string) (config, error) {
	var c config
	f := flag.NewFlagSet("bench projection", flag.ContinueOnError)
	c.flags(f, "dedup-projection", 10*time.Minute)
	size := f.String("size", "1GB", "corpus size to measure")
	f.IntVar(&c.runs, "runs", 3, "runs of each variant")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	if _, err := synth.ParseSize(*size); err != nil || f.NArg() > 0 || c.runs < 1 {
		return c, errors.Join(errors.New("usage: bench projection [flags]; -help lists the flags"), err)
	}
	c.sizes, c.workers = []string{*size}, []int{1}
	return c, nil
}

// clusterVariant is what runs on a cluster.
const clusterVariant = "default, rounds"

// projectionRuns are the variants of which stages are measured. "rounds" has
// tasks so small that clusters are found in rounds of many tasks, as on a
// cluster, instead of by one union-find over all pairs.
var projectionRuns = []struct {
	name string
	args []string
}{
	{"default", nil},
	{"xxh3", minhashArg("hash", "xxh3")},
	{clusterVariant, []string{"--task_memory", "1MiB"}},
}

// measureProjection measures the stages of a run here and writes what they
// would take on a cluster.
func measureProjection(c config, contenders []contender, r *report) error {
	s := setting{job: job{name: "mixed", recipe: similarRecipe}, size: c.sizes[0], workers: 1}
	if _, err := makeSimilarCorpus(c, &s); err != nil {
		return err
	}
	for range c.runs {
		for _, v := range projectionRuns {
			var w *stageWatch
			plain := contenders[0].command(s)
			m, err := measureOnce(c, s, func(out string) *exec.Cmd {
				cmd := plain(out)
				cmd.Args = append(cmd.Args, v.args...)
				w = watchStages(filepath.Join(out, outputName+".run"))
				return cmd
			})
			m.Stages = w.stop()
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s, v.name, err)
			}
			if len(m.Stages) != 4 {
				return fmt.Errorf("%s, %s: %d stages were seen, want keys, pairs, clusters and write: %v", s, v.name, len(m.Stages), m.Stages)
			}
			m.Job, m.Size, m.Bytes, m.Workers, m.Contender = s.job.name, s.size, s.bytes, s.workers, v.name
			r.Measured = append(r.Measured, m)
			fmt.Printf("%-24s %8.2f CPU s, stages %v\n", v.name, m.cpu(), m.Stages)
		}
	}
	r.Machine.LoadAfter = machine.LoadAverage()
	return r.write(filepath.Join(c.results, r.Date+"-"+c.name), r.projection())
}

// medianStages are the stages of a variant's runs, each with its median CPU.
func (r *report) medianStages(variant string) (stages []stageCost, bytes int64) {
	runs := slices.DeleteFunc(slices.Clone(r.Measured), func(m measurement) bool { return m.Contender != variant })
	for i, s := range runs[0].Stages {
		s.CPU = median(sorted(runs, func(m measurement) float64 { return m.Stages[i].CPU }))
		stages = append(stages, s)
	}
	return stages, runs[0].Bytes
}

func (r *report) projection() string {
	var b strings.Builder
	r.heading(&b, "Similar rows on a cluster: a projection")
	a := assumed
	fmt.Fprintf(&b, `
The stages of document_minhash_deduplicator were measured here, with one worker; the second table is arithmetic from
"default, rounds". It assumes nodes of %d cores, each %.0f %% of one here when all work; %.0f GB/s of reading and writing a node, to
storage that all share, which is also how tasks hand data on; the slowest node taking %.1f times the average;
tasks of %.0f MB, %.1f s to start each; %.0f s between stages and %.0f s to start. A stage takes as long as its CPU
or its reading and writing, whichever is more. Nothing of this was run on a cluster. Data-Juicer's minutes are
those of its paper (Data-Juicer 2.0, 2025: other machines, other texts), which says "cores" of its own kind.

## Stages, per GB of input

| variant | stage | CPU s/GB | bytes for the next stage, for each of the input |
|---|---|---|---|
`, a.nodeCores, 100*a.efficiency, a.storage/1e9, a.skew, 1000*a.taskGB, a.perTask, a.perStage, a.start)
	for _, v := range projectionRuns {
		stages, bytes := r.medianStages(v.name)
		total := 0.0
		for i, s := range stages {
			left := ""
			if i < len(stages)-1 {
				left = fmt.Sprintf("%.4f", float64(written(stages, i))/float64(bytes))
			}
			fmt.Fprintf(&b, "| %s | %s | %.3f | %s |\n", v.name, s.Name, s.CPU*1e9/float64(bytes), left)
			total += s.CPU * 1e9 / float64(bytes)
		}
		fmt.Fprintf(&b, "| %s | all | %.3f | |\n", v.name, total)
	}
	b.WriteString("\n## Minutes\n\n| input | cores | corpusmill | of it CPU | Data-Juicer, published | times |\n|---|---|---|---|---|---|\n")
	stages, bytes := r.medianStages(clusterVariant)
	minutes := func(p publishedCase) float64 { return a.time(stages, bytes, p.gigabytes, p.cores) / 60 }
	for _, p := range published {
		cpu := 0.0
		for _, s := range stages {
			cpu += s.CPU * p.gigabytes * 1e9 / float64(bytes) / float64(p.cores) / a.efficiency / 60
		}
		fmt.Fprintf(&b, "| %.0f GB | %d | %.1f | %.1f | %.1f | %.0f |\n", p.gigabytes, p.cores, minutes(p), cpu, p.minutes, p.minutes/minutes(p))
	}
	b.WriteString("\n## Growth\n\n| | corpusmill | Data-Juicer, published |\n|---|---|---|\n")
	ratio := func(over, under int) (float64, float64) {
		return minutes(published[over]) / minutes(published[under]), published[over].minutes / published[under].minutes
	}
	for _, g := range []struct {
		what        string
		over, under int
	}{
		{"5 times the data, 200 GB to 1 TB, 640 cores", 1, 0}, {"5 times the data, 1 TB to 5 TB, 640 cores", 2, 1},
		{"5 times the data, 200 GB to 1 TB, 1,280 cores", 4, 3}, {"5 times the data, 1 TB to 5 TB, 1,280 cores", 5, 4},
		{"twice the cores, 200 GB", 3, 0}, {"twice the cores, 1 TB", 4, 1}, {"twice the cores, 5 TB", 5, 2},
	} {
		o, t := ratio(g.over, g.under)
		fmt.Fprintf(&b, "| %s | %.2f times the time | %.2f |\n", g.what, o, t)
	}
	whole, _ := r.medianStages("default")
	fmt.Fprintf(&b, `
## Rounds and one union-find

Finding the components of all pairs took %.2f CPU s/GB by one task with all pairs in memory, and %.2f in rounds of
tasks of 1 MiB, most of which goes to opening and searching their small files: tasks of the default size are larger.
On a cluster the one task is the whole stage's time: for 5 TB %.0f s on one core there, with all pairs in its memory;
the rounds are spread over all cores.
`, whole[2].CPU*1e9/float64(bytes), stages[2].CPU*1e9/float64(bytes), whole[2].CPU*1e9/float64(bytes)*5000/a.efficiency)
	return b.String()
}
