package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"corpusmill/bench/machine"
)

// driverCost is what BenchmarkDriver of package exec measured.
type driverCost struct {
	tasks   float64 // committed a second
	heap    float64 // bytes for each task
	journal float64 // bytes for each task
}

// scaleCase is rows for a cluster. The first is what Data-Juicer publishes of
// itself on Ray: 70e9 samples on 6,400 cores in 2 hours; nothing is said of
// their size.
type scaleCase struct {
	rows     float64
	rowBytes float64
	cores    int
}

var scaleCases = []scaleCase{
	{70e9, 200, 6400}, {70e9, 1000, 6400}, {70e9, 3000, 6400},
	{7e9, 1000, 3200},
}

// scaleTask is the input of a task, in bytes: the largest split.
const scaleTask = 128e6

func parseScaleFlags(args []string) (config, error) {
	var c config
	f := flag.NewFlagSet("bench scale", flag.ContinueOnError)
	c.flags(f, "scale", 10*time.Minute)
	f.IntVar(&c.runs, "runs", 3, "runs of the recipe")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	if f.NArg() > 0 || c.runs < 1 {
		return c, errors.New("usage: bench scale [flags]; -help lists the flags")
	}
	c.sizes, c.workers = []string{"100MB"}, []int{1}
	return c, nil
}

// measureScale measures a recipe and the driver here and writes what a cluster
// would take for more.
func measureScale(c config, contenders []contender, r *report) error {
	s := setting{job: jobs[slices.Index(jobNames(), "ten")], size: c.sizes[0], workers: 1}
	if err := measureSetting(c, s, contenders, r); err != nil {
		return err
	}
	d, err := measureDriver()
	if err != nil {
		return err
	}
	r.Machine.LoadAfter = machine.LoadAverage()
	return r.write(filepath.Join(c.results, r.Date+"-"+c.name), r.scale(d))
}

var driverMetric = regexp.MustCompile(`([0-9.e+]+) (tasks/s|MB|journal-B/task)(?:\s|$)`)

// driverTasks is how many tasks BenchmarkDriver hands out.
const driverTasks = 1e6

func measureDriver() (driverCost, error) {
	cmd := exec.Command("go", "test", "./exec", "-run", "^$", "-bench", "Driver$", "-benchtime", "1x")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return driverCost{}, fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	got := map[string]float64{}
	for _, m := range driverMetric.FindAllStringSubmatch(string(out), -1) {
		if got[m[2]], err = strconv.ParseFloat(m[1], 64); err != nil {
			return driverCost{}, err
		}
	}
	d := driverCost{got["tasks/s"], got["MB"] * 1e6 / driverTasks, got["journal-B/task"]}
	if d.tasks == 0 || d.heap == 0 || d.journal == 0 {
		return d, fmt.Errorf("%s doesn't say what is wanted:\n%s", cmd, out)
	}
	return d, nil
}

func (r *report) scale(d driverCost) string {
	var b strings.Builder
	r.heading(&b, "Tasks, driver and time at 6,400 cores: on paper")
	rate := float64(r.Measured[0].Bytes) / median(sorted(r.Measured, measurement.cpu))
	a := assumed
	fmt.Fprintf(&b, `
Measured here: the ten filters of the demo recipe that need no model, %.1f MB per CPU second on one core; the driver
with a million tasks on an engine that does nothing (BenchmarkDriver in package exec): %.0f tasks committed a second,
%.0f bytes of memory and %.0f bytes of journal for each.

The rest is arithmetic: tasks of %.0f MB; nodes of %d cores, each %.0f %% of one here when all work; %.0f GB/s of reading and writing a
node, and every byte read once and written twice; the slowest node taking %.1f times the average; %.1f s to start a task, each on its
core; %.0f s to start. The driver works beside the tasks. Nothing of this was run on a cluster. Data-Juicer publishes 2 hours for 70e9 samples on
6,400 cores and 0.45 hours for 7e9 on 3,200, and not their size or the recipe.

| rows | bytes each | cores | input | tasks | driver's memory | journal | driver's time | CPU | reading and writing | all |
|---|---|---|---|---|---|---|---|---|---|---|
`, rate/1e6, d.tasks, d.heap, d.journal, scaleTask/1e6, a.nodeCores, 100*a.efficiency, a.storage/1e9, a.skew, a.perTask, a.start)
	for _, s := range scaleCases {
		bytes := s.rows * s.rowBytes
		tasks := math.Ceil(bytes / scaleTask)
		cpu := a.skew * bytes / rate / float64(s.cores) / a.efficiency
		moving := a.skew * 3 * bytes / (float64(s.cores/a.nodeCores) * a.storage)
		all := a.start + max(cpu, moving, tasks/d.tasks) + math.Ceil(tasks/float64(s.cores))*a.perTask
		fmt.Fprintf(&b, "| %.0fe9 | %.0f | %d | %.0f TB | %.0f | %.2f GB | %.2f GB | %.0f s | %.1f min | %.1f min | %.1f min |\n",
			s.rows/1e9, s.rowBytes, s.cores, bytes/1e12, tasks, tasks*d.heap/1e9, tasks*d.journal/1e9, tasks/d.tasks, cpu/60, moving/60, all/60)
	}
	return b.String()
}
