package partition

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/zeebo/xxh3"

	"corpusmill/storage"
)

const (
	// writeMemory is shared by the nodes' buffers, within these bounds for each.
	writeMemory            = 64 << 20
	leastBuffer, maxBuffer = 16 << 10, 1 << 20
)

// write reads the input again and writes the nodes' files into a new folder.
func (q *Request) write(ctx context.Context, w *weights, folder string) (*Result, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	r := &Result{By: "bytes", Together: w.together, Rows: w.rows, Blank: w.blank, Unweighted: w.unknown, Malformed: w.malformed}
	if q.Field != "" {
		r.By = q.Field
	}
	for _, f := range q.Files {
		r.Inputs = append(r.Inputs, f.Path)
	}
	files, err := q.create(folder)
	defer func() {
		for _, f := range files {
			f.Close() // a second time, unless something failed
		}
	}()
	if err != nil {
		return nil, err
	}
	to := w.assign(len(q.Nodes))
	sum, at, blank := xxh3.New(), int64(0), int64(0)
	err = q.each(ctx, func(r row) error {
		unit := at / w.together
		if at++; at > w.rows {
			return changedSince(q.Files)
		}
		r.addTo(sum)
		return files[to[unit]].write(r.bytes)
	}, &blank)
	if err != nil {
		return nil, err
	}
	if at != w.rows || blank != w.blank || sum.Sum128() != w.sum.Sum128() {
		return nil, changedSince(q.Files)
	}
	weight := make([]float64, len(q.Nodes))
	for i, u := range w.units {
		weight[to[i]] += w.of(u)
	}
	var rows int64
	for i, f := range files {
		if err := f.finish(); err != nil {
			return nil, err
		}
		rows += f.rows
		r.Nodes = append(r.Nodes, Node{Name: q.Nodes[i], File: filepath.Base(f.Name()), Rows: f.rows, Bytes: f.bytes, Weight: weight[i]})
	}
	if rows != w.rows {
		return nil, fmt.Errorf("%d rows were written, %d were read", rows, w.rows)
	}
	r.Imbalance = imbalance(r.Nodes)
	return r, r.list(folder)
}

// list writes down what the folder has.
func (r *Result) list(folder string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(folder, listName))
	if err != nil {
		return err
	}
	_, err = f.Write(append(raw, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = syncFolder(folder)
	}
	return err
}

func changedSince(files []storage.File) error {
	what := fmt.Sprintf("one of the %d inputs", len(files))
	if len(files) == 1 {
		what = files[0].Path
	}
	return fmt.Errorf("%s isn't what it was when it was weighed: give the command again: %w", what, storage.ErrChanged)
}

func imbalance(nodes []Node) float64 {
	var sum, most float64
	for _, n := range nodes {
		sum, most = sum+n.Weight, max(most, n.Weight)
	}
	if sum == 0 {
		return 1
	}
	return most * float64(len(nodes)) / sum
}

// nodeFile is the file of a node.
type nodeFile struct {
	*os.File
	buf   *bufio.Writer
	rows  int64
	bytes int64
}

// create creates the nodes' files. It returns those that are open also with an
// error.
func (q *Request) create(folder string) (files []*nodeFile, err error) {
	size := min(max(writeMemory/len(q.Nodes), leastBuffer), maxBuffer)
	for _, n := range q.Nodes {
		f, err := os.Create(filepath.Join(folder, q.fileName(n)))
		if err != nil {
			return files, err
		}
		files = append(files, &nodeFile{File: f, buf: bufio.NewWriterSize(f, size)})
	}
	return files, nil
}

func (f *nodeFile) write(row []byte) error {
	f.rows++
	f.bytes += int64(len(row)) + 1
	f.buf.Write(row)
	return f.buf.WriteByte('\n') // the writer's error stays
}

// finish brings the file to the disk and closes it.
func (f *nodeFile) finish() error {
	err := f.buf.Flush()
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
