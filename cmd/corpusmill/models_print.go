package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"corpusmill/exec"
	"corpusmill/models/fetch"
)

func (e *env) printJSON(v any) error {
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// writeModels prints what there is to fetch, what is here, and where it was
// looked for.
func writeModels(w io.Writer, list modelList) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "model\tkind\tbytes\tlicence\tused by\n")
	for _, m := range list.Models {
		size := "·"
		if m.Size > 0 {
			size = thousands(m.Size)
		}
		use := strings.Join(m.Operators, ", ")
		if use == "" {
			use = "·"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", m.Name, m.Kind, size, m.Licence, use)
		if m.Note != "" {
			fmt.Fprintf(t, "\t\t\t\t(%s)\n", m.Note)
		}
	}
	fmt.Fprintf(t, "\nhere\tbytes\txxh3-128\tpath\n")
	for _, m := range list.Models {
		for _, f := range m.Files {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s", f.Name, thousands(f.Size), f.XXH3, f.Path)
			if f.Verified != "" {
				fmt.Fprintf(t, "  (%s)", f.Verified)
			}
			fmt.Fprintln(t)
		}
		if len(m.Files) == 0 {
			fmt.Fprintf(t, "%s\tmissing\t\t\n", m.Name)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nfolders, in the order in which they are searched\n")
	for _, dir := range list.Folders {
		fmt.Fprintf(w, "  %s\n", dir)
	}
	return nil
}

func writePulled(w io.Writer, r fetch.Request, res fetch.Result) {
	fmt.Fprintf(w, "%s  %s bytes, SHA-256 %s", res.Path, thousands(res.Size), res.SHA256)
	switch {
	case res.Published:
		fmt.Fprintf(w, ", the published file")
	case r.SHA256 != "":
		fmt.Fprintf(w, ", not the published file, whose SHA-256 is %s", r.SHA256)
	}
	fmt.Fprintln(w)
	if res.Before != nil {
		fmt.Fprintf(w, "note: the file that was there before was another one, SHA-256 %s, from %s\n", res.Before.SHA256, res.Before.Source)
	}
}

// transfer is what is shown of a fetch.
type transfer struct {
	name     string
	now      exec.Clock
	terminal bool
	started  atomic.Bool
	first    atomic.Int64 // bytes that were there at the start
	done     atomic.Int64
	total    atomic.Int64
}

func (t *transfer) report(p fetch.Progress) {
	if t.started.CompareAndSwap(false, true) || p.Done < t.first.Load() {
		t.first.Store(p.Done)
	}
	t.done.Store(p.Done)
	t.total.Store(p.Total)
}

func (t *transfer) text() string {
	if !t.started.Load() {
		return t.name + ": connecting"
	}
	done, total := t.done.Load(), t.total.Load()
	if done == total {
		return fmt.Sprintf("%s %.1f MB, checking", t.name, float64(done)/1e6)
	}
	rate := float64(done-t.first.Load()) / max(float64(t.now())/1e9, 0.001)
	var b strings.Builder
	fmt.Fprintf(&b, "%s ", t.name)
	if total > 0 {
		share := min(float64(done)/float64(total), 1)
		if t.terminal {
			b.WriteString(bar(share))
		}
		fmt.Fprintf(&b, "%.0f %%, %.1f of %.1f MB", 100*share, float64(done)/1e6, float64(total)/1e6)
	} else {
		fmt.Fprintf(&b, "%.1f MB", float64(done)/1e6)
	}
	fmt.Fprintf(&b, ", %.1f MB/s", rate/1e6)
	if total > done && rate > 0 {
		fmt.Fprintf(&b, ", %v left", time.Duration(float64(total-done)/rate*1e9).Round(time.Second))
	}
	return b.String()
}
