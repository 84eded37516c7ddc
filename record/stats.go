package record

import (
	"slices"
)

// StatKind is the type of a stat.
type StatKind uint8

const (
	IntStat StatKind = iota
	FloatStat
	StringStat
)

func (k StatKind) String() string { return [...]string{"int", "float", "string"}[k] }

// Slot is a handle on a stat of a Stats table.
type Slot uint16

// Stats is the table of the stats that the operators of a chain measure,
// filled while operators open.
type Stats struct {
	names []string
	kinds []StatKind
}

// Slot returns the handle for the stat of that name, adding it when it is
// new. The kind of a stat is that of its first use.
func (t *Stats) Slot(name string, k StatKind) Slot {
	if i := slices.Index(t.names, name); i >= 0 {
		return Slot(i)
	}
	t.names = append(t.names, name)
	t.kinds = append(t.kinds, k)
	return Slot(len(t.names) - 1)
}

// Len is the number of stats; slots run from 0 to Len()-1.
func (t *Stats) Len() int { return len(t.names) }

// Name is the stat's name in the output.
func (t *Stats) Name(s Slot) string { return t.names[s] }

// Kind is the stat's type.
func (t *Stats) Kind(s Slot) StatKind { return t.kinds[s] }

// Sorted returns the slots in the order of their names, the order that they
// have in the output.
func (t *Stats) Sorted() []Slot {
	s := make([]Slot, len(t.names))
	for i := range s {
		s[i] = Slot(i)
	}
	slices.SortFunc(s, func(a, b Slot) int {
		if t.names[a] < t.names[b] {
			return -1
		}
		return 1
	})
	return s
}

// Value is one stat of one row.
type Value struct {
	Set   bool
	Int   int64
	Float float64
	Str   string
}
