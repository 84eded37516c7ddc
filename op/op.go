// Package op says what an operator is: its kinds, what it declares about
// itself (Spec), and the registry that recipes name it in.
//
// An operator is one file in a package below this one. It registers in init
// with a parameter struct whose tags are its configuration, its schema and
// its documentation:
//
//	type textLengthParams struct {
//		MinLen int64 `json:"min_len" doc:"fewest code points kept"`
//		op.Interval
//	}
//	func init() { op.Register(op.Spec{Name: "text_length_filter", ...}, defaults, newTextLength) }
package op

import (
	"context"
	"errors"
	"path/filepath"

	"corpusmill/models"
	"corpusmill/record"
)

// Operator is one step of a recipe with its parameters. There is one per
// process and step.
type Operator interface {
	// Open loads what all instances share and registers the fields and stats
	// that the operator uses. It is called once, before New; afterwards the
	// operator is read-only.
	Open(ctx context.Context, env *Env) error
	// New returns an instance for one worker: a Mapper, Filter or
	// Deduplicator, as the Spec's Kind says. Instances are never shared; an
	// operator without state may return itself. After a panic the worker
	// drops its instance and asks for a new one.
	New(w *Worker) (any, error)
	// Close releases what Open loaded. It may be called more than once.
	Close() error
}

// Noter is an Operator that has something to tell the recipe's author before
// the run: that it took another thing than the one asked for, say.
type Noter interface {
	// Note is one sentence without a full stop, or nothing.
	Note() string
}

// Mapper changes a record (1 to 1).
type Mapper interface {
	// Map edits r. An error quarantines the row as it was read; errors made
	// by Fatal stop the run.
	Map(r *record.Record) error
}

// Filter measures a record, then judges it.
type Filter interface {
	// Measure sets the operator's stats. An error quarantines the row.
	Measure(r *record.Record) error
	// Keep judges by the stats alone. why is set when ok is false: an index
	// into the Spec's Reasons.
	Keep(r *record.Record) (ok bool, why Reason)
}

// Reason is an index into Spec.Reasons.
type Reason uint8

// Key is one bucket of a Deduplicator: a 128-bit hash.
type Key struct{ Hi, Lo uint64 }

// Deduplicator drops records, or parts of them, that say what an earlier one
// says. Its Operator says by Grouping what the keys mean.
type Deduplicator interface {
	// Keys appends the buckets that r falls into. A record without keys is
	// nobody's duplicate.
	Keys(r *record.Record, dst []Key) ([]Key, error)
}

// Env is what an operator may use and declare while it opens.
type Env struct {
	Fields *record.Fields
	Stats  *record.Stats
	// TextKey is the step's text_key, or the first of the recipe's text_keys.
	TextKey string
	// FindModel finds a model file by its name; nil finds none.
	FindModel func(name string) (path string, err error)
	// PinData holds data that an operator read beside the row to what it was
	// when the run was planned; nil holds nothing.
	PinData func(name, path, hash string) error
	// TakeStandIn takes what serves where a file isn't there, or refuses it; nil
	// takes everything.
	TakeStandIn func(StandIn) error
	// Derived is the folder for files that operators make of models and find
	// there the next time; "" when there is none.
	Derived string
	texts   []record.Path
}

// Text registers the step's text field and returns its path. Rows in which
// that field isn't a string never reach the operator.
func (e *Env) Text() record.Path {
	p := e.Fields.Path(e.TextKey)
	e.texts = append(e.texts, p)
	return p
}

// Texts are the paths that operators asked for by Text.
func (e *Env) Texts() []record.Path { return e.texts }

// Int registers an integer stat.
func (e *Env) Int(name string) record.Slot { return e.Stats.Slot(name, record.IntStat) }

// Float registers a float stat.
func (e *Env) Float(name string) record.Slot { return e.Stats.Slot(name, record.FloatStat) }

// Str registers a text stat.
func (e *Env) Str(name string) record.Slot { return e.Stats.Slot(name, record.StringStat) }

// Model returns the path of a model file. In every process of a run it is the
// file that was chosen when the run was planned; the error says where it was
// looked for, or that it has changed.
func (e *Env) Model(name string) (path string, err error) {
	if e.FindModel == nil {
		return "", &models.NotFound{Name: name}
	}
	return e.FindModel(name)
}

// DerivedFolder is where files of a kind go that are made of models. It need
// not be there; "" when there is none.
func (e *Env) DerivedFolder(kind string) string {
	if e.Derived == "" {
		return ""
	}
	return filepath.Join(e.Derived, kind)
}

// Pin declares data that the operator has read from path, by a name of its own
// among those of the step's parameters and by a hash of what it holds. The
// error says that it isn't what it was when the run was planned.
func (e *Env) Pin(name, path, hash string) error {
	if e.PinData == nil {
		return nil
	}
	return e.PinData(name, path, hash)
}

// Worker is the goroutine that an instance will belong to.
type Worker struct{ ID int }

// Base is the no-op Close for operators that hold nothing.
type Base struct{}

func (Base) Close() error { return nil }

type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// Fatal marks an error that is not the row's fault and stops the run.
func Fatal(err error) error { return fatal{err} }

// IsFatal says whether Fatal made err.
func IsFatal(err error) bool {
	var f fatal
	return errors.As(err, &f)
}
