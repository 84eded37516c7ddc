// Conformance runs the operators that this module and py-data-juicer both have
// over the same random texts with the same random parameters, and compares
// what they measure, keep and write. Differences on purpose are counted by
// rule; of any other it prints a small case and exits with status 1.
//
//	go run ./bench/conformance -seed 7 -cases 5000 -op clean_links_mapper
//
// It needs Python 3 with venv; the first run makes bench/venv/datajuicer.
package main

import (
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"corpusmill/bench/machine"
	"corpusmill/op"
)

const (
	// models holds small stand-ins under the names of the real ones.
	models = "testdata/models"
	// wordLists is where both sides read stop words and flagged words.
	wordLists = "testdata/vectors/assets"

	textsPerSet = 50 // texts that a set of parameters is tried with
	setsPerData = 10 // rows of cases that a deduplicator's data set counts for
	shown       = 3  // disagreements of an operator that are shrunk and printed
)

type config struct {
	seed     uint64
	cases    int
	operator string
	results  string
}

func main() {
	var c config
	flag.Uint64Var(&c.seed, "seed", 1, "seed of parameters and texts")
	flag.IntVar(&c.cases, "cases", 2000, "rows per operator")
	flag.StringVar(&c.operator, "op", "", "`operator` to compare (default: all)")
	flag.StringVar(&c.results, "results", "bench/results", "`folder` for the table; empty for none")
	flag.Parse()
	disagreements, err := run(c)
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	}
	if disagreements > 0 {
		os.Exit(1)
	}
}

func run(c config) (disagreements int, err error) {
	switch _, known := op.Lookup(c.operator); {
	case flag.NArg() > 0:
		return 0, fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case c.cases < textsPerSet:
		return 0, fmt.Errorf("-cases: %d, want at least %d", c.cases, textsPerSet)
	case c.operator != "" && !known:
		return 0, fmt.Errorf("-op: no operator is named %q", c.operator)
	}
	if _, err := os.Stat(wordLists); err != nil {
		return 0, errors.New("run it from the root of the tree: go run ./bench/conformance")
	}
	p, err := startPeer(models)
	if err != nil {
		return 0, err
	}
	defer p.close()
	r := &report{
		Date: time.Now().UTC().Format("2006-01-02"), Machine: machine.Describe(), Versions: p.Versions,
		Seed: c.seed, Cases: c.cases,
	}
	for _, name := range op.Names() {
		if c.operator != "" && name != c.operator {
			continue
		}
		theirs, ok := p.Operators[name]
		if !ok {
			r.Missing = append(r.Missing, name)
			continue
		}
		spec, _ := op.Lookup(name)
		spec = withParams(spec, func(p string) bool { return slices.Contains(theirs, p) })
		t, err := compareOperator(p, c, spec)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println(t)
		r.Operators = append(r.Operators, t)
		disagreements += t.disagreements
	}
	if c.results == "" || c.operator != "" {
		return disagreements, nil
	}
	return disagreements, r.write(filepath.Join(c.results, r.Date+"-conformance.md"))
}

// withParams returns spec without the parameters that are not to be set.
func withParams(spec op.Spec, has func(name string) bool) op.Spec {
	spec.Params = slices.DeleteFunc(slices.Clone(spec.Params), func(p op.Param) bool { return !has(p.Name) })
	return spec
}

// compareOperator runs the cases of one operator. They depend on the seed and
// its name alone.
func compareOperator(p *peer, c config, spec op.Spec) (tally, error) {
	h := fnv.New64a()
	h.Write([]byte(spec.Name))
	rng := rand.New(rand.NewPCG(c.seed, h.Sum64()))
	source := newTexts(rng)
	t := tally{operator: spec.Name, known: map[*rule]int{}}
	for done := 0; done < c.cases; {
		s := sample{spec: spec, params: randomParams(spec, rng)}
		if spec.Kind == op.KindDeduplicator {
			s.texts = source.dataset()
			done += setsPerData
		} else {
			for range textsPerSet {
				s.texts = append(s.texts, source.next())
			}
			done += textsPerSet
		}
		cases, found, err := compare(p, s)
		if err != nil {
			return t, err
		}
		t.cases += cases
		for _, d := range found {
			if d.known != nil {
				t.known[d.known]++
				continue
			}
			if t.disagreements++; t.disagreements > shown {
				continue
			}
			if d, err = shrink(p, d); err != nil {
				return t, err
			}
			fmt.Printf("\n%s\n", d)
		}
	}
	return t, nil
}
