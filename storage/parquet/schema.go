package parquet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"corpusmill/storage"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// Schema is the columns of a Parquet file with their types.
type Schema struct {
	group *schema.GroupNode
	tree  *tree
	meta  metadata.KeyValueMetadata // the file's own, such as Arrow's types
}

// FromParquet returns the schema that all files have, or nil when they
// differ or there are none. File metadata that is the same in all of them is
// part of it.
func FromParquet(files []storage.File) (*Schema, error) {
	var s *Schema
	for _, f := range files {
		fd, ft, err := openFooter(context.Background(), f)
		if err != nil {
			return nil, err
		}
		if err := fd.Close(); err != nil {
			return nil, err
		}
		root := ft.meta.Schema.Root()
		if s == nil {
			s = &Schema{group: root, tree: ft.schema, meta: slices.Clone(ft.meta.KeyValueMetadata())}
			continue
		}
		if !s.group.Equals(root) {
			return nil, nil
		}
		other := ft.meta.KeyValueMetadata()
		keep := metadata.NewKeyValueMetadata()
		for _, kv := range s.meta {
			if v := other.FindValue(kv.Key); v != nil && kv.Value != nil && *v == *kv.Value {
				keep = append(keep, kv)
			}
		}
		s.meta = keep
	}
	return s, nil
}

// String lists the columns as Parquet tools do.
func (s *Schema) String() string {
	var b strings.Builder
	schema.PrintSchema(s.group, &b, 2)
	return b.String()
}

// newSchema takes fields, of which those marked free take any JSON value
// where they are strings.
func newSchema(fields schema.FieldList, free []bool, meta metadata.KeyValueMetadata) (*Schema, error) {
	g, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, -1)
	if err != nil {
		return nil, err
	}
	t, err := newTree(g)
	if err != nil {
		return nil, err
	}
	for i, c := range t.root.children {
		for _, leaf := range t.leaves[c.lo:c.hi] {
			if free[i] && leaf.conv.form == textForm {
				leaf.conv.form = jsonForm
			}
		}
	}
	return &Schema{group: g, tree: t, meta: meta}, nil
}

// Schema returns the schema that holds all rows observed. Columns of the
// hint that the sketch was made with keep their types, and the hint's order
// comes first, unless an edit made a value unlike its column. Columns that no
// row has are left out; without rows the hint stands as it is.
func (s *Sketch) Schema(hint *Schema) (*Schema, error) {
	if s.root.saw&sawWhole != 0 {
		return nil, fmt.Errorf("the rows have more than %d different names, which are too many columns; write JSON Lines, or drop fields", maxMembers)
	}
	if s.rows == 0 && hint != nil {
		return hint, nil
	}
	var fields schema.FieldList
	var free []bool
	done := map[string]bool{}
	whole := hint != nil
	if hint != nil {
		// Nodes know their parent, so another group needs nodes of its own.
		copied, err := schema.FromParquet(schema.ToThrift(hint.group))
		if err != nil {
			return nil, err
		}
		g, ok := copied.(*schema.GroupNode)
		if !ok {
			return nil, errors.New("the input's schema is no group")
		}
		for i := range g.NumFields() {
			f := g.Field(i)
			m, seen := s.root.index[f.Name()]
			if !seen {
				whole = false
				continue
			}
			done[f.Name()] = true
			fit := !slices.Contains(s.unlike, f.Name())
			if !fit {
				whole = false
				if f, err = s.root.members[m].node(f.Name()); err != nil {
					return nil, err
				}
			}
			fields, free = append(fields, f), append(free, !fit)
		}
	}
	for _, m := range s.root.ordered() {
		if done[m.name] {
			continue
		}
		whole = false
		f, err := m.node(m.name)
		if err != nil {
			return nil, err
		}
		fields, free = append(fields, f), append(free, true)
	}
	if len(fields) == 0 && s.rows > 0 {
		return nil, errors.New("all rows are empty objects, which Parquet can't store; write JSON Lines")
	}
	var meta metadata.KeyValueMetadata
	if whole {
		meta = hint.meta
	}
	return newSchema(fields, free, meta)
}

// node makes the nullable Parquet field for a place in the rows.
func (n *shapeNode) node(name string) (schema.Node, error) {
	opt := parquet.Repetitions.Optional
	switch saw := n.saw &^ sawNull; saw {
	case sawBool:
		return schema.NewBooleanNode(name, opt, -1), nil
	case sawInt, sawLongInt, sawInt | sawLongInt:
		return schema.NewInt64Node(name, opt, -1), nil
	case sawFloat, sawInt | sawFloat:
		return schema.NewFloat64Node(name, opt, -1), nil
	case sawList:
		elem, err := n.elem.node("element")
		if err != nil {
			return nil, err
		}
		list, err := schema.NewGroupNode("list", parquet.Repetitions.Repeated, schema.FieldList{elem}, -1)
		if err != nil {
			return nil, err
		}
		return schema.NewGroupNodeLogical(name, opt, schema.FieldList{list}, schema.NewListLogicalType(), -1)
	case sawObject:
		if len(n.members) == 0 {
			break
		}
		var fields schema.FieldList
		for _, m := range n.ordered() {
			f, err := m.node(m.name)
			if err != nil {
				return nil, err
			}
			fields = append(fields, f)
		}
		return schema.NewGroupNode(name, opt, fields, -1)
	}
	return schema.NewPrimitiveNodeLogical(name, opt, schema.StringLogicalType{}, parquet.Types.ByteArray, -1, -1)
}
