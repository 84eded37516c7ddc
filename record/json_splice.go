package record

import (
	"cmp"
	"slices"
)

// cut replaces row[start:end] with new bytes.
type cut struct {
	start, end int
	kind       cutKind
	path       Path
	first      bool // of an insertion: no member stands before it
}

type cutKind uint8

const (
	cutRemove  cutKind = iota // nothing instead
	cutReplace                // the new value of path
	cutInsert                 // the member of path, under the last part of its name
	cutAppend                 // the member of path, under its whole name
	cutExtra                  // Edits.Extra
)

// AppendJSON appends the current row with e spliced in. A changed value takes
// the place of the old one, in the last member where a key is there more than
// once. A value that the row lacks becomes the last member of its object; one
// with a dotted name whose object the row lacks, too, is appended to the row
// under the whole name. Members that e.Drop names go, all of one name, and
// e.Extra comes last. All other bytes stay as they were read.
func (j *JSONRows) AppendJSON(dst []byte, e *Edits) []byte {
	row := j.Raw()
	if e.Empty() || !j.scan.objects[0].found {
		return append(dst, row...)
	}
	j.planCuts(e)
	at := 0
	for _, c := range j.cuts {
		if c.start < at {
			continue // inside of what went already
		}
		dst = append(dst, row[at:c.start]...)
		at = c.end
		if c.kind >= cutInsert && !c.first {
			dst = append(dst, ',')
		}
		switch c.kind {
		case cutReplace:
			dst = AppendQuoted(dst, e.Text[c.path])
		case cutInsert, cutAppend:
			name := j.paths.fields[c.path].quotedName
			if c.kind == cutInsert {
				name = j.paths.fields[c.path].quotedLast
			}
			dst = append(append(dst, name...), ':')
			dst = AppendQuoted(dst, e.Text[c.path])
		case cutExtra:
			dst = append(dst, e.Extra...)
		}
	}
	return append(dst, row[at:]...)
}

// planCuts fills j.cuts in the order of their places.
func (j *JSONRows) planCuts(e *Edits) {
	j.cuts = j.cuts[:0]
	empty := j.cutMembers(e.Drop)
	end := j.scan.objects[0].last
	if e.N > 0 {
		for p := range e.Set {
			if !e.Set[p] {
				continue
			}
			if f := j.find(Path(p)); f.kind != Missing {
				j.cuts = append(j.cuts, cut{start: f.start, end: f.end, kind: cutReplace, path: Path(p)})
				continue
			}
			f := &j.paths.fields[p]
			if f.nested >= 0 && j.scan.objects[f.parent].found {
				o := j.scan.objects[f.parent]
				first := o.empty && !slices.ContainsFunc(j.cuts, func(c cut) bool { return c.kind == cutInsert && c.start == o.last })
				j.cuts = append(j.cuts, cut{start: o.last, end: o.last, kind: cutInsert, path: Path(p), first: first})
				continue
			}
			j.cuts = append(j.cuts, cut{start: end, end: end, kind: cutAppend, path: Path(p), first: empty})
			empty = false
		}
	}
	if len(e.Extra) > 0 {
		j.cuts = append(j.cuts, cut{start: end, end: end, kind: cutExtra, first: empty})
	}
	// Stable, so that what is put in at one place keeps its order; the outer
	// of two cuts that begin at one place comes first and wins.
	slices.SortStableFunc(j.cuts, func(a, b cut) int {
		if c := cmp.Compare(a.start, b.start); c != 0 {
			return c
		}
		return cmp.Compare(b.end, a.end)
	})
}

// cutMembers removes the row's members that names names, each with a comma,
// and says whether none is left.
func (j *JSONRows) cutMembers(names []string) bool {
	if len(names) == 0 {
		return j.scan.objects[0].empty
	}
	keptEnd, from, to := -1, -1, 0 // of the last kept member; of a run to remove
	for _, m := range j.scan.members {
		if !j.named(m, names) {
			if from >= 0 {
				j.cuts = append(j.cuts, cut{start: from, end: m.key})
			}
			keptEnd, from = m.end, -1
			continue
		}
		if from < 0 {
			from = m.key
		}
		to = m.end
	}
	if from >= 0 {
		if keptEnd >= 0 {
			from = keptEnd
		}
		j.cuts = append(j.cuts, cut{start: from, end: to})
	}
	return keptEnd < 0
}

func (j *JSONRows) named(m member, names []string) bool {
	key := j.value(m.key+1, m.keyEnd-1)
	if m.escaped {
		j.scan.key = appendUnescaped(j.scan.key[:0], key)
		key = j.scan.key
	}
	for _, n := range names {
		if n == string(key) {
			return true
		}
	}
	return false
}
