package recipe

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Pos is a place in a recipe. Line and Column count from 1, columns in code
// points; they are 0 where File names something without lines, such as
// "command line: --np".
type Pos struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String is "file:line:column", or what it has of it.
func (p Pos) String() string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Column > 0 {
			s += ":" + strconv.Itoa(p.Column)
		}
	}
	return s
}

// Severity is how bad a Problem is.
type Severity string

const (
	SeverityError Severity = "error" // the recipe can't run
	SeverityNote  Severity = "note"  // something has no effect
)

// Problem is one thing to tell the recipe's author.
type Problem struct {
	Pos      Pos      `json:"pos"`
	Severity Severity `json:"severity"`
	Msg      string   `json:"msg"`
	Hint     string   `json:"hint,omitempty"` // what to do
}

// String is the problem on one line.
func (p Problem) String() string {
	s := p.Msg
	if at := p.Pos.String(); at != "" {
		s = at + ": " + s
	}
	if p.Hint != "" {
		s += "; " + p.Hint
	}
	return s
}

// Problems is the error of Load and ParseArgs: all mistakes, in order of
// place.
type Problems []Problem

// Error has one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

// sorted orders problems by place: those of the recipe file first, by line,
// then the others in the order found.
func sorted(p []Problem) []Problem {
	slices.SortStableFunc(p, func(a, b Problem) int {
		if (a.Pos.Line > 0) != (b.Pos.Line > 0) {
			return cmp.Compare(b.Pos.Line, a.Pos.Line)
		}
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return p
}
