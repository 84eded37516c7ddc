// Judge tells how well a deduplicator of any program did, by the exact Jaccard
// similarity of all rows of its input:
//
//	go run ./bench/judge -corpus corpus.jsonl result.jsonl...
//
// Rows need a number as "id", each another, and a "text". A result is the rows
// that were kept, in any order, with any other fields. For each result it
// prints a line of JSON; see Verdict.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	corpus := flag.String("corpus", "", "the input of the deduplicator, JSON Lines")
	tokens := flag.String("tokens", "words", "what shingles are made of: words or characters")
	window := flag.Int("window", 5, "tokens in a shingle")
	threshold := flag.Float64("threshold", 0.7, "similarity from which rows are duplicates")
	made := flag.String("made", "", "which rows were made as copies of which, as bench/corpus -truth writes it")
	flag.Parse()
	err := func() error {
		if *corpus == "" || flag.NArg() == 0 || *window < 1 || !(*threshold > 0 && *threshold <= 1) || *tokens != "words" && *tokens != "characters" {
			return errors.New("usage: judge -corpus FILE [flags] RESULT...; -help lists the flags")
		}
		rows, err := readCorpus(*corpus, *tokens == "characters", *window)
		if err != nil {
			return err
		}
		var copies clusters
		if *made != "" {
			if copies, err = rows.readMade(*made); err != nil {
				return err
			}
		}
		sets := rows.clusters(*threshold)
		out := json.NewEncoder(os.Stdout)
		for _, name := range flag.Args() {
			kept, err := rows.readKept(name)
			if err != nil {
				return err
			}
			if err := out.Encode(rows.judge(sets, copies, kept, *threshold)); err != nil {
				return err
			}
		}
		return nil
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}
