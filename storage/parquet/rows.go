package parquet

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"corpusmill/record"
	"corpusmill/storage"
)

// rawLimit bounds Raw of a row that is too long.
const rawLimit = 64 << 10

// rows is a batch as record.Rows. Values are put together from the leaves'
// levels when they are asked for (see S. Melnik et al., Dremel, 2010).
type rows struct {
	tree   *tree
	leaves []*leafReader
	src    uint32
	first  int64 // the file's row that is row 0 here
	n      int
	maxRow int64
	places []place

	row      int
	long     bool // the row is above maxRow
	pos, end []int
	overs    [][]byte // by node: a new string for it
	inserts  []insert
	limit    int
	raw      []byte
	want     *node
	render   func(dst []byte) []byte // renders want; made once, so that asking allocates nothing
}

// place is where a path of the recipe lies in the schema: nodes from below
// the root to the value, the inner ones structs. Where the schema lacks the
// last one, member is its name.
type place struct {
	nodes  []*node
	member string
}

// insert is a member that a struct lacks.
type insert struct {
	at   *node
	name string
	text []byte
}

func newRows(t *tree, f *record.Fields, leaves []*leafReader, src uint32, maxRow int64) *rows {
	r := &rows{tree: t, leaves: leaves, src: src, maxRow: maxRow,
		pos: make([]int, len(leaves)), end: make([]int, len(leaves)), overs: make([][]byte, t.nodes)}
	r.render = func(dst []byte) []byte { return r.value(dst, r.want) }
	if f != nil {
		for p := range f.Len() {
			r.places = append(r.places, locate(t.root, f.Name(record.Path(p)), f.Parts(record.Path(p))))
		}
	}
	return r
}

// locate finds a name: the column of that very name first, then the path.
func locate(root *node, name string, parts []string) place {
	if i, ok := root.byName[name]; ok {
		return place{nodes: []*node{root.children[i]}}
	}
	at := root
	var nodes []*node
	for k, part := range parts {
		i, ok := at.byName[part]
		if !ok {
			if k > 0 && k == len(parts)-1 {
				return place{nodes: nodes, member: part}
			}
			break
		}
		at = at.children[i]
		nodes = append(nodes, at)
		if k == len(parts)-1 {
			return place{nodes: nodes}
		}
		if at.shape != structShape {
			break
		}
	}
	return place{member: name}
}

// Len is the number of rows.
func (r *rows) Len() int { return r.n }

// ID names a row by its number in the file.
func (r *rows) ID(row int) record.ID {
	return record.ID{Src: r.src, Pos: uint64(r.first) + uint64(row)}
}

// Line is -1: rows of a table have no lines.
func (r *rows) Line(int) int { return -1 }

// Seek fails for a row that is longer than MaxRow, that holds a string which
// is not UTF-8, or whose columns don't agree on the shape of a nested value.
func (r *rows) Seek(row int) error {
	r.row, r.long = row, false
	if r.maxRow > 0 {
		var size int64
		for _, l := range r.leaves {
			size += l.bytesIn(row)
		}
		if size > r.maxRow {
			r.long = true
			return storage.ErrTooLong{Bytes: size, Max: r.maxRow}
		}
	}
	for i, l := range r.leaves {
		if l.node.conv.form == textForm {
			if err := r.validText(i, l); err != nil {
				return err
			}
		}
	}
	if r.tree.nested {
		r.rewind(0, len(r.leaves))
		for _, c := range r.tree.root.children {
			if !r.agree(c) {
				return fmt.Errorf("column %s: its parts don't agree where the values begin and end", c.name)
			}
		}
		if !slices.Equal(r.pos, r.end) {
			return fmt.Errorf("a column has values beyond the row's end")
		}
	}
	return nil
}

func (r *rows) validText(i int, l *leafReader) error {
	from, to := l.span(r.row)
	for k := from; k < to; k++ {
		if l.def(k) != l.maxDef {
			continue
		}
		v := l.col.ptrs[l.value(k)]
		if !utf8.Valid(v) {
			at := 0
			for rest := []byte(v); ; {
				c, n := utf8.DecodeRune(rest)
				if c == utf8.RuneError && n <= 1 {
					break
				}
				at += n
				rest = rest[n:]
			}
			return fmt.Errorf("column %s: the string is not UTF-8 at byte %d", l.node.name, at)
		}
	}
	return nil
}

// rewind puts the cursors of leaves lo to hi-1 at the current row.
func (r *rows) rewind(lo, hi int) {
	for i := lo; i < hi; i++ {
		r.pos[i], r.end[i] = r.leaves[i].span(r.row)
	}
}

// agree walks a value as value does and reports whether all leaves below it
// tell the same of nulls and of lists' lengths.
func (r *rows) agree(n *node) bool {
	if n.shape == leafShape {
		r.pos[n.lo]++
		return r.pos[n.lo] <= r.end[n.lo]
	}
	absent := n.def
	if n.shape == listShape {
		absent = n.elemDef
	}
	if n.lo == n.hi || r.pos[n.lo] >= r.end[n.lo] {
		return n.lo == n.hi
	}
	d := r.leaves[n.lo].def(r.pos[n.lo])
	for i := n.lo; i < n.hi; i++ {
		if r.pos[i] >= r.end[i] {
			return false
		}
		di := r.leaves[i].def(r.pos[i])
		if d < absent && di != d || d >= absent && di < absent {
			return false
		}
	}
	if d < absent {
		r.skip(n)
		return true
	}
	if n.shape == structShape {
		for _, c := range n.children {
			if !r.agree(c) {
				return false
			}
		}
		return true
	}
	for {
		if !r.agree(n.children[0]) {
			return false
		}
		more := r.more(n.lo, n.rep)
		for i := n.lo + 1; i < n.hi; i++ {
			if r.more(i, n.rep) != more {
				return false
			}
		}
		if !more {
			return true
		}
	}
}

// more says whether the list that repeats at level rep goes on.
func (r *rows) more(leaf int, rep int16) bool {
	return r.pos[leaf] < r.end[leaf] && r.leaves[leaf].col.rep[r.pos[leaf]] == rep
}

// skip passes one level in all leaves below n.
func (r *rows) skip(n *node) {
	for i := n.lo; i < n.hi; i++ {
		r.pos[i]++
	}
}

// value appends the value of n at the cursors, as JSON.
func (r *rows) value(dst []byte, n *node) []byte {
	if over := r.overs[n.id]; over != nil {
		for i := n.lo; i < n.hi; i++ {
			r.pos[i] = r.end[i]
		}
		return appendString(dst, over)
	}
	if n.lo == n.hi {
		return append(dst, "{}"...)
	}
	if r.limit > 0 && len(dst) >= r.limit {
		return dst
	}
	l := r.leaves[n.lo]
	at := r.pos[n.lo]
	if at >= r.end[n.lo] { // only in a row that Seek refused
		return append(dst, "null"...)
	}
	switch d := l.def(at); {
	case d < n.def:
		r.skip(n)
		return append(dst, "null"...)
	case n.shape == leafShape:
		r.pos[n.lo]++
		return r.leaf(dst, l, l.value(at))
	case n.shape == structShape:
		return r.object(dst, n)
	case d < n.elemDef:
		r.skip(n)
		return append(dst, "[]"...)
	}
	dst = append(dst, '[')
	for {
		dst = r.value(dst, n.children[0])
		if !r.more(n.lo, n.rep) || r.limit > 0 && len(dst) >= r.limit {
			return append(dst, ']')
		}
		dst = append(dst, ',')
	}
}

func (r *rows) leaf(dst []byte, l *leafReader, val int) []byte {
	if r.limit > 0 && l.node.conv.form <= base64Form && l.node.conv.form >= textForm {
		v := l.col.bytes(val)
		return appendString(dst, v[:min(len(v), r.limit)])
	}
	return l.node.conv.append(dst, &l.col, val)
}

func (r *rows) object(dst []byte, n *node) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for _, c := range n.children {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, c.key...)
		dst = r.value(dst, c)
	}
	return append(r.appendInserts(dst, n, start), '}')
}

func (r *rows) appendInserts(dst []byte, n *node, start int) []byte {
	for _, ins := range r.inserts {
		if ins.at == n {
			dst = appendMember(dst, start, ins.name, ins.text)
		}
	}
	return dst
}

func appendMember(dst []byte, start int, name string, text []byte) []byte {
	if len(dst) > start {
		dst = append(dst, ',')
	}
	dst = appendString(dst, []byte(name))
	dst = append(dst, ':')
	return appendString(dst, text)
}

// Field returns a string column's bytes as they lie in the page.
func (r *rows) Field(p record.Path, s *record.Scratch) ([]byte, record.Kind) {
	at := &r.places[p]
	if at.member != "" {
		return nil, record.Missing
	}
	last := len(at.nodes) - 1
	for _, n := range at.nodes[:last] {
		if r.absent(n) {
			return nil, record.Missing
		}
	}
	n := at.nodes[last]
	if r.absent(n) {
		return append(s.Grow(4), "null"...), record.Null
	}
	if n.shape == leafShape && n.conv.form == textForm {
		l := r.leaves[n.lo]
		from, _ := l.span(r.row)
		return l.col.ptrs[l.value(from)], record.String
	}
	r.rewind(n.lo, n.hi)
	r.want = n
	v := s.Append(r.render)
	switch v[0] {
	case '"':
		return v[1 : len(v)-1], record.String
	case '{':
		return v, record.Object
	case '[':
		return v, record.List
	case 't', 'f':
		return v, record.Bool
	}
	return v, record.Number
}

// absent says whether a value outside of any list is null in this row.
func (r *rows) absent(n *node) bool {
	if n.lo == n.hi {
		return false
	}
	l := r.leaves[n.lo]
	from, _ := l.span(r.row)
	return l.def(from) < n.def
}

// AppendJSON appends the row with the columns in the file's order, null ones
// too, then new members.
func (r *rows) AppendJSON(dst []byte, e *record.Edits) []byte {
	r.rewind(0, len(r.leaves))
	if e.Empty() && (e == nil || len(e.Drop) == 0) {
		return r.object(dst, r.tree.root)
	}
	r.override(e)
	dst = append(dst, '{')
	start := len(dst)
	for _, c := range r.tree.root.children {
		if slices.Contains(e.Drop, c.name) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, c.key...)
		dst = r.value(dst, c)
	}
	dst = r.appendInserts(dst, r.tree.root, start)
	if len(e.Extra) > 0 {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, e.Extra...)
	}
	r.inserts = r.inserts[:0]
	clear(r.overs)
	return append(dst, '}')
}

// override notes which values e replaces and which members it adds.
func (r *rows) override(e *record.Edits) {
	for p, set := range e.Set {
		if !set {
			continue
		}
		at := &r.places[p]
		parents := at.nodes
		if at.member == "" {
			parents = parents[:len(parents)-1]
		}
		if slices.ContainsFunc(parents, r.absent) {
			r.inserts = append(r.inserts, insert{r.tree.root, e.Fields.Name(record.Path(p)), e.Text[p]})
			continue
		}
		switch {
		case at.member == "":
			text := e.Text[p]
			if text == nil {
				text = []byte{}
			}
			r.overs[at.nodes[len(at.nodes)-1].id] = text
		case len(at.nodes) > 0:
			r.inserts = append(r.inserts, insert{at.nodes[len(at.nodes)-1], at.member, e.Text[p]})
		default:
			r.inserts = append(r.inserts, insert{r.tree.root, at.member, e.Text[p]})
		}
	}
}

// Raw is the row as JSON; its first 64 KiB when the row is too long.
func (r *rows) Raw() []byte {
	r.rewind(0, len(r.leaves))
	if r.long {
		r.limit = rawLimit
		defer func() { r.limit = 0 }()
	}
	r.raw = r.object(r.raw[:0], r.tree.root)
	if r.long {
		r.raw = r.raw[:min(len(r.raw), rawLimit)]
	}
	return r.raw
}
