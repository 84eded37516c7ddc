package record

import "strings"

// Kind is the type of the value that a field has in one row.
type Kind uint8

const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	List
	Object
)

func (k Kind) String() string {
	return [...]string{"missing", "null", "bool", "number", "string", "list", "object"}[k]
}

// Path is a handle on a field name of a Fields table.
type Path uint16

// Fields is the table of the field names that the operators of a chain use.
// A backing is given the table before it reads, so one scan of a row finds
// all of them. It is filled while operators open and read-only afterwards.
type Fields struct {
	names []string
	parts [][]string
}

// Path returns the handle for name, adding it when it is new. A name with
// dots is looked up as a literal key first, then as a path into objects.
func (f *Fields) Path(name string) Path {
	for i, n := range f.names {
		if n == name {
			return Path(i)
		}
	}
	f.names = append(f.names, name)
	f.parts = append(f.parts, strings.Split(name, "."))
	return Path(len(f.names) - 1)
}

// Len is the number of names; paths run from 0 to Len()-1.
func (f *Fields) Len() int { return len(f.names) }

// Name is the name as the recipe has it.
func (f *Fields) Name(p Path) string { return f.names[p] }

// Parts is the name split at its dots; a single part when it has none.
func (f *Fields) Parts(p Path) []string { return f.parts[p] }
