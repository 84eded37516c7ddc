// Bench measures whole-process jobs of corpusmill and of its peers, one after
// the other in the same minutes on the same machine, and writes a table and
// the raw figures to bench/results. See README.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"corpusmill/bench/machine"
	"corpusmill/bench/synth"
)

// config is what the flags say.
type config struct {
	name    string
	jobs    []string
	sizes   []string
	workers []int
	peers   []string
	runs    int
	slow    bool
	binary  string
	data    string
	results string
	timeout time.Duration
}

func main() {
	var c config
	var err error
	measure := measureSettings
	switch what := append(os.Args, "")[1]; what {
	case "operators":
		measure = measureOperators
		c, err = parseOperatorFlags(os.Args[2:])
	case "projection":
		measure = measureProjection
		c, err = parseProjectionFlags(os.Args[2:])
	case "scale":
		measure = measureScale
		c, err = parseScaleFlags(os.Args[2:])
	case "similar":
		var f similarFlags
		c, f, err = parseSimilarFlags(os.Args[2:])
		measure = measureSimilar(f)
	default:
		c, err = parseFlags(os.Args[1:])
	}
	if err == nil {
		err = run(c, measure)
	}
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// flags are those that all benchmarks have; name and timeout are defaults.
func (c *config) flags(f *flag.FlagSet, name string, timeout time.Duration) {
	f.StringVar(&c.name, "name", name, "`name` of the result files, after the date")
	f.StringVar(&c.binary, "binary", "", "corpusmill `program` to measure (default: the tree's, built now)")
	f.StringVar(&c.data, "data", "bench/data", "`folder` for corpora and output: put it where it measures what you want")
	f.StringVar(&c.results, "results", "bench/results", "`folder` for the results")
	f.DurationVar(&c.timeout, "timeout", timeout, "longest time for one run")
}

func parseFlags(args []string) (config, error) {
	var c config
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	c.flags(f, "whole-process", 30*time.Minute)
	jobList := f.String("jobs", strings.Join(jobNames(), ","), "jobs to run")
	sizes := f.String("size", "100MB,1GB", "corpus sizes")
	workers := f.String("np", "1,2", "numbers of workers")
	peers := f.String("peers", strings.Join(peerNames(), ","), "peers to run beside, or none")
	f.IntVar(&c.runs, "runs", 3, "runs of each job")
	f.BoolVar(&c.slow, "slow", false, "also run slow peers on large corpora, and as often as all others")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	if f.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if c.runs < 1 {
		return c, fmt.Errorf("-runs: %d, want at least 1", c.runs)
	}
	c.jobs, c.sizes = strings.Split(*jobList, ","), strings.Split(*sizes, ",")
	if *peers != "none" {
		c.peers = strings.Split(*peers, ",")
	}
	for _, s := range c.sizes {
		if _, err := synth.ParseSize(s); err != nil {
			return c, fmt.Errorf("-size: %w", err)
		}
	}
	for _, w := range strings.Split(*workers, ",") {
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 {
			return c, fmt.Errorf("-np: %q is no number of workers", w)
		}
		c.workers = append(c.workers, n)
	}
	return c, errors.Join(known("-jobs", c.jobs, jobNames()), known("-peers", c.peers, peerNames()))
}

func known(what string, given, known []string) error {
	for _, g := range given {
		if !slices.Contains(known, g) {
			return fmt.Errorf("%s: %q is none of %s", what, g, strings.Join(known, ", "))
		}
	}
	return nil
}

// run prepares contenders, machine and report for measure, which writes it.
func run(c config, measure func(config, []contender, *report) error) error {
	if _, err := os.Stat("bench/recipes"); err != nil {
		return errors.New("run it from the root of the tree: go run ./bench")
	}
	if err := startMeasuring(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.data, 0o755); err != nil {
		return err
	}
	contenders, err := openContenders(c)
	if err != nil {
		return err
	}
	report := &report{Machine: machine.Describe(), Date: time.Now().UTC().Format("2006-01-02"), Runs: c.runs}
	for _, p := range contenders {
		report.Contenders = append(report.Contenders, version{p.name, p.version})
	}
	if err := warmUp(c, contenders); err != nil {
		return err
	}
	return measure(c, contenders, report)
}

// measureSettings runs the jobs that the flags ask for.
func measureSettings(c config, contenders []contender, r *report) error {
	for _, s := range settings(c) {
		if err := measureSetting(c, s, contenders, r); err != nil {
			return err
		}
	}
	r.Machine.LoadAfter = machine.LoadAverage()
	return r.write(filepath.Join(c.results, r.Date+"-"+c.name), r.markdown())
}

// warmUp runs every contender once over a single row and forgets the figures:
// the first start of a program reads it from the disk, and that of a Python
// one compiles it.
func warmUp(c config, contenders []contender) error {
	s := setting{job: jobs[slices.Index(jobNames(), "start")], size: "1B", workers: 1}
	if err := makeCorpus(c, &s); err != nil {
		return err
	}
	for _, p := range contenders {
		command := p.command(s)
		if command == nil {
			continue
		}
		if _, err := measureOnce(c, s, command); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// measureSetting runs one setting with all contenders in turn, so that a
// change in the machine's mood meets all of them.
func measureSetting(c config, s setting, contenders []contender, report *report) error {
	if err := errors.Join(makeCorpus(c, &s), makeModels(c, &s)); err != nil {
		return err
	}
	for round := range c.runs {
		for _, p := range contenders {
			command := p.command(s)
			if command == nil || p.slow && !c.slow && (round > 0 || s.bytes > slowLimit) {
				continue
			}
			m, err := measureOnce(c, s, command)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s, p.name, err)
			}
			m.Job, m.Size, m.Bytes, m.Workers, m.Contender = s.job.name, s.size, s.bytes, s.workers, p.name
			report.Measured = append(report.Measured, m)
			fmt.Printf("%-28s %-12s %8.2f CPU s %8.2f wall s %6d MB %9d rows\n", s, p.name, m.cpu(), m.Wall, m.Tree>>20, m.Rows)
		}
	}
	return nil
}

// measureOnce runs a command with an empty folder for its output, which is
// removed afterwards, but for the result that s.keep names.
func measureOnce(c config, s setting, command func(out string) *exec.Cmd) (measurement, error) {
	dir, err := os.MkdirTemp(c.data, "run-")
	if err != nil {
		return measurement{}, err
	}
	defer os.RemoveAll(dir)
	cmd := command(dir)
	log, err := os.Create(filepath.Join(dir, "log.txt"))
	if err != nil {
		return measurement{}, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	m, err := measure(cmd, c.timeout)
	if err != nil {
		text, _ := os.ReadFile(log.Name())
		return m, fmt.Errorf("%w: %s\n%s", err, cmd, text[max(0, len(text)-2000):])
	}
	result := filepath.Join(dir, outputName)
	switch {
	case s.digest:
		m.Rows, m.Digest, err = digestRows(result)
	case s.job.recipe != "":
		m.Rows, err = countRows(result)
	}
	if s.keep != "" {
		err = errors.Join(err, os.Rename(result, s.keep))
	}
	return m, err
}

// makeCorpus makes the setting's corpus unless it is there, and reads it once
// so that it lies in the page cache for everyone.
func makeCorpus(c config, s *setting) error {
	if s.job.recipe == "" {
		return nil
	}
	s.corpus = filepath.Join(c.data, fmt.Sprintf("corpus-%d-%s.jsonl", synth.Version, s.size))
	if _, err := os.Stat(s.corpus); err != nil {
		// In a process of its own: the peak of this one shows in its children.
		cmd := exec.Command("go", "run", "./bench/corpus", "-size", s.size, "-seed", "1", "-o", s.corpus)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", cmd, err)
		}
	}
	info, err := os.Stat(s.corpus)
	if err != nil {
		return err
	}
	s.bytes = info.Size()
	s.rows, err = countRows(s.corpus)
	return err
}
