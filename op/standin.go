package op

import (
	"errors"

	"corpusmill/models"
)

// StandIn is something built in that serves where a file isn't there.
type StandIn struct {
	Name string // what it is, as a phrase: "the built-in stop words for en"
	Hash string // of what it holds, in hexadecimal
	For  string // the file's name
	// Missing says that the file isn't there, where it was looked for and how
	// to get it.
	Missing error
}

// StandIn declares that the operator uses something built in. The error says
// that the recipe wants the file itself, or that the run was planned with
// something else.
func (e *Env) StandIn(s StandIn) error {
	if e.TakeStandIn == nil {
		return nil
	}
	return e.TakeStandIn(s)
}

// FirstModel is Model for the first of the names that is there. When none is,
// the error is a *models.NotFound, that of the first name.
func (e *Env) FirstModel(names ...string) (path string, err error) {
	for _, name := range names {
		path, e := e.Model(name)
		if missing := (*models.NotFound)(nil); e == nil || !errors.As(e, &missing) {
			return path, e
		}
		if err == nil {
			err = e
		}
	}
	return "", err
}
