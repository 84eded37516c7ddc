package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"corpusmill/bench/machine"
	"corpusmill/bench/synth"
	"corpusmill/op"
	_ "corpusmill/op/all"
)

// passThrough is the recipe without steps: what each row of the table has in
// it for starting, reading and writing.
const passThrough = "no operator"

// operatorParams are the parameters of the recipes of one operator, where the
// defaults need what only some have.
var operatorParams = map[string]map[string]any{
	"flagged_words_filter": {"flagged_words_dir": "testdata/vectors/assets"},
	"stopwords_filter":     {"stopwords_dir": "testdata/vectors/assets"},
}

// parseOperatorFlags reads the flags of `bench operators`.
func parseOperatorFlags(args []string) (config, error) {
	var c config
	f := flag.NewFlagSet("bench operators", flag.ContinueOnError)
	c.flags(f, "operators", 30*time.Minute)
	operators := f.String("op", "", "operators to run (default: all, and none)")
	size := f.String("size", "100MB", "corpus size")
	peers := f.String("peers", "data-juicer", "data-juicer, or none")
	f.IntVar(&c.runs, "runs", 3, "runs of corpusmill; data-juicer runs once")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	if _, err := synth.ParseSize(*size); err != nil {
		return c, fmt.Errorf("-size: %w", err)
	}
	all := append([]string{passThrough}, op.Names()...)
	if c.jobs, c.sizes, c.workers = all, []string{*size}, []int{1}; *operators != "" {
		c.jobs = strings.Split(*operators, ",")
	}
	if *peers != "none" {
		c.peers = strings.Split(*peers, ",")
	}
	return c, errors.Join(known("-op", c.jobs, all), known("-peers", c.peers, []string{"data-juicer"}))
}

// measureOperators runs every operator alone, with one worker, and writes one
// table of them.
func measureOperators(c config, contenders []contender, r *report) error {
	recipes, err := os.MkdirTemp(c.data, "recipes-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(recipes)
	failed := map[string]string{}
	for _, name := range c.jobs {
		s := setting{job: job{name: name}, size: c.sizes[0], workers: 1, digest: true}
		if s.job.recipe, err = writeRecipe(recipes, name); err != nil {
			return err
		}
		switch name {
		case "language_id_score_filter":
			s.models, err = filepath.Abs("testdata/models")
		case "perplexity_filter":
			s.job.models = true
		}
		if err != nil {
			return err
		}
		before := len(r.Measured)
		if err := measureSetting(c, s, contenders, r); err != nil {
			if len(r.Measured) == before {
				return err // not even one of ours
			}
			failed[name] = err.Error()
			fmt.Println(err)
		}
	}
	r.Machine.LoadAfter = machine.LoadAverage()
	return r.write(filepath.Join(c.results, r.Date+"-"+c.name), r.operatorTable(c, failed))
}

// writeRecipe writes the recipe of one operator. JSON is YAML.
func writeRecipe(dir, name string) (file string, err error) {
	steps := []any{}
	if name != passThrough {
		params := operatorParams[name]
		if params == nil {
			params = map[string]any{}
		}
		steps = append(steps, map[string]any{name: params})
	}
	text, err := json.Marshal(map[string]any{"project_name": "bench-operators", "process": steps})
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, strings.ReplaceAll(name, " ", "_")+".yaml")
	return file, os.WriteFile(file, text, 0o644)
}

// digestRows counts the rows of a result and hashes their ids and texts in
// order, decoded: results that differ in spelling alone have one digest.
func digestRows(name string) (rows int64, digest string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := fnv.New128a()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var row struct {
			ID   json.Number
			Text string
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return rows, "", fmt.Errorf("%s: row %d: %w", name, rows, err)
		}
		fmt.Fprintf(h, "%s %d %s\n", row.ID, len(row.Text), row.Text)
		rows++
	}
	return rows, hex.EncodeToString(h.Sum(nil)), lines.Err()
}

// operatorTable is the report of single operators.
func (r *report) operatorTable(c config, failed map[string]string) string {
	var b strings.Builder
	r.heading(&b, "Speed of single operators")
	b.WriteString("\nEach is a recipe of one operator with default parameters and one worker, run as a whole process, from start to exit: ")
	fmt.Fprintf(&b, "%q is what starting, reading and writing cost in every row. Small word lists and a small language model stand in for real ones; ", passThrough)
	b.WriteString("perplexity_filter has a 3-gram model over 8,000 pieces. Rows are the same when ids and decoded texts are, in order.\n\n")
	fmt.Fprintf(&b, "| operator | corpusmill CPU s | MB/CPU s | data-juicer CPU s | MB/CPU s | times the CPU | rows out | same rows |\n|---|---|---|---|---|---|---|---|\n")
	for _, name := range c.jobs {
		of := func(contender string) []measurement {
			return slices.DeleteFunc(slices.Clone(r.Measured), func(m measurement) bool { return m.Job != name || m.Contender != contender })
		}
		if mine := of(ours); len(mine) > 0 {
			writeOperator(&b, name, mine, of("data-juicer"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		first, _, _ := strings.Cut(failed[name], "\n")
		fmt.Fprintf(&b, "\n%s: %s\n", name, first)
	}
	return b.String()
}

func writeOperator(b *strings.Builder, name string, mine, theirs []measurement) {
	bytes, rows := float64(mine[0].Bytes), mine[0].Rows
	cpu := median(sorted(mine, measurement.cpu))
	fmt.Fprintf(b, "| %s | %.2f | %.0f ", name, cpu, bytes/1e6/cpu)
	if len(theirs) == 0 {
		fmt.Fprintf(b, "| | | | %d | |\n", rows)
		return
	}
	peer, same := median(sorted(theirs, measurement.cpu)), "yes"
	if theirs[0].Digest != mine[0].Digest {
		same = "no"
		if theirs[0].Rows != rows {
			same = fmt.Sprintf("no: %d there", theirs[0].Rows)
		}
	}
	fmt.Fprintf(b, "| %.1f | %.1f | %.0f | %d | %s |\n", peer, bytes/1e6/peer, peer/cpu, rows, same)
}
