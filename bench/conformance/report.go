package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"corpusmill/bench/machine"
)

// tally is what came of one operator's cases. A case is a row, for
// deduplicators a data set, or parameters that a side refused.
type tally struct {
	operator      string
	cases         int
	known         map[*rule]int
	disagreements int
}

func (t tally) differences() int {
	sum := 0
	for _, n := range t.known {
		sum += n
	}
	return sum
}

func (t tally) agreements() int { return t.cases - t.differences() - t.disagreements }

func (t tally) String() string {
	return fmt.Sprintf("%-34s %7d cases %7d agree %6d known %6d disagree", t.operator, t.cases, t.agreements(), t.differences(), t.disagreements)
}

type report struct {
	Date      string
	Machine   machine.Machine
	Versions  map[string]string // of the peer and what it uses
	Seed      uint64
	Cases     int // asked for
	Operators []tally
	Missing   []string // operators that the peer doesn't have
}

func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Conformance with Data-Juicer, %s\n\n", r.Date)
	fmt.Fprintf(&b, "Both sides ran the same random texts with the same random parameters: `go run ./bench/conformance -seed %d -cases %d`. ", r.Seed, r.Cases)
	b.WriteString("Compared are the stats, the decision and the text of each row; of deduplicators the rows that are kept of each data set.\n\n")
	fmt.Fprintf(&b, "- corpusmill at commit %s, %s\n", r.Machine.Commit, r.Machine.Go)
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		fmt.Fprintf(&b, "- %s %s\n", name, r.Versions[name])
	}
	b.WriteString("\n| operator | cases | agree | differ on purpose | disagree |\n|---|---|---|---|---|\n")
	total := tally{operator: "all", known: map[*rule]int{}}
	row := func(t tally) {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", t.operator, t.cases, t.agreements(), t.differences(), t.disagreements)
	}
	for _, t := range r.Operators {
		row(t)
		total.cases += t.cases
		total.disagreements += t.disagreements
		for k, n := range t.known {
			total.known[k] += n
		}
	}
	row(total)
	if len(total.known) > 0 {
		b.WriteString("\n## Differences on purpose\n\n| rule | cases | what |\n|---|---|---|\n")
		for i := range rules {
			if n := total.known[&rules[i]]; n > 0 {
				fmt.Fprintf(&b, "| %s | %d | %s |\n", rules[i].name, n, rules[i].why)
			}
		}
	}
	if len(r.Missing) > 0 {
		fmt.Fprintf(&b, "\nData-Juicer has no %s.\n", strings.Join(r.Missing, ", "))
	}
	return b.String()
}

func (r *report) write(path string) error {
	if err := os.WriteFile(path, []byte(r.markdown()), 0o644); err != nil {
		return err
	}
	fmt.Println("wrote", path)
	return nil
}
