package parquet

import (
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// shape is what a node of a schema is in JSON.
type shape uint8

const (
	leafShape   shape = iota
	structShape       // an object
	listShape         // a list; its one child is the element
)

// node is a value of a row. The repeated groups that Parquet wraps lists in
// are folded into their list.
type node struct {
	name     string
	shape    shape
	nullable bool
	// def is the definition level from which the value isn't null; for a
	// list, the elements exist from elemDef and repeat at level rep.
	def, elemDef, rep int16
	children          []*node
	lo, hi            int // the leaves below: lo to hi-1
	conv              conv
	byName            map[string]int // of a struct's children
	id                int            // ordinal in the tree
	key               []byte         // the name as JSON, with the colon
}

// tree is a schema prepared for reading and writing rows.
type tree struct {
	root   *node // a struct that is never null
	leaves []*node
	nodes  int
	nested bool // some column is no plain value
}

func newTree(g *schema.GroupNode) (*tree, error) {
	t := &tree{}
	root, err := t.group(g, 0, 0)
	if err != nil {
		return nil, err
	}
	t.root = root
	t.number(root)
	t.nested = t.nodes > len(t.leaves)+1
	return t, nil
}

func (t *tree) number(n *node) {
	n.id = t.nodes
	n.key = append(appendString(nil, []byte(n.name)), ':')
	t.nodes++
	for _, c := range n.children {
		t.number(c)
	}
}

// add makes the node of a field below levels def and rep.
func (t *tree) add(n schema.Node, def, rep int16) (*node, error) {
	if !utf8.ValidString(n.Name()) {
		return nil, fmt.Errorf("column name %q is not UTF-8; rename the column", n.Name())
	}
	if n.RepetitionType() == parquet.Repetitions.Repeated {
		// A repeated field outside a list annotation is a list that is never
		// null.
		elem, err := t.value(n, def+1, rep+1)
		if err != nil {
			return nil, err
		}
		return &node{name: n.Name(), shape: listShape, def: def, elemDef: def + 1, rep: rep + 1,
			children: []*node{elem}, lo: elem.lo, hi: elem.hi}, nil
	}
	nullable := n.RepetitionType() == parquet.Repetitions.Optional
	if nullable {
		def++
	}
	out, err := t.value(n, def, rep)
	if err != nil {
		return nil, err
	}
	out.nullable = nullable
	return out, nil
}

// value makes the node of a field's value, its own repetition apart.
func (t *tree) value(n schema.Node, def, rep int16) (*node, error) {
	switch n := n.(type) {
	case *schema.PrimitiveNode:
		c, err := convOf(n)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", n.Path(), err)
		}
		leaf := &node{name: n.Name(), def: def, rep: rep, lo: len(t.leaves), hi: len(t.leaves) + 1, conv: c}
		t.leaves = append(t.leaves, leaf)
		return leaf, nil
	case *schema.GroupNode:
		if isList(n) {
			return t.list(n, def, rep)
		}
		return t.group(n, def, rep)
	}
	return nil, fmt.Errorf("column %s is neither a value nor a group", n.Path())
}

// isList recognises groups annotated as list or map, with one repeated
// child.
func isList(g *schema.GroupNode) bool {
	switch g.ConvertedType() {
	case schema.ConvertedTypes.List, schema.ConvertedTypes.Map, schema.ConvertedTypes.MapKeyValue:
	default:
		switch g.LogicalType().(type) {
		case schema.ListLogicalType, schema.MapLogicalType:
		default:
			return false
		}
	}
	return g.NumFields() == 1 && g.Field(0).RepetitionType() == parquet.Repetitions.Repeated
}

// list folds the repeated child of g into the list. That child is the
// element itself in files of old writers, told apart as the format's
// backward compatibility rules say; else it wraps the element.
func (t *tree) list(g *schema.GroupNode, def, rep int16) (*node, error) {
	rep++
	l := &node{name: g.Name(), shape: listShape, def: def, elemDef: def + 1, rep: rep}
	var elem *node
	var err error
	mid := g.Field(0)
	wrap, isGroup := mid.(*schema.GroupNode)
	if isGroup && wrap.NumFields() == 1 && wrap.Name() != "array" && wrap.Name() != g.Name()+"_tuple" &&
		wrap.Field(0).RepetitionType() != parquet.Repetitions.Repeated {
		elem, err = t.add(wrap.Field(0), def+1, rep)
	} else {
		elem, err = t.value(mid, def+1, rep)
	}
	if err != nil {
		return nil, err
	}
	l.children, l.lo, l.hi = []*node{elem}, elem.lo, elem.hi
	return l, nil
}

func (t *tree) group(g *schema.GroupNode, def, rep int16) (*node, error) {
	s := &node{name: g.Name(), shape: structShape, def: def, rep: rep, lo: len(t.leaves), byName: map[string]int{}}
	for i := range g.NumFields() {
		f := g.Field(i)
		c, err := t.add(f, def, rep)
		if err != nil {
			return nil, err
		}
		if _, dup := s.byName[c.name]; dup {
			return nil, fmt.Errorf("column name %q stands twice in a group; rename one", f.Path())
		}
		s.byName[c.name] = i
		s.children = append(s.children, c)
	}
	s.hi = len(t.leaves)
	return s, nil
}
