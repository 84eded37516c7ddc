package fs

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const shown = 3 // names in a message

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

// missing is the error for a path that isn't there. It names what is there
// and looks alike.
func missing(path string) error {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s: there is no such file or folder, nor a folder %s", path, dir)
	}
	var names []string
	for _, e := range entries {
		names = append(names, filepath.Join(dir, e.Name()))
	}
	return fmt.Errorf("%s: there is no such file or folder%s", path, some("; did you mean ", alike(path, names)))
}

// alike are those of the paths in the same folder whose names are like that of
// a path, the nearest first.
func alike(path string, others []string) (names []string) {
	name := filepath.Base(path)
	type near struct {
		path string
		far  int
	}
	var found []near
	for _, o := range others {
		other := filepath.Base(o)
		d := distance(strings.ToLower(name), strings.ToLower(other))
		if strings.HasPrefix(other, name+".") {
			d = 1 // the name without an ending
		}
		if d <= max(2, len(name)/4) {
			found = append(found, near{o, d})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.far, b.far) })
	for _, n := range found {
		names = append(names, n.path)
	}
	return names
}

// some lists the first few names behind a lead, nothing when there are none.
func some(lead string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	more := ""
	if len(names) > shown {
		more = fmt.Sprintf(" and %d more", len(names)-shown)
		names = names[:shown]
	}
	return lead + strings.Join(names, ", ") + more
}

// distance is the number of bytes to put in, take out or change that make b
// of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for k := range len(b) {
			d := diagonal
			if a[i] != b[k] {
				d = 1 + min(d, row[k], row[k+1])
			}
			diagonal, row[k+1] = row[k+1], d
		}
	}
	return row[len(b)]
}
