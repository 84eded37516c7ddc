package main

import (
	"fmt"
	"io"
	"path/filepath"
	"sort"
	"strings"
	"text/tabwriter"

	"corpusmill/exec"
)

// writeReport prints the closing table: what each step did to the rows, then
// where everything is. nanos is what the run took, 0 when nobody knows.
func writeReport(w io.Writer, r *exec.Report, folder string, nanos int64) {
	var busy int64
	for _, s := range r.Steps {
		busy += s.Nanos
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "step\trows in\tedited\tdropped\t\tquarantined\tkept\ttime\t  commonest reasons\n")
	for _, s := range r.Steps {
		dropped := s.Filtered + s.Duplicate
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t  %s\n", s.Label, thousands(s.In), some(s.Edited), some(dropped), part(dropped, s.In),
			some(s.Quarantined), thousands(s.Kept), share(s.Nanos, busy), reasons(s.Reasons))
	}
	t.Flush()
	fmt.Fprintln(w)
	for _, c := range r.Clusters {
		fmt.Fprintln(w, clusters(c))
	}
	rows := r.Rows
	fmt.Fprintf(w, "%s in = %s kept + %s filtered + %s + %s quarantined",
		counted(rows.In, "row"), thousands(rows.Kept), thousands(rows.Filtered), counted(rows.Duplicate, "duplicate"), thousands(rows.Quarantined))
	if r.Blank > 0 {
		fmt.Fprintf(w, "; %s", counted(r.Blank, "blank line"))
	}
	fmt.Fprintf(w, "\n%.1f MB", float64(r.Bytes)/1e6)
	if seconds := float64(nanos) / 1e9; nanos > 0 {
		fmt.Fprintf(w, " in %.1f s, %.0f MB/s", seconds, float64(r.Bytes)/1e6/max(seconds, 0.001))
	}
	fmt.Fprintln(w)
	if r.Resources != nil {
		fmt.Fprintf(w, "workers     %s\n", workersLine(r.Resources))
	}
	for i, f := range r.Output {
		if i == 3 && len(r.Output) > 4 {
			fmt.Fprintf(w, "output      … and %d more files\n", len(r.Output)-3)
			break
		}
		if f.Path == "-" {
			f.Path = "standard output"
		}
		fmt.Fprintf(w, "output      %s (%s rows, %s bytes)\n", f.Path, thousands(f.Rows), thousands(f.Bytes))
	}
	if x := r.Index; x != nil {
		writeIndexReport(w, x, folder)
	}
	fmt.Fprintf(w, "digest      %s\n", r.Digest)
	for _, m := range r.Models {
		if m.For != "" {
			fmt.Fprintf(w, "stand-in    %s\n", m)
		}
	}
	if rows.Quarantined > 0 {
		fmt.Fprintf(w, "quarantine  %s\n", filepath.Join(folder, "quarantine"))
	}
	if folder != "" {
		fmt.Fprintf(w, "report      %s\n", filepath.Join(folder, "report.json"))
	}
}

// clusters says what a deduplicator by similarity found and how sure that is.
func clusters(c exec.ClusterReport) string {
	s := fmt.Sprintf("%s: %s of %s", c.Step, counted(c.Clusters, "cluster"), counted(c.Rows, "row"))
	if len(c.Largest) > 0 {
		s += fmt.Sprintf(", the largest of %s", thousands(c.Largest[0].Rows))
	}
	switch {
	case c.Verified:
		s += fmt.Sprintf("; every duplicate was compared with the row that stays, %s spared", counted(c.Spared, "row"))
	case c.Precision != nil:
		s += fmt.Sprintf("; of %d random duplicates %.0f %% are alike enough to the row that stays", c.Sample, 100**c.Precision)
	}
	if c.ExpectedRecall > 0 {
		s += fmt.Sprintf("; pairs just alike enough are found with a probability of %.0f %%", 100*c.ExpectedRecall)
	}
	return s
}

// counted is a number of things.
func counted(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return thousands(n) + " " + thing
}

func some(n int64) string {
	if n == 0 {
		return "·"
	}
	return thousands(n)
}

func share(n, of int64) string {
	if of == 0 || n == 0 {
		return "·"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(n)/float64(of))
}

// part is share, where little is told from nothing.
func part(n, of int64) string {
	if n == 0 {
		return ""
	}
	percent := 100 * float64(n) / float64(of)
	switch {
	case percent < 0.1:
		return "< 0.1 %"
	case percent < 10:
		return fmt.Sprintf("%.1f %%", percent)
	}
	return fmt.Sprintf("%.0f %%", percent)
}

// reasons are the three commonest.
func reasons(rs []exec.ReasonCount) string {
	rs = append([]exec.ReasonCount(nil), rs...)
	sort.SliceStable(rs, func(i, j int) bool { return rs[i].Rows > rs[j].Rows })
	var out []string
	for _, r := range rs[:min(len(rs), 3)] {
		out = append(out, fmt.Sprintf("%s %s", thousands(r.Rows), r.Reason))
	}
	return strings.Join(out, ", ")
}
