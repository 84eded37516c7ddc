package parquet

import (
	"fmt"
	"slices"

	"corpusmill/storage/jsonrow"
)

// shredder takes rows apart into levels and values, a column for each leaf.
type shredder struct {
	cols   []column
	spans  [][]byte // of members found, a stack
	levels int      // appended so far
}

func newShredder(leaves int) *shredder {
	s := &shredder{cols: make([]column, leaves)}
	s.reset(0, leaves)
	return s
}

func (s *shredder) reset(lo, hi int) {
	for i := lo; i < hi; i++ {
		s.cols[i].reset()
	}
}

// level appends a level to a leaf's column, without those that are always 0.
func (s *shredder) level(leaf *node, i int, rep, def int16) {
	v := &s.cols[i]
	if leaf.def > 0 {
		v.def = append(v.def, def)
	}
	if leaf.rep > 0 {
		v.rep = append(v.rep, rep)
	}
	s.levels++
}

// none appends one level to all leaves below n, which have no value there.
func (s *shredder) none(n *node, rep, def int16) {
	if n.shape == leafShape {
		s.level(n, n.lo, rep, def)
		return
	}
	for _, c := range n.children {
		s.none(c, rep, def)
	}
}

func (s *shredder) null(n *node, rep int16) error {
	if !n.nullable {
		return fmt.Errorf("column %s may not be null", n.name)
	}
	s.none(n, rep, n.def-1)
	return nil
}

// value appends val, JSON text, as the value of n at repetition level rep.
// After an error the columns below n hold part of it.
func (s *shredder) value(n *node, val []byte, rep int16) error {
	if jsonrow.IsNull(val) {
		return s.null(n, rep)
	}
	switch n.shape {
	case leafShape:
		if err := n.conv.parse(&s.cols[n.lo], val); err != nil {
			return fmt.Errorf("column %s: %w", n.name, err)
		}
		s.level(n, n.lo, rep, n.def)
		return nil
	case structShape:
		return s.object(n, val, rep)
	}
	if val[0] != '[' {
		return fmt.Errorf("column %s: %.40s is no list", n.name, val)
	}
	empty := true
	err := jsonrow.Elements(val, func(i int, v []byte) error {
		empty = false
		at := n.rep
		if i == 0 {
			at = rep
		}
		return s.value(n.children[0], v, at)
	})
	if err == nil && empty {
		s.none(n, rep, n.def)
	}
	return err
}

func (s *shredder) object(n *node, val []byte, rep int16) error {
	if val[0] != '{' {
		return fmt.Errorf("column %s: %.40s is no object", n.name, val)
	}
	base := len(s.spans)
	s.spans = slices.Grow(s.spans, len(n.children))[:base+len(n.children)]
	clear(s.spans[base:])
	if err := s.find(n, val, base); err != nil {
		return err
	}
	for i, c := range n.children {
		var err error
		if v := s.spans[base+i]; v != nil {
			err = s.value(c, v, rep)
		} else {
			err = s.null(c, rep)
		}
		if err != nil {
			return err
		}
	}
	s.spans = s.spans[:base]
	return nil
}

// find notes where the members of an object lie; of equal names the last
// counts.
func (s *shredder) find(n *node, val []byte, base int) error {
	next := 0
	return jsonrow.Members(val, func(key, v []byte) error {
		i := next
		if i >= len(n.children) || !isName(key, n.children[i].name) {
			name, err := memberName(key)
			if err != nil {
				return err
			}
			var ok bool
			if i, ok = n.byName[string(name)]; !ok {
				return fmt.Errorf("the schema has no column %q", name)
			}
		}
		s.spans[base+i] = v
		next = i + 1
		return nil
	})
}

// fitter tries the columns of rows against a hint.
type fitter struct {
	tree *tree
	*shredder
	unlike []bool
}

func newFitter(hint *Schema) *fitter {
	return &fitter{hint.tree, newShredder(len(hint.tree.leaves)), make([]bool, len(hint.tree.root.children))}
}

// observe adds to unlike the columns that the row shows not to fit.
func (f *fitter) observe(row []byte, unlike []string) []string {
	root := f.tree.root
	seen := 0
	_ = jsonrow.Members(row, func(key, v []byte) error {
		name, err := memberName(key)
		if err != nil {
			return err
		}
		i, ok := root.byName[string(name)]
		if !ok {
			return nil
		}
		seen++
		if f.unlike[i] {
			return nil
		}
		c := root.children[i]
		f.reset(c.lo, c.hi)
		f.spans = f.spans[:0]
		if f.value(c, v, 0) != nil {
			f.unlike[i] = true
			unlike = append(unlike, c.name)
		}
		return nil
	})
	if seen < len(root.children) {
		unlike = f.missing(row, unlike)
	}
	return unlike
}

// missing marks the columns that a row lacks and that may not be null.
func (f *fitter) missing(row []byte, unlike []string) []string {
	have := make([]bool, len(f.tree.root.children))
	_ = jsonrow.Members(row, func(key, _ []byte) error {
		if name, err := memberName(key); err == nil {
			if i, ok := f.tree.root.byName[string(name)]; ok {
				have[i] = true
			}
		}
		return nil
	})
	for i, c := range f.tree.root.children {
		if !have[i] && !c.nullable && !f.unlike[i] {
			f.unlike[i] = true
			unlike = append(unlike, c.name)
		}
	}
	return unlike
}
