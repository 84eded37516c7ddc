package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"corpusmill/exec"
	"corpusmill/plan"
	"corpusmill/runs"
	"corpusmill/storage/object"
)

// finished opens the run folder that belongs to an output path.
// One in an object store is brought to this machine.
func (e *env) finished(path string) (*exec.Finished, error) {
	output := strings.TrimSuffix(strings.TrimRight(path, "/"), runs.Suffix)
	if !object.In(output) {
		return exec.OpenFinished(plan.RunFolder(output))
	}
	folder, err := folderFor(output, "")
	if err != nil {
		return nil, err
	}
	if err := exec.Fetch(e.ctx, output, folder); err != nil {
		return nil, err
	}
	return exec.OpenFinished(folder)
}

func explain(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, []string{"row"})
	if err != nil {
		return err
	}
	if len(f.rest) != 1 || f.values["row"] == "" {
		return usageError{"explain needs the output of a run and --row FILE:LINE"}
	}
	i := strings.LastIndexByte(f.values["row"], ':')
	n, err := strconv.ParseInt(f.values["row"][i+1:], 10, 64)
	if i <= 0 || err != nil || n < 1 {
		return usageError{fmt.Sprintf("--row %s: write it as FILE:LINE, lines from 1; for Parquet FILE:ROW", f.values["row"])}
	}
	run, err := e.finished(f.rest[0])
	if err != nil {
		return err
	}
	x, err := run.Explain(e.ctx, f.values["row"][:i], n)
	if err != nil {
		return err
	}
	if f.set["json"] {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(x)
	}
	writeExplanation(e.stdout, x)
	return nil
}

func writeExplanation(w io.Writer, x *exec.Explanation) {
	fmt.Fprintf(w, "%s (offset %d): %s", x.Row, x.Offset, x.Outcome)
	if x.Step != "" {
		fmt.Fprintf(w, " by %s: %s", x.Step, x.Reason)
	}
	if x.Winner != "" {
		fmt.Fprintf(w, " of %s", x.Winner)
	}
	fmt.Fprintf(w, "\n\n  %s\n\n", excerpt(x.Raw))
	for _, t := range x.Trace {
		fmt.Fprintf(w, "  %-36s %s", t.Step, t.Did)
		for _, k := range sortedKeys(t.Stats) {
			fmt.Fprintf(w, "  %s = %v", k, t.Stats[k])
		}
		if t.Why != "" {
			fmt.Fprintf(w, "  (%s)", t.Why)
		}
		fmt.Fprintln(w)
		if t.Did == "edited" {
			from, to := difference(t.Before, t.After)
			fmt.Fprintf(w, "      - %s\n      + %s\n", excerpt(from), excerpt(to))
		}
	}
}

func sortedKeys(m map[string]any) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	for i := range keys {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
	return keys
}

// excerpt is a text on one line, at most 200 code points of it, with control
// characters and bytes that are no text as Go writes them.
func excerpt(s string) string {
	const most = 200
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n++; n > most {
			return b.String() + fmt.Sprintf("… (%d bytes)", len(s))
		}
		if r == utf8.RuneError && s[i] >= utf8.RuneSelf && !strings.HasPrefix(s[i:], "\uFFFD") {
			fmt.Fprintf(&b, "\\x%02x", s[i])
		} else if q := strconv.QuoteRune(r); strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}

// difference cuts what two texts begin and end with alike, but for some
// characters around.
func difference(a, b string) (string, string) {
	const around = 20
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	m := 0
	for m < len(a)-n && m < len(b)-n && a[len(a)-1-m] == b[len(b)-1-m] {
		m++
	}
	n, m = max(n-around, 0), max(m-around, 0)
	for n > 0 && !utf8.RuneStart(a[n]) {
		n--
	}
	for m > 0 && !utf8.RuneStart(a[len(a)-m]) {
		m--
	}
	return a[n : len(a)-m], b[n : len(b)-m]
}

// dropLine is a line of drops.
type dropLine struct {
	File   string `json:"file"`
	Offset uint64 `json:"offset"`
	Step   string `json:"step"`
	Reason string `json:"reason"`
	// WinnerFile and WinnerOffset are the row that a duplicate duplicates.
	WinnerFile   string  `json:"winner_file,omitempty"`
	WinnerOffset *uint64 `json:"winner_offset,omitempty"`
}

func drops(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, nil)
	if err != nil {
		return err
	}
	if len(f.rest) != 1 {
		return usageError{"drops needs the output of a run"}
	}
	run, err := e.finished(f.rest[0])
	if err != nil {
		return err
	}
	w := bufio.NewWriter(e.stdout)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	var failed error
	err = run.Drops(func(d exec.Drop) bool {
		l := dropLine{File: run.Plan.Inputs[d.ID.Src].Path, Offset: d.ID.Pos, Step: run.Label(d.Step), Reason: run.Reason(d)}
		if d.Duplicate {
			l.WinnerFile, l.WinnerOffset = run.Plan.Inputs[d.Winner.Src].Path, &d.Winner.Pos
		}
		failed = enc.Encode(l)
		return failed == nil && e.ctx.Err() == nil
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

func verify(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, nil)
	if err != nil {
		return err
	}
	if len(f.rest) != 1 {
		return usageError{"verify needs the output of a run"}
	}
	run, err := e.finished(f.rest[0])
	if err != nil {
		return err
	}
	if err := run.Verify(e.ctx); err != nil {
		return err
	}
	m := run.Manifest
	if f.set["json"] {
		return json.NewEncoder(e.stdout).Encode(map[string]any{"ok": true, "digest": m.Digest, "files": len(m.Output)})
	}
	fmt.Fprintf(e.stdout, "%d files are as the run wrote them; digest %s\n", len(m.Output), m.Digest)
	return nil
}

func version(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, nil)
	if err != nil {
		return err
	}
	v := buildVersion()
	if f.set["json"] {
		return json.NewEncoder(e.stdout).Encode(v)
	}
	_, err = fmt.Fprintf(e.stdout, "corpusmill %s (%s)\n", v.Version, v.Go)
	return err
}
