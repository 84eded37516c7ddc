package optest

import (
	"slices"

	"corpusmill/op"
	"corpusmill/record"
)

// group judges the rows of a deduplicator by what its Grouping says, in the
// plainest way: what an engine does in the large has the same outcome.
func (s *Step) group(rows record.Rows, out []Row) error {
	g := s.grouping
	if g.By == op.ByPart {
		return s.trim(rows, out, g.MaxRows)
	}
	first := s.clusters(out, g.Match)
	var stay []int
	for i := range out {
		switch {
		case !out[i].Kept || first[i] == i:
		case g.Verify:
			out[i].Kept = !slices.ContainsFunc(stay, func(k int) bool {
				_, same := s.instance.(op.Comparer).Similarity(out[k].Payload, out[i].Payload)
				return first[k] == first[i] && same
			})
		default:
			out[i].Kept = false
		}
		if out[i].Kept {
			stay = append(stay, i)
		} else {
			out[i].JSON = ""
		}
	}
	return nil
}

// clusters returns the first row of each row's cluster.
func (s *Step) clusters(out []Row, match bool) []int {
	first := make([]int, len(out))
	for i := range first {
		first[i] = i
	}
	join := func(a, b int) {
		a, b = first[a], first[b]
		for i, f := range first {
			if f == max(a, b) {
				first[i] = min(a, b)
			}
		}
	}
	type entry struct {
		row int
		lo  uint64
	}
	buckets := map[op.Key][]entry{}
	for i, row := range out {
		for _, k := range row.Keys {
			e := entry{i, k.Lo}
			if match {
				k.Lo = 0
			}
			if n := len(buckets[k]); n == 0 || buckets[k][n-1] != e {
				buckets[k] = append(buckets[k], e)
			}
		}
	}
	for _, bucket := range buckets {
		for i, a := range bucket {
			for _, b := range bucket[:i] {
				if !match || s.operator.(op.Matcher).Match(b.lo, a.lo) {
					join(a.row, b.row)
				}
			}
		}
	}
	return first
}

// trim takes the parts that more than most rows have out of them.
func (s *Step) trim(rows record.Rows, out []Row, most int64) error {
	in := map[op.Key]map[int]bool{} // the rows that have a part
	for i, row := range out {
		for _, k := range row.Keys {
			if in[k] == nil {
				in[k] = map[int]bool{}
			}
			in[k][i] = true
		}
	}
	for i := range out {
		var parts []uint32
		for place, k := range out[i].Keys {
			if int64(len(in[k])) > most {
				parts = append(parts, uint32(place))
			}
		}
		if len(parts) == 0 {
			continue
		}
		if err := s.Trim(rows, i, parts); err != nil {
			return err
		}
		out[i].Changes, out[i].JSON = s.record.Changes(), string(s.record.AppendJSON(nil))
	}
	return nil
}

// Trim takes parts out of one row.
func (s *Step) Trim(rows record.Rows, i int, parts []uint32) error {
	if err := rows.Seek(i); err != nil {
		return err
	}
	s.record.Reset(rows, i)
	return s.instance.(op.Trimmer).Trim(s.record, parts)
}
