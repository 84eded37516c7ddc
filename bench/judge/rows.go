package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// rows are those of a corpus, each with its set of shingles: 64-bit hashes in
// order. Two shingles of one corpus have the same hash by chance once in some
// hundred thousand corpora of 10 million shingles.
type rows struct {
	sets [][]uint64
	byID map[string]int32
}

// row is what is read of a row; of texts that hold lone surrogates, each is
// read as U+FFFD.
type row struct {
	ID   json.Number `json:"id"`
	Text string      `json:"text"`
}

func readCorpus(name string, characters bool, window int) (*rows, error) {
	c := &rows{byID: map[string]int32{}}
	err := eachRow(name, func(r row) error {
		if _, double := c.byID[r.ID.String()]; double || r.ID == "" {
			return fmt.Errorf("the id %q is missing or not the first such", r.ID)
		}
		c.byID[r.ID.String()] = int32(len(c.sets))
		c.sets = append(c.sets, shingles(r.Text, characters, window))
		return nil
	})
	return c, err
}

// readKept returns which rows a result has.
func (c *rows) readKept(name string) ([]bool, error) {
	kept := make([]bool, len(c.sets))
	return kept, eachRow(name, func(r row) error {
		i, known := c.byID[r.ID.String()]
		if !known || kept[i] {
			return fmt.Errorf("id %q is not in the corpus, or comes twice", r.ID)
		}
		kept[i] = true
		return nil
	})
}

// readMade reads which row each row was made from: tab-separated ids, below a
// line of headings, of which the first two columns count.
func (c *rows) readMade(name string) (clusters, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	made := apart(len(c.sets))
	n := 0
	for line := range strings.Lines(string(text)) {
		if n++; n == 1 {
			continue
		}
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if len(f) < 2 {
			return nil, fmt.Errorf("%s:%d: want the ids of a row and of the row that it was made from", name, n)
		}
		row, known := c.byID[f[0]]
		origin, also := c.byID[f[1]]
		if !known || !also {
			return nil, fmt.Errorf("%s:%d: id %s or %s is not in the corpus", name, n, f[0], f[1])
		}
		made.join(row, origin)
	}
	return made, nil
}

func eachRow(name string, fn func(row) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 1<<20), 1<<30)
	for n := 1; lines.Scan(); n++ {
		var r row
		err := json.Unmarshal(lines.Bytes(), &r)
		if err == nil {
			err = fn(r)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return lines.Err()
}

// shingles are the windows of tokens of a text in lower case. Words are what
// lies between spaces. A text with fewer tokens than a window is one shingle.
func shingles(text string, characters bool, window int) []uint64 {
	text = strings.ToLower(text)
	var starts, ends []int
	if characters {
		for i, r := range text {
			starts, ends = append(starts, i), append(ends, i+utf8.RuneLen(r))
		}
	} else {
		var joined strings.Builder
		for word := range strings.SplitSeq(text, " ") {
			if word == "" {
				continue
			}
			if joined.Len() > 0 {
				joined.WriteByte(' ')
			}
			starts = append(starts, joined.Len())
			joined.WriteString(word)
			ends = append(ends, joined.Len())
		}
		text = joined.String()
	}
	if len(ends) < window {
		return []uint64{xxh3.HashString(text)}
	}
	set := make([]uint64, 0, len(ends)-window+1)
	for i, end := range ends[window-1:] {
		set = append(set, xxh3.HashString(text[starts[i]:end]))
	}
	slices.Sort(set)
	return slices.Clip(slices.Compact(set))
}

// similarity is that of Jaccard.
func similarity(a, b []uint64) float64 {
	size, both := len(a)+len(b), 0
	for len(a) > 0 && len(b) > 0 {
		x, y := a[0], b[0]
		if x <= y {
			a = a[1:]
		}
		if y <= x {
			b = b[1:]
		}
		if x == y {
			both++
		}
	}
	return float64(both) / float64(size-both)
}
