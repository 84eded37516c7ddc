// Package partition shares a dataset out: a file of JSON Lines for each node,
// with about the same weight in each.
//
// The weight of a row is the number of its bytes, or the number in one of its
// fields. Rows are assigned by longest processing time first (R. L. Graham,
// Bounds on multiprocessing timing anomalies, 1969): in order of falling
// weight, each to the node that has least. Two passes read the input, one to
// weigh it and one to write; what is kept in between is 16 bytes a row for up
// to a million rows. Of more rows, runs of 2, 4, 8 … neighbours are assigned
// together, so that memory doesn't grow with the input.
package partition

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"corpusmill/internal/filelock"
	"corpusmill/storage"
	"corpusmill/storage/codec"
)

// MaxNodes bounds the number of files that are written at once.
const MaxNodes = 4096

// Request says what to share out.
type Request struct {
	// Files are the inputs, in the order in which their rows count. They are
	// read twice, so that pipes and standard input are refused.
	Files []storage.File
	// Nodes are the names of at most MaxNodes nodes, each once: letters, digits,
	// dots, hyphens and underscores.
	Nodes []string
	// Field is the field, a member's name or a dotted path, that has a row's
	// weight: a number from 0 to 1e100, or text that is one. "" for the number of the row's bytes,
	// its line end included. A row that lacks the number counts as much as the
	// mean of the others.
	Field  string
	MaxRow int64 // bytes; a longer row is an error
	// Folder gets the files, and a list of them, _partition.json. It must not be
	// there, or be empty, or have nothing but an earlier partition, which is
	// replaced.
	Folder string
	// Read is told of input bytes as they are read, twice each; nil for nobody.
	Read func(bytes int64)
}

// Result is what was shared out. It is what _partition.json has.
type Result struct {
	Inputs []string `json:"inputs"`
	By     string   `json:"by"` // "bytes" or the field
	// Together is the number of neighbouring rows that were assigned as one.
	Together int64  `json:"rows_together"`
	Rows     int64  `json:"rows"`
	Blank    int64  `json:"blank_lines"` // which are left out
	Nodes    []Node `json:"nodes"`
	// Unweighted is the number of rows without a weight of their own, and
	// Malformed that of lines that are no JSON objects. These are among them,
	// and passed on as they are.
	Unweighted int64 `json:"rows_without_weight"`
	Malformed  int64 `json:"malformed_rows"`
	// Imbalance is the largest weight of a node over the mean; 1 when all are
	// equal, or there is no weight at all.
	Imbalance float64 `json:"imbalance"`
}

// Node is what one node has got.
type Node struct {
	Name   string  `json:"node"`
	File   string  `json:"file"` // its name in the folder
	Rows   int64   `json:"rows"`
	Bytes  int64   `json:"bytes"`
	Weight float64 `json:"weight"`
}

const listName = "_partition.json"

// Run shares the rows out. The rows of a file are in the order of the input.
// The folder appears when all files are whole and on the disk; an error leaves
// none of it. An error names what is wrong with the request, the file and
// position of a row that can't be passed on, or says that an input has changed
// between the two passes (storage.ErrChanged).
func Run(ctx context.Context, q Request) (*Result, error) {
	q.Folder = filepath.Clean(q.Folder)
	if err := q.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(q.Folder), 0o777); err != nil {
		return nil, err
	}
	release, err := filelock.Take(q.Folder + ".partial.lock")
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("another partition into %s is at work: wait for it, or give another folder", q.Folder)
	}
	if err != nil {
		return nil, err
	}
	defer release()
	if err := q.checkFolder(); err != nil {
		return nil, err
	}
	w, err := q.weigh(ctx)
	if err != nil {
		return nil, err
	}
	if w.rows > 0 && w.unknown == w.rows && q.Field != "" {
		return nil, fmt.Errorf("no row has a number from 0 to 1e100 in the field %q: name another field, or leave it out to share out by bytes", q.Field)
	}
	partial := q.Folder + ".partial"
	if err := os.RemoveAll(partial); err != nil { // of one that was killed
		return nil, err
	}
	defer os.RemoveAll(partial)
	r, err := q.write(ctx, w, partial)
	if err != nil {
		return nil, err
	}
	return r, publish(partial, q.Folder)
}

func (q *Request) check() error {
	if len(q.Nodes) == 0 || len(q.Nodes) > MaxNodes {
		return fmt.Errorf("a dataset is shared out among 1 to %d nodes, not %d", MaxNodes, len(q.Nodes))
	}
	seen := map[string]bool{}
	for _, n := range q.Nodes {
		if n == "" || strings.Trim(n, ".") == "" || strings.ContainsFunc(n, notInNames) {
			return fmt.Errorf("%q is no name of a node: a name has letters, digits, dots, hyphens and underscores", n)
		}
		if seen[n] {
			return fmt.Errorf("the node %s is named twice", n)
		}
		seen[n] = true
	}
	for _, f := range q.Files {
		if f.Size < 0 {
			return fmt.Errorf("%s can't be read twice: write it to a file first", f.Path)
		}
		if inside(f.Path, q.Folder) {
			return fmt.Errorf("the input %s lies in %s, which is replaced: give another folder", f.Path, q.Folder)
		}
	}
	return nil
}

func inside(path, folder string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	folder, err = filepath.Abs(folder)
	return err == nil && strings.HasPrefix(path, folder+string(filepath.Separator))
}

func notInNames(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(".-_", c)
}

// fileName is the name of a node's file: that of the one input, or else of the
// folder, with the node's.
func (q *Request) fileName(node string) string {
	name := filepath.Base(q.Folder)
	if len(q.Files) == 1 {
		name, _ = codec.ByName(filepath.Base(q.Files[0].Path))
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	return name + "_" + node + ".jsonl"
}

// checkFolder refuses to replace what no partition has made.
func (q *Request) checkFolder() error {
	files, err := os.ReadDir(q.Folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var old Result
	if raw, err := os.ReadFile(filepath.Join(q.Folder, listName)); err == nil && json.Unmarshal(raw, &old) != nil {
		old = Result{}
	}
	ours := map[string]bool{listName: true}
	for _, n := range old.Nodes {
		ours[n.File] = true
	}
	for _, f := range files {
		if !ours[f.Name()] {
			return fmt.Errorf("%s holds %s, which no partition has made; the folder would be replaced: give another one", q.Folder, f.Name())
		}
	}
	return nil
}

// publish gives the finished folder its name, in place of an earlier one.
func publish(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}
