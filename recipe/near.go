package recipe

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed datajuicer_operators.txt
var dataJuicerOperators string

// knownElsewhere lists the operators that Data-Juicer 1.4.3 or 1.6.1 has.
var knownElsewhere = sync.OnceValue(func() []string { return strings.Fields(dataJuicerOperators) })

// Nearest returns the candidate that written was most likely meant to be, or
// "". Of equally near ones the first is taken.
func Nearest(written string, candidates []string) string {
	w := plainName(written)
	best, found := 1+max(1, len(w)/3), ""
	for _, c := range candidates {
		p := plainName(c)
		d := distance(w, p, best)
		if len(w) >= 3 && strings.HasPrefix(p, w+"_") {
			d = min(d, 1) // text_length for text_length_filter
		}
		if d < best {
			best, found = d, c
		}
	}
	return found
}

func plainName(s string) string {
	return strings.ReplaceAll(strings.ToLower(clip(s)), "-", "_")
}

// distance is the number of bytes to insert, delete, replace or swap with
// their neighbour to make b of a (optimal string alignment), or limit when it
// is no less than that.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
