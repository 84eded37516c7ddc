package main

import (
	"fmt"
	"io"
	"time"
)

// column is the figures of one engine.
type column struct {
	name string
	of   measurement
	figures
}

// print writes a table with a column for each engine.
func print(w io.Writer, columns []column) {
	fmt.Fprint(w, "| |")
	for _, c := range columns {
		fmt.Fprintf(w, " `%s` |", c.name)
	}
	fmt.Fprint(w, "\n|---|")
	for range columns {
		fmt.Fprint(w, "---|")
	}
	line := func(name string, of func(figures) string) {
		fmt.Fprintf(w, "\n| %s |", name)
		for _, c := range columns {
			fmt.Fprintf(w, " %s |", of(c.figures))
		}
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
	line("the first run of one row, from the command to its end", func(f figures) string { return seconds(f.first) })
	line("a later one", func(f figures) string { return seconds(f.session) })
	line("until its row is committed", func(f figures) string { return seconds(f.commit) })
	line("each further task", func(f figures) string { return fmt.Sprintf("%.2f ms", f.empty.Seconds()*1e3) })
	if columns[0].large > 0 {
		line("the large input", func(f figures) string { return seconds(f.large) })
		line("throughput beside local", func(f figures) string {
			return fmt.Sprintf("%.2f", columns[0].large.Seconds()/f.large.Seconds())
		})
		line("CPU of the command and its children", func(f figures) string { return seconds(f.cpu) })
		line("CPU of the workers, as they tell it", func(f figures) string { return seconds(f.workers) })
	}
	fmt.Fprintln(w)
}
