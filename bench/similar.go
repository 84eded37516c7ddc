package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"corpusmill/bench/machine"
	"corpusmill/bench/synth"
)

const similarRecipe = "bench/recipes/similar.yaml"

// verdict is what bench/judge prints of a result: see Verdict there.
type verdict struct {
	Rows      int     `json:"rows"`
	Clusters  int     `json:"clusters"`
	Largest   int     `json:"largest"`
	Redundant int     `json:"redundant"`
	Removed   int     `json:"removed"`
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
	Related   float64 `json:"related"`
	Direct    float64 `json:"direct"`

	file string // the result
}

// corpusKinds are arguments of bench/corpus.
var corpusKinds = map[string][]string{
	"mixed":   nil,
	"crowded": {"-crowded", "-mean", "420"},
}

// similarFlags are those that config doesn't have.
type similarFlags struct {
	corpora  []string
	variants []string
	judge    bool
}

// parseSimilarFlags reads the flags of `bench similar`.
func parseSimilarFlags(args []string) (config, similarFlags, error) {
	var c config
	var s similarFlags
	f := flag.NewFlagSet("bench similar", flag.ContinueOnError)
	c.flags(f, "dedup", 30*time.Minute)
	sizes := f.String("size", "100MB", "corpus sizes")
	corpora := f.String("corpora", "mixed,crowded", "kinds of corpora")
	variants := f.String("variants", "", "variants of corpusmill to run (default: all but those for memory)")
	peers := f.String("peers", strings.Join(similarPeerNames(), ","), "peers to run beside, or none")
	np := f.Int("np", 1, "number of workers")
	f.BoolVar(&s.judge, "judge", true, "compare results with the exact similarity of all rows")
	f.IntVar(&c.runs, "runs", 3, "runs of each; slow peers run once")
	if err := f.Parse(args); err != nil {
		return c, s, err
	}
	if f.NArg() > 0 || *np < 1 || c.runs < 1 {
		return c, s, errors.New("usage: bench similar [flags], with an -np and -runs of 1 or more; -help lists the flags")
	}
	c.sizes, c.workers, s.corpora = strings.Split(*sizes, ","), []int{*np}, strings.Split(*corpora, ",")
	for _, size := range c.sizes {
		if _, err := synth.ParseSize(size); err != nil {
			return c, s, fmt.Errorf("-size: %w", err)
		}
	}
	var names []string
	for _, v := range millVariants {
		names = append(names, v.name)
		if !v.memory && *variants == "" {
			s.variants = append(s.variants, v.name)
		}
	}
	if *variants != "" {
		s.variants = strings.Split(*variants, ",")
	}
	if *peers != "none" {
		c.peers = strings.Split(*peers, ",")
	}
	return c, s, errors.Join(known("-peers", c.peers, similarPeerNames()), known("-variants", s.variants, names), known("-corpora", s.corpora, slices.Sorted(maps.Keys(corpusKinds))))
}

// measureSimilar returns what runs and judges the deduplicators of similar
// rows, and writes one table of each corpus.
func measureSimilar(f similarFlags) func(config, []contender, *report) error {
	return func(c config, opened []contender, r *report) error {
		list, err := similarContenders(c, f, opened)
		if err != nil {
			return err
		}
		r.Contenders = nil
		for _, p := range list {
			if v := (version{p.program, p.version}); !slices.Contains(r.Contenders, v) {
				r.Contenders = append(r.Contenders, v)
			}
		}
		judge := ""
		if f.judge {
			judge = filepath.Join(c.data, "judge")
			if out, err := exec.Command("go", "build", "-o", judge, "./bench/judge").CombinedOutput(); err != nil {
				return fmt.Errorf("bench/judge: %w\n%s", err, out)
			}
		}
		for _, kind := range f.corpora {
			for _, size := range c.sizes {
				s := setting{job: job{name: kind, recipe: similarRecipe}, size: size, workers: c.workers[0]}
				if err := measureSimilarSetting(c, s, list, judge, r); err != nil {
					return err
				}
				r.Machine.LoadAfter = machine.LoadAverage()
				if err := r.write(filepath.Join(c.results, r.Date+"-"+c.name), r.similarTables(c, f)); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// measureSimilarSetting runs all contenders in turn and judges the result of
// the first run of each.
func measureSimilarSetting(c config, s setting, list []similarContender, judge string, r *report) error {
	truth, err := makeSimilarCorpus(c, &s)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.data, "kept-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var first []*measurement
	for round := range c.runs {
		for _, p := range list {
			if p.slow && (round > 0 || s.bytes > slowLimit) {
				continue
			}
			s.keep = ""
			// So many shingles of characters are alike that exact similarity
			// takes long.
			if round == 0 && judge != "" && p.tokens == "words" {
				s.keep = filepath.Join(dir, p.name+".jsonl")
			}
			m, err := measureOnce(c, s, p.command(s))
			if err != nil && p.program != ours && round == 0 {
				fmt.Printf("%s, %s: %v\n", s, p.name, err)
				r.Failed = append(r.Failed, fmt.Sprintf("%s on %s: %.200s", p.name, s, err))
				continue
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s, p.name, err)
			}
			m.Job, m.Size, m.Bytes, m.Workers, m.Contender = s.job.name, s.size, s.bytes, s.workers, p.name
			if s.keep != "" {
				m.Verdict = &verdict{file: s.keep}
				first = append(first, &m)
			}
			r.Measured = append(r.Measured, m)
			fmt.Printf("%-22s %-44s %8.2f CPU s %8.2f wall s %6d MB %9d rows\n", s, p.name, m.cpu(), m.Wall, m.Tree>>20, m.Rows)
		}
	}
	if len(first) == 0 {
		return nil
	}
	args := []string{"-corpus", s.corpus, "-made", truth}
	for _, m := range first {
		args = append(args, m.Verdict.file)
	}
	cmd := exec.Command(judge, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", cmd, err)
	}
	lines := json.NewDecoder(bytes.NewReader(out))
	for _, m := range first {
		if err := lines.Decode(m.Verdict); err != nil {
			return fmt.Errorf("%s: %w", cmd, err)
		}
	}
	return nil
}

// makeSimilarCorpus makes the setting's corpus, and the file that tells which
// rows repeat which, unless they are there.
func makeSimilarCorpus(c config, s *setting) (truth string, err error) {
	base := filepath.Join(c.data, fmt.Sprintf("corpus-%d-%s-%s", synth.Version, s.job.name, s.size))
	s.corpus, truth = base+".jsonl", base+".tsv"
	if _, err := os.Stat(s.corpus); err != nil {
		args := append([]string{"run", "./bench/corpus", "-size", s.size, "-truth", truth, "-o", s.corpus}, corpusKinds[s.job.name]...)
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("bench/corpus: %w\n%s", err, out)
		}
	}
	info, err := os.Stat(s.corpus)
	if err != nil {
		return "", err
	}
	s.bytes = info.Size()
	s.rows, err = countRows(s.corpus) // and now it lies in the page cache
	return truth, err
}
