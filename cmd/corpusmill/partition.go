package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"text/tabwriter"

	"corpusmill/partition"
	"corpusmill/recipe"
	"corpusmill/storage"
	"corpusmill/storage/fs"
	"corpusmill/storage/object"
)

// partitionCommand shares a dataset out, a file for each node.
func partitionCommand(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json", "quiet", "q"}, []string{"o", "output", "nodes", "hosts", "by", "max_row"})
	if err != nil {
		return err
	}
	q, err := e.partitionRequest(f)
	if err != nil {
		return err
	}
	quiet := f.set["quiet"] || f.set["q"]
	var show *line
	if !quiet {
		var read atomic.Int64
		q.Read = func(bytes int64) { read.Add(bytes) }
		show = newLine(e.stderr, func() string {
			return fmt.Sprintf("%s bytes read; the input is read twice", thousands(read.Load()))
		})
	}
	r, err := partition.Run(e.ctx, q)
	show.stop()
	if err != nil {
		return err
	}
	if f.set["json"] {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	if quiet {
		return nil
	}
	return writePartition(e.stdout, r, q.Folder)
}

// partitionRequest reads the command line and finds the inputs.
func (e *env) partitionRequest(f *flags) (q partition.Request, err error) {
	for _, a := range f.rest {
		if strings.HasPrefix(a, "-") && a != "-" {
			return q, usageError{fmt.Sprintf("partition has no flag %s; corpusmill partition --help lists them", a)}
		}
	}
	q.Folder = cmp.Or(f.values["output"], f.values["o"])
	switch {
	case len(f.rest) == 0:
		return q, usageError{"partition what? Name files, folders or patterns"}
	case q.Folder == "" || q.Folder == "-":
		return q, usageError{"where to? Give -o FOLDER"}
	case object.In(q.Folder):
		return q, usageError{fmt.Sprintf("partition writes to a folder of this machine, and %s is in an object store", q.Folder)}
	}
	if q.Nodes, err = nodeNames(f.values["nodes"], f.values["hosts"]); err != nil {
		return q, err
	}
	if by := f.values["by"]; by != "bytes" {
		q.Field = by
	}
	size := cmp.Or(f.values["max_row"], "16MiB")
	var ok bool
	if q.MaxRow, ok = recipe.ParseSize(size); !ok || q.MaxRow < 1 {
		return q, usageError{fmt.Sprintf("--max_row takes a number of bytes, or a size such as 64MiB, not %q", size)}
	}
	found, err := fs.Find(e.ctx, f.rest, nil, storage.Formats())
	if err != nil {
		return q, err
	}
	for _, s := range found.Skipped {
		fmt.Fprintf(e.stderr, "note: %s is left out: no format has that ending\n", s)
	}
	q.Files = found.Files
	return q, nil
}

// nodeNames are the nodes that --nodes counts or --hosts lists.
func nodeNames(count, list string) ([]string, error) {
	switch {
	case (count == "") == (list == ""):
		return nil, usageError{"among whom? Give --nodes N, or --hosts A,B,C with their names"}
	case list != "":
		names := strings.Split(list, ",")
		for i := range names {
			names[i] = strings.TrimSpace(names[i])
		}
		return names, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > partition.MaxNodes {
		return nil, usageError{fmt.Sprintf("--nodes takes a whole number from 1 to %d, not %q", partition.MaxNodes, count)}
	}
	width := len(strconv.Itoa(n - 1))
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("node%0*d", width, i)
	}
	return names, nil
}

func writePartition(w io.Writer, r *partition.Result, folder string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := "node\trows\tbytes\t"
	if r.By != "bytes" {
		head += r.By + "\t"
	}
	fmt.Fprintln(t, head)
	for _, n := range r.Nodes {
		fmt.Fprintf(t, "%s\t%s\t%s\t", n.Name, thousands(n.Rows), thousands(n.Bytes))
		if r.By != "bytes" {
			fmt.Fprintf(t, "%s\t", strconv.FormatFloat(n.Weight, 'g', 10, 64))
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s in %s; the node that has most has %.4f times the mean\n", counted(r.Rows, "row"), folder, r.Imbalance)
	if r.Unweighted > 0 {
		fmt.Fprintf(w, "%s lack a number from 0 in %s and count as much as the mean of the others\n", counted(r.Unweighted, "row"), r.By)
	}
	if r.Malformed > 0 {
		fmt.Fprintf(w, "%s are no JSON objects and were passed on as they are\n", counted(r.Malformed, "line"))
	}
	if r.Together > 1 {
		fmt.Fprintf(w, "of so many rows, %s neighbours each were assigned together\n", thousands(r.Together))
	}
	return nil
}
