package mapper

import (
	"context"
	"fmt"
	"strings"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text/pyregex"
)

// substitute replaces the matches of a pattern in the text. The cleaning
// mappers are this with a pattern of their own.
type substitute struct {
	op.Base
	scan func() scanner  // of the built-in pattern, nil when re is used
	re   *pyregex.Regexp // nil when scan is used
	repl *pyregex.Template
	text record.Path
}

// scanner finds the matches of one pattern in a text, in order.
type scanner interface {
	Reset(b []byte)
	Next() (start, end int)
}

// builtin is a pattern and the scanner that stands for it. The pattern's first
// whole groups, from 1, are always the whole match.
type builtin struct {
	pattern       string
	groups, whole int
	scan          func() scanner
}

// newSubstitute chooses the scanner where it can say all that is asked.
func newSubstitute(b builtin, pattern *string, repl string) (op.Operator, error) {
	expr := b.pattern
	if pattern != nil {
		expr = unquote(*pattern)
	}
	if expr == b.pattern {
		t, err := pyregex.NewTemplate(repl, b.groups, nil)
		if err != nil {
			return nil, fmt.Errorf("repl: %w", err)
		}
		if t.MaxGroup() <= b.whole {
			return &substitute{scan: b.scan, repl: t}, nil
		}
	}
	re, err := pyregex.Compile(expr, pyregex.Flags{DotAll: true})
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	t, err := re.Template(repl)
	if err != nil {
		return nil, fmt.Errorf("repl: %w", err)
	}
	return &substitute{re: re, repl: t}, nil
}

// unquote takes off the r'...' that recipes write around a pattern.
func unquote(pattern string) string {
	for _, quote := range []string{"'", `"`} {
		if len(pattern) > 2 && strings.HasPrefix(pattern, "r"+quote) && strings.HasSuffix(pattern, quote) {
			return pattern[2 : len(pattern)-1]
		}
	}
	return pattern
}

func (o *substitute) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *substitute) New(*op.Worker) (any, error) {
	if o.re != nil {
		return &patternSub{o.text, pyregex.NewSub(o.re, o.repl)}, nil
	}
	return &scannerSub{o.text, o.scan(), o.repl}, nil
}

type patternSub struct {
	text record.Path
	sub  *pyregex.Sub
}

func (m *patternSub) Map(r *record.Record) error {
	out, found, err := m.sub.Append(r.Buffer(m.text), r.Text(m.text))
	if found {
		r.SetText(m.text, out)
	}
	return err
}

type scannerSub struct {
	text record.Path
	scan scanner
	repl *pyregex.Template
}

func (m *scannerSub) Map(r *record.Record) error {
	b := r.Text(m.text)
	m.scan.Reset(b)
	start, end := m.scan.Next()
	if start < 0 {
		return nil
	}
	dst, done := r.Buffer(m.text), 0
	for ; start >= 0; start, end = m.scan.Next() {
		dst = append(dst, b[done:start]...)
		match := b[start:end]
		dst = m.repl.Append(dst, func(dst []byte, _ int) []byte { return append(dst, match...) })
		done = end
	}
	r.SetText(m.text, append(dst, b[done:]...))
	return nil
}

const substituteDoc = `A pattern of your own is in the syntax of Python's regex module, with . matching
newlines; r'...' around it is taken off. \w, \d, \s and \b are Unicode's. Where the pattern has an
equal in RE2 it runs in linear time; look-around, back-references, \b and the like go to an engine
that backtracks, and a row that makes that engine exceed its stack is quarantined. repl follows
Python's sub: \1, \g<name>, \\, \n.

A pattern or a repl that is wrong is refused before the run; Data-Juicer drops the rows it fails on.`
