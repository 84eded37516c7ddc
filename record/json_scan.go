package record

import "fmt"

// SyntaxError says why a row isn't one JSON object.
type SyntaxError struct {
	What string
	At   int // byte of the row, from 0
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.At, e.What) }

// span is where a value lies in the row; a string's span has its quotes.
type span struct {
	start, end int
	kind       Kind
	escaped    bool
}

// object is an object of the row in which paths of the table end.
type object struct {
	found bool
	empty bool
	last  int // end of the last member's value; of the brace when empty
}

// member is a member of the row's own object.
type member struct {
	key     int // of the opening quote
	keyEnd  int // behind the closing quote
	end     int // behind the value
	escaped bool
}

// frame is a container that is open during a scan.
type frame struct {
	node int32 // of pathTree; noNode for an object without interest, aList
	edge int32 // of the enclosing node, to the container; -1 for none
}

const (
	noNode = -1
	aList  = -2
)

// keptMembers bounds what is kept from a row with very many members.
const keptMembers = 1 << 14

// jsonScan reads one row at a time: its results are spans, objects, members.
type jsonScan struct {
	tree    *pathTree
	spans   []span
	objects []object
	members []member

	b     []byte // from the row's first byte to the end of the buffer
	n     int    // length of the row
	high  bool   // the row has bytes above 0x7F
	stack []frame
	key   []byte // a key that had escapes
}

func (s *jsonScan) reset() {
	clear(s.spans)
	clear(s.objects)
	if cap(s.members) > keptMembers {
		s.members = nil
	}
	s.members, s.stack = s.members[:0], s.stack[:0]
	s.high = false
}

func (s *jsonScan) fail(at int, what string) error { return &SyntaxError{what, at} }

// row checks b[:n] and notes what the tree asks for. b may go on behind the
// row: strings are scanned beyond n, up to the byte below 0x20 that follows.
func (s *jsonScan) row(b []byte, n int) error {
	s.reset()
	s.b, s.n = b, n
	i := s.space(0)
	if i == n || b[i] != '{' {
		return s.notObject(i)
	}
	edge := int32(-1) // of the innermost object's node, for the value at i
	node := int32(0)  // for the members of an object at i
	for {
		// A value begins at i.
		if i >= n {
			return s.fail(n, "the row ends where a value should be")
		}
		start, kind, escaped := i, Missing, false
		var err error
		switch c := b[i]; c {
		case '"':
			kind = String
			i, escaped, err = s.str(i + 1)
		case '{', '[':
			if len(s.stack) == MaxDepth {
				return s.fail(i, fmt.Sprintf("nested deeper than %d", MaxDepth))
			}
			closing := byte('}')
			if c == '[' {
				node, closing, kind = aList, ']', List
			} else {
				kind = Object
			}
			s.stack = append(s.stack, frame{node, edge})
			s.open(node, edge, start, kind)
			edge = -1
			i = s.space(i + 1)
			if i < n && b[i] == closing {
				break // the loop below closes it
			}
			if c == '{' {
				i, edge, node, err = s.member(i)
				if err != nil {
					return err
				}
			} else {
				node = noNode
			}
			continue
		case 't':
			kind = Bool
			i, err = s.word(i, "true")
		case 'f':
			kind = Bool
			i, err = s.word(i, "false")
		case 'n':
			kind = Null
			i, err = s.word(i, "null")
		default:
			kind = Number
			i, err = s.number(i)
		}
		if err != nil {
			return err
		}
		if kind < List {
			s.ended(edge, span{start, i, kind, escaped})
			i = s.space(i)
		}
		// Containers end until one goes on.
		for {
			if i >= n {
				return s.fail(n, "the row ends inside "+s.inside())
			}
			top := s.stack[len(s.stack)-1]
			c := b[i]
			if c == ',' {
				i = s.space(i + 1)
				edge, node = -1, noNode
				if top.node != aList {
					if i, edge, node, err = s.member(i); err != nil {
						return err
					}
				}
				break
			}
			if c == '}' && top.node != aList || c == ']' && top.node == aList {
				i++
				s.close(top, i)
				if len(s.stack) == 0 {
					return s.tail(i)
				}
				i = s.space(i)
				continue
			}
			return s.fail(i, "want a comma or the end of "+s.inside()+", not "+s.show(i))
		}
	}
}

// tail checks that nothing but space follows the object, and the encoding.
func (s *jsonScan) tail(i int) error {
	if i = s.space(i); i < s.n {
		return s.fail(i, s.show(i)+" after the object")
	}
	if s.high {
		if at := invalidUTF8(s.b[:s.n]); at >= 0 {
			return s.fail(at, "invalid UTF-8: "+s.show(at))
		}
	}
	return nil
}

// node returns the tree's node of the innermost container, nil for none.
func (s *jsonScan) node() *pathNode {
	if len(s.stack) == 0 {
		return nil
	}
	if k := s.stack[len(s.stack)-1].node; k >= 0 {
		return &s.tree.nodes[k]
	}
	return nil
}

// member reads a key and its colon at i. It returns where the value begins,
// and the key's edge with the node that its value's members are matched to.
func (s *jsonScan) member(i int) (at int, edge, node int32, err error) {
	if i >= s.n || s.b[i] != '"' {
		return i, -1, noNode, s.fail(i, "want a key in double quotes, not "+s.show(i))
	}
	start := i
	i, escaped, err := s.str(i + 1)
	if err != nil {
		return i, -1, noNode, err
	}
	edge, node = -1, noNode
	if n := s.node(); n != nil {
		key := s.b[start+1 : i-1]
		if escaped {
			s.key = appendUnescaped(s.key[:0], key)
			key = s.key
		}
		if k := n.match(key); k >= 0 {
			edge = int32(k)
			node = s.again(&n.edges[k])
		}
	}
	if len(s.stack) == 1 {
		s.members = append(s.members, member{key: start, keyEnd: i, escaped: escaped})
	}
	i = s.space(i)
	if i >= s.n || s.b[i] != ':' {
		return i, -1, noNode, s.fail(i, "want a colon after the key, not "+s.show(i))
	}
	return s.space(i + 1), edge, node, nil
}

// again makes void what an earlier member of the same key noted and returns
// the node for the value's members.
func (s *jsonScan) again(e *pathEdge) int32 {
	for _, k := range e.underSpans {
		s.spans[k] = span{}
	}
	for _, k := range e.underNodes {
		s.objects[k] = object{}
	}
	return int32(e.node)
}

// open notes the begin of a container, whose frame is pushed.
func (s *jsonScan) open(node, edge int32, start int, kind Kind) {
	if node >= 0 {
		s.objects[node] = object{found: true, empty: true, last: start + 1}
	}
	if edge >= 0 {
		parent := &s.tree.nodes[s.stack[len(s.stack)-2].node]
		if k := parent.edges[edge].span; k >= 0 {
			s.spans[k] = span{start: start, kind: kind}
		}
	}
}

// close notes the end of the innermost container and leaves it.
func (s *jsonScan) close(f frame, end int) {
	s.stack = s.stack[:len(s.stack)-1]
	if len(s.stack) == 0 {
		return
	}
	if f.edge >= 0 {
		if k := s.node().edges[f.edge].span; k >= 0 {
			s.spans[k].end = end
		}
	}
	s.valueEnds(end)
}

// ended notes a value that is no container.
func (s *jsonScan) ended(edge int32, v span) {
	if edge >= 0 {
		if k := s.node().edges[edge].span; k >= 0 {
			s.spans[k] = v
		}
	}
	s.valueEnds(v.end)
}

// valueEnds notes that a member of the innermost container ends.
func (s *jsonScan) valueEnds(end int) {
	if k := s.stack[len(s.stack)-1].node; k >= 0 {
		s.objects[k].last, s.objects[k].empty = end, false
		if len(s.stack) == 1 {
			s.members[len(s.members)-1].end = end
		}
	}
}

func (s *jsonScan) inside() string {
	if s.stack[len(s.stack)-1].node == aList {
		return "a list"
	}
	return "an object"
}
