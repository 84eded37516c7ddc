package record

import "slices"

// pathTree is what a scan looks for: the names of a Fields table by the keys
// that lead to them. Node 0 is the row's own object.
type pathTree struct {
	nodes  []pathNode
	fields []pathField
	spans  int // values to note: one a name, and a second for a name with dots
}

type pathNode struct{ edges []pathEdge }

// pathEdge is a key that matters in an object.
type pathEdge struct {
	key  string
	span int // the value is this span; -1 for none
	node int // the value's own members matter as this node; -1 for not
	// What an earlier member of the same key noted below itself and a later
	// one makes void.
	underSpans, underNodes []int
}

// pathField is where a name of the table may be found: its first span holds
// the literal key.
type pathField struct {
	quotedName, quotedLast []byte // the name and its last part as JSON

	nested int // span of the dotted path; -1 for a name without dots
	parent int // node of the object that holds the last part
}

func newPathTree(fields *Fields) *pathTree {
	t := &pathTree{nodes: make([]pathNode, 1), spans: fields.Len()}
	for p := range fields.Len() {
		name, parts := fields.Name(Path(p)), fields.Parts(Path(p))
		t.nodes[0].edge(name).span = p
		f := pathField{
			quotedName: AppendQuoted(nil, []byte(name)),
			quotedLast: AppendQuoted(nil, []byte(parts[len(parts)-1])),
			nested:     -1,
		}
		if len(parts) > 1 {
			f.nested = t.spans
			t.spans++
			f.parent = t.add(parts, f.nested)
		}
		t.fields = append(t.fields, f)
	}
	return t
}

// add makes the nodes of a dotted path and returns that of its last object.
func (t *pathTree) add(parts []string, span int) int {
	at := 0
	for i, key := range parts {
		e := t.nodes[at].edge(key)
		if i == len(parts)-1 {
			e.span = span
			break
		}
		e.underSpans = append(e.underSpans, span)
		if e.node < 0 {
			e.node = len(t.nodes)
			t.nodes = append(t.nodes, pathNode{}) // e points into another node's edges
		}
		at = e.node
	}
	// Every object on the way is void when a key above it comes again.
	at = 0
	var above []*pathEdge
	for _, key := range parts[:len(parts)-1] {
		e := t.nodes[at].edge(key)
		above = append(above, e)
		at = e.node
		for _, a := range above {
			if !slices.Contains(a.underNodes, at) {
				a.underNodes = append(a.underNodes, at)
			}
		}
	}
	return at
}

// edge returns the edge for key, adding it when there is none.
func (n *pathNode) edge(key string) *pathEdge {
	for i := range n.edges {
		if n.edges[i].key == key {
			return &n.edges[i]
		}
	}
	n.edges = append(n.edges, pathEdge{key: key, span: -1, node: -1})
	return &n.edges[len(n.edges)-1]
}

// match returns the ordinal of the edge for key, or -1.
func (n *pathNode) match(key []byte) int {
	for i := range n.edges {
		if n.edges[i].key == string(key) {
			return i
		}
	}
	return -1
}
