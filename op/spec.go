package op

import "encoding/json"

// Kind is what an operator does with records.
type Kind uint8

const (
	KindMapper Kind = iota + 1
	KindFilter
	KindDeduplicator
)

func (k Kind) String() string {
	return [...]string{"?", "mapper", "filter", "deduplicator"}[k]
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Spec is what an operator declares about itself. Configuration, checks,
// schema and documentation are made from it.
type Spec struct {
	Name    string // recipe name: lower case with underscores, ends in its kind
	Summary string // one sentence
	Kind    Kind
	Doc     string // further paragraphs: exact semantics, sources, differences from Data-Juicer
	// Params follow from the tags of the parameter struct; Register fills them.
	Params []Param
	Stats  []Stat
	// Reasons are why the operator drops rows, by Reason.
	Reasons []string
	// ScratchPerByte is the memory a worker needs beside a row, as a multiple
	// of the row's bytes.
	ScratchPerByte float64
	// CanFail says that the operator may refuse a row (quarantine).
	CanFail bool
	// Version changes when the same input may give another result.
	Version  int
	Examples []Example
	// Aliases are further names that recipes may use.
	Aliases []Alias
}

// Alias is another name of an operator. ray_ before the operator's own name
// needs none.
type Alias struct {
	Name string
	// Accepted is a struct like that of an operator's parameters, or nil. Under
	// this name the operator has them too, and they change nothing.
	Accepted any `json:"-"`
	// Params follow from Accepted; Register fills them.
	Params []Param
}

// Stat is a stat that a filter measures.
type Stat struct {
	Name string
	Doc  string
}

// Example is a documented case that the contract suite runs.
type Example struct {
	Doc    string
	Params string // JSON object; empty for the defaults
	In     string // JSON Lines
	Want   string // JSON Lines that are kept, as written out
}

// Type is the type of a parameter.
type Type uint8

const (
	TypeInt Type = iota + 1
	TypeFloat
	TypeBool
	TypeString
	TypeStrings   // a list of strings
	TypeInts      // a list of ints
	TypeOneOrMore // a string or a list of strings
	TypeAutoInt   // an int, or the string auto
)

func (t Type) String() string {
	return [...]string{"?", "int", "float", "bool", "string", "list of strings", "list of ints", "string or list of strings", "int or `auto`"}[t]
}

// Param is one parameter of an operator.
type Param struct {
	Name     string
	Type     Type
	Nullable bool // null is a value of its own
	Default  json.RawMessage
	Doc      string
	Enum     []string // the values a string may have; empty for any
	Min, Max *float64 // inclusive bounds of a number
	Common   bool     // every operator has it
	Inert    bool     // it is checked, and changes nothing
}
