package parquet

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"

	"corpusmill/record"
	"corpusmill/storage/jsonrow"
)

const (
	// maxNest is how deep lists and objects become Parquet columns; below,
	// a value is kept as its JSON text.
	maxNest = 32
	// maxMembers is how many names an object may have to become a struct.
	// One with more is a map in truth and is kept as its JSON text.
	maxMembers = 4096
)

// kinds is the set of what a value was in the rows seen.
type kinds uint16

const (
	sawNull kinds = 1 << iota
	sawBool
	sawInt     // an int64 that a float64 holds as well
	sawLongInt // an int64 that no float64 holds
	sawFloat   // a number that becomes a float64, or an integer that is exactly one
	sawOther   // a number that is neither, such as 1e400
	sawString
	sawList
	sawObject
	sawWhole // something too deep or too wide for columns
)

// Sketch is what the rows of an output look like, gathered one row at a time
// and merged in any order: the schema depends on the set of rows alone. It is
// bounded by the number of names in the rows and marshals as JSON.
//
// A value's type widens: null < bool; null < int64 < float64, unless an
// integer would lose digits; string; list; struct, with the union of the
// members in the order of their first appearance. What has no such type (two
// kinds in one place, 1e400, an integer beyond int64 that is no float64,
// objects with more than 4096 names, nesting below 32) is a string that holds
// JSON text, in which strings stand as they are. All-null and {} are strings
// too.
type Sketch struct {
	rows   int64
	root   shapeNode
	unlike []string // columns in which some value doesn't fit the hint

	fit *fitter
}

// shapeNode is one place in the rows.
type shapeNode struct {
	saw     kinds
	elem    *shapeNode
	members []*shapeMember
	index   map[string]int
}

type shapeMember struct {
	name  string
	first record.ID // the row that had the name first
	at    int       // and how many names of the row came before
	shapeNode
}

// NewSketch returns an empty sketch. With a hint, the schema of the input, it
// notes too which columns could keep the hint's types.
func NewSketch(hint *Schema) *Sketch {
	s := &Sketch{}
	if hint != nil {
		s.fit = newFitter(hint)
	}
	return s
}

// Observe adds a row, one JSON object, which it doesn't keep. An error means
// that Parquet can't hold the row, which then has no part in the sketch: it
// is no object, not UTF-8, or holds half a surrogate pair.
func (s *Sketch) Observe(id record.ID, row []byte) error {
	row = bytes.TrimSpace(row)
	if len(row) < 2 || row[0] != '{' {
		return errors.New("the row is no JSON object")
	}
	if err := jsonrow.CheckText(row); err != nil {
		return err
	}
	o := observer{id: id}
	if err := o.object(&s.root, row, 0); err != nil {
		return err
	}
	s.rows++
	if s.fit != nil {
		s.unlike = s.fit.observe(row, s.unlike)
	}
	return nil
}

// observer walks one row.
type observer struct {
	id    record.ID
	names int
}

func (o *observer) value(n *shapeNode, val []byte, depth int) error {
	switch val[0] {
	case '"':
		n.saw |= sawString
	case 't', 'f':
		if t := string(val); t != "true" && t != "false" {
			return fmt.Errorf("%.40s is no JSON value", val)
		}
		n.saw |= sawBool
	case 'n':
		if !jsonrow.IsNull(val) {
			return fmt.Errorf("%.40s is no JSON value", val)
		}
		n.saw |= sawNull
	case '{', '[':
		if depth == maxNest {
			n.saw |= sawWhole
			return nil
		}
		if val[0] == '{' {
			n.saw |= sawObject
			return o.object(n, val, depth)
		}
		n.saw |= sawList
		if n.elem == nil {
			n.elem = &shapeNode{}
		}
		return jsonrow.Elements(val, func(_ int, v []byte) error { return o.value(n.elem, v, depth+1) })
	default:
		n.saw |= numberKind(val)
	}
	return nil
}

func (o *observer) object(n *shapeNode, val []byte, depth int) error {
	next := 0
	return jsonrow.Members(val, func(key, v []byte) error {
		if n.saw&sawWhole != 0 {
			return nil
		}
		i := next
		if i >= len(n.members) || !isName(key, n.members[i].name) {
			name, err := memberName(key)
			if err != nil {
				return err
			}
			i = n.member(string(name))
		}
		m := n.members[i]
		if m.saw == 0 || o.id.Compare(m.first) < 0 {
			m.first, m.at = o.id, o.names
		}
		o.names++
		next = i + 1
		if err := o.value(&m.shapeNode, v, depth+1); err != nil {
			return err
		}
		n.narrow()
		return nil
	})
}

// isName says whether key, with its quotes, is plainly that name.
func isName(key []byte, name string) bool {
	return string(key[1:len(key)-1]) == name && bytes.IndexByte(key, '\\') < 0
}

// memberName is what a member's name says; key has its quotes.
func memberName(key []byte) ([]byte, error) {
	if bytes.IndexByte(key, '\\') < 0 {
		return key[1 : len(key)-1], nil
	}
	return jsonrow.AppendUnquoted(nil, key)
}

// member returns the index of a member, which it adds when it is new.
func (n *shapeNode) member(name string) int {
	if n.index == nil {
		n.index = map[string]int{}
	}
	i, ok := n.index[name]
	if !ok {
		i = len(n.members)
		n.members = append(n.members, &shapeMember{name: name})
		n.index[name] = i
	}
	return i
}

// narrow gives up on an object with too many names.
func (n *shapeNode) narrow() {
	if len(n.members) > maxMembers {
		n.saw |= sawWhole
		n.members, n.index = nil, nil
	}
}

// numberKind classes a JSON number.
func numberKind(val []byte) kinds {
	if n, ok := parseInt(val); ok {
		if f := float64(n); f < math.MaxInt64 && int64(f) == n {
			return sawInt
		}
		return sawLongInt
	}
	integer := !bytes.ContainsAny(val, ".eE")
	if integer && string(val) != "-0" {
		f, err := strconv.ParseFloat(string(val), 64)
		exact, ok := new(big.Int).SetString(string(val[:min(len(val), 400)]), 10)
		if err != nil || !ok || len(val) > 400 {
			return sawOther
		}
		if back, _ := new(big.Float).SetFloat64(f).Int(nil); back.Cmp(exact) != 0 {
			return sawOther
		}
		return sawFloat
	}
	if len(val) < 20 && !bytes.ContainsAny(val, "eE") {
		return sawFloat
	}
	f, err := strconv.ParseFloat(string(val), 64)
	mantissa, _, _ := bytes.Cut(bytes.ToLower(val), []byte("e"))
	if err != nil || f == 0 && bytes.ContainsAny(mantissa, "123456789") {
		return sawOther
	}
	return sawFloat
}

// Merge adds what another sketch saw; both had the same hint. o may not be
// used afterwards.
func (s *Sketch) Merge(o *Sketch) {
	s.rows += o.rows
	s.root.merge(&o.root)
	s.unlike = append(s.unlike, o.unlike...)
	slices.Sort(s.unlike)
	s.unlike = slices.Compact(s.unlike)
}

func (n *shapeNode) merge(o *shapeNode) {
	n.saw |= o.saw
	if n.elem == nil {
		n.elem = o.elem
	} else if o.elem != nil {
		n.elem.merge(o.elem)
	}
	if n.saw&sawWhole != 0 {
		n.members, n.index = nil, nil
		return
	}
	for _, om := range o.members {
		i := n.member(om.name)
		m := n.members[i]
		if m.saw == 0 || om.before(m) {
			m.first, m.at = om.first, om.at
		}
		m.merge(&om.shapeNode)
	}
	n.narrow()
}

func (m *shapeMember) before(o *shapeMember) bool {
	return cmp.Or(m.first.Compare(o.first), cmp.Compare(m.at, o.at)) < 0
}

// ordered returns the members in the order of their first appearance.
func (n *shapeNode) ordered() []*shapeMember {
	out := slices.Clone(n.members)
	slices.SortFunc(out, func(a, b *shapeMember) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.at, b.at), cmp.Compare(a.name, b.name))
	})
	return out
}

// sketchJSON and shapeJSON are the marshalled form.
type sketchJSON struct {
	Rows   int64     `json:"rows"`
	Unlike []string  `json:"unlike,omitempty"`
	Root   shapeJSON `json:"root"`
}

type shapeJSON struct {
	Saw     kinds        `json:"saw"`
	Elem    *shapeJSON   `json:"elem,omitempty"`
	Members []memberJSON `json:"members,omitempty"`
}

type memberJSON struct {
	Name  string    `json:"name"`
	First record.ID `json:"first"`
	At    int       `json:"at"`
	shapeJSON
}

// MarshalJSON writes equal sketches as equal bytes.
func (s *Sketch) MarshalJSON() ([]byte, error) {
	slices.Sort(s.unlike)
	return json.Marshal(sketchJSON{s.rows, slices.Compact(s.unlike), s.root.toJSON()})
}

func (n *shapeNode) toJSON() shapeJSON {
	out := shapeJSON{Saw: n.saw}
	if n.elem != nil {
		e := n.elem.toJSON()
		out.Elem = &e
	}
	for _, m := range n.ordered() {
		out.Members = append(out.Members, memberJSON{m.name, m.first, m.at, m.toJSON()})
	}
	return out
}

// UnmarshalJSON reads what MarshalJSON wrote, for merging.
func (s *Sketch) UnmarshalJSON(b []byte) error {
	var in sketchJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return fmt.Errorf("schema sketch: %w", err)
	}
	s.rows, s.unlike = in.Rows, in.Unlike
	s.root = shapeNode{}
	return s.root.fromJSON(&in.Root, 0)
}

func (n *shapeNode) fromJSON(in *shapeJSON, depth int) error {
	if depth > maxNest+1 {
		return fmt.Errorf("schema sketch: it nests more than %d deep", maxNest)
	}
	n.saw = in.Saw
	if in.Elem != nil {
		n.elem = &shapeNode{}
		if err := n.elem.fromJSON(in.Elem, depth+1); err != nil {
			return err
		}
	}
	for i := range in.Members {
		im := &in.Members[i]
		m := n.members[n.member(im.Name)]
		m.first, m.at = im.First, im.At
		if err := m.fromJSON(&im.shapeJSON, depth+1); err != nil {
			return err
		}
	}
	return nil
}
