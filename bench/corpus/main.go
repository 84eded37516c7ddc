// Corpus writes a synthetic corpus; see package synth for what is in it.
//
//	go run ./bench/corpus -size 100MB -seed 1 -o file.jsonl
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"corpusmill/bench/synth"
)

func main() {
	size := flag.String("size", "100MB", "stop after the row that reaches this size (MB and GB are powers of 1,000)")
	seed := flag.Uint64("seed", 1, "number that chooses the corpus")
	mean := flag.Int("mean", 2000, "average size of a text in bytes")
	distinct := flag.Bool("distinct", false, "no two texts are equal")
	crowded := flag.Bool("crowded", false, "every other row is a repeat, half of these of the first row")
	truth := flag.String("truth", "", "also write, as tab-separated values, which row repeats which to this `file`")
	out := flag.String("o", "-", "`file` to write, - for standard output; it appears when it is whole")
	flag.Parse()

	err := func() error {
		bytes, err := synth.ParseSize(*size)
		if err != nil {
			return fmt.Errorf("-size: %w", err)
		}
		if flag.NArg() > 0 || *mean < 1 || *mean > 1<<24 {
			return errors.New("usage: corpus [flags], with a -mean from 1 to 16777216; -help lists the flags")
		}
		o := synth.Options{Seed: *seed, Mean: *mean, Distinct: *distinct, Crowded: *crowded}
		return whole(*out, func(rows io.Writer) error {
			if *truth == "" {
				return write(rows, nil, o, bytes)
			}
			return whole(*truth, func(truth io.Writer) error { return write(rows, truth, o, bytes) })
		})
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

// write makes rows until they have size bytes. truth may be nil.
func write(rows, truth io.Writer, o synth.Options, size int64) error {
	g := synth.New(o)
	if truth != nil {
		if _, err := fmt.Fprintln(truth, "id\torigin\trelation\tedits_per_1000_words\tkind"); err != nil {
			return err
		}
	}
	buf := make([]byte, 0, 2<<20)
	for written := int64(0); written < size; {
		var row synth.Row
		before := len(buf)
		buf, row = g.AppendRow(buf)
		written += int64(len(buf) - before)
		if truth != nil {
			if _, err := fmt.Fprintf(truth, "%d\t%d\t%s\t%d\t%s\n", row.ID, row.Origin, row.Relation, row.EditRate, row.Kind); err != nil {
				return err
			}
		}
		if len(buf) >= 1<<20 || written >= size {
			if _, err := rows.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	return nil
}

// whole gives fill a file that gets its name only when fill has succeeded.
func whole(name string, fill func(io.Writer) error) error {
	if name == "-" {
		return fill(os.Stdout)
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a device or a pipe: nothing to replace
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		return fill(f)
	}
	f, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails after the rename, as it should
	defer f.Close()
	w := bufio.NewWriter(f)
	if err := errors.Join(fill(w), w.Flush(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
