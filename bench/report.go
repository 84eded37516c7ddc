package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/bench/machine"
)

// report is the JSON result; the table is made from it.
type report struct {
	Date       string          `json:"date"`
	Machine    machine.Machine `json:"machine"`
	Runs       int             `json:"runs"`
	Contenders []version       `json:"contenders"`
	Measured   []measurement   `json:"measured"`
	Failed     []string        `json:"failed,omitempty"` // peers that did not finish, and why
}

type version struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// write puts the report into <path>.json and its tables into <path>.md.
func (r *report) write(path, markdown string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(path+".md", []byte(markdown), 0o644); err != nil {
		return err
	}
	fmt.Printf("wrote %s.md and .json\n", path)
	return nil
}

// heading writes what all tables of a report have above them.
func (r *report) heading(b *strings.Builder, title string) {
	m := r.Machine
	fmt.Fprintf(b, "# %s, %s\n\n", title, r.Date)
	fmt.Fprintf(b, "%s, %d cores (%s), %s memory, %s, %s, commit %s. ", m.CPU, m.Cores, strings.Join(m.Extensions, " "), m.Memory, m.System, m.Go, m.Commit)
	fmt.Fprintf(b, "Load average %s before, %s after.\n\n", m.LoadBefore, m.LoadAfter)
	for _, c := range r.Contenders {
		fmt.Fprintf(b, "- %s %s\n", c.Name, c.Version)
	}
	lo, hi := r.yardsticks()
	fmt.Fprintf(b, "\nCPU is user + system of the whole process tree, start-up included: median of the runs (least to most). MB and rows are of the input. ")
	fmt.Fprintf(b, "A fixed piece of work before each run took %.3f to %.3f CPU s.\n", lo, hi)
}

func (r *report) markdown() string {
	var b strings.Builder
	r.heading(&b, "Whole-process figures")
	for _, j := range jobs {
		rows := slices.DeleteFunc(slices.Clone(r.Measured), func(m measurement) bool { return m.Job != j.name })
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s: %s\n\n", j.name, j.about)
		b.WriteString("| input | np | program | CPU s | wall s | MB/CPU s | times the CPU of corpusmill | peak MB, largest process | peak MB, tree | rows out | runs |\n")
		b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|\n")
		for _, g := range groups(rows) {
			g.write(&b, rows)
		}
	}
	return b.String()
}

func (r *report) yardsticks() (lo, hi float64) {
	for i, m := range r.Measured {
		if i == 0 {
			lo = m.Yardstick
		}
		lo, hi = min(lo, m.Yardstick), max(hi, m.Yardstick)
	}
	return lo, hi
}

// group is a row of a table: the runs of one contender with one setting.
type group struct {
	size      string
	workers   int
	contender string
}

func groups(rows []measurement) []group {
	var list []group
	for _, m := range rows {
		if g := (group{m.Size, m.Workers, m.Contender}); !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	return list
}

func (g group) of(rows []measurement) []measurement {
	var list []measurement
	for _, m := range rows {
		if (group{m.Size, m.Workers, m.Contender}) == g {
			list = append(list, m)
		}
	}
	return list
}

func (g group) write(b *strings.Builder, rows []measurement) {
	runs := g.of(rows)
	cpu := sorted(runs, measurement.cpu)
	wall := sorted(runs, func(m measurement) float64 { return m.Wall })
	speed, ratio := "", ""
	if runs[0].Bytes > 1e6 && median(cpu) > 0 {
		speed = fmt.Sprintf("%.1f", float64(runs[0].Bytes)/1e6/median(cpu))
	}
	base := group{g.size, g.workers, ours}.of(rows)
	if c := median(sorted(base, measurement.cpu)); c > 0 && g.contender != ours {
		ratio = fmt.Sprintf("%.1f", median(cpu)/c)
	}
	var largest, tree int64
	for _, m := range runs {
		largest, tree = max(largest, m.Largest), max(tree, m.Tree)
	}
	fmt.Fprintf(b, "| %s | %d | %s | %.3f (%.3f to %.3f) | %.3f | %s | %s | %.0f | %.0f | %d | %d |\n",
		g.size, g.workers, g.contender, median(cpu), cpu[0], cpu[len(cpu)-1], median(wall), speed, ratio,
		float64(largest)/1e6, float64(tree)/1e6, runs[0].Rows, len(runs))
}

func sorted(runs []measurement, of func(measurement) float64) []float64 {
	var v []float64
	for _, m := range runs {
		v = append(v, of(m))
	}
	slices.Sort(v)
	return v
}

// median of sorted values; 0 for none.
func median(v []float64) float64 {
	n := len(v)
	if n == 0 {
		return 0
	}
	return (v[(n-1)/2] + v[n/2]) / 2
}
