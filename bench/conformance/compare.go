package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"corpusmill/op"
)

// sample is what both sides are asked: an operator over some texts, each the
// text of a row.
type sample struct {
	spec   op.Spec
	params map[string]any
	texts  []text
}

func (s sample) request() request {
	q := request{Op: s.spec.Name, Params: encode(s.params)}
	for i, t := range s.texts {
		row := fmt.Appendf(nil, `{"id":%d,"text":`, i)
		q.Rows = append(q.Rows, append(t.appendJSON(row), '}'))
	}
	return q
}

// difference is one row, or for a deduplicator one data set, on which the
// sides differ.
type difference struct {
	sample // of one text, but for deduplicators
	ours   outcome
	theirs outcome
	blank  []int // rows that have no signature there
	known  *rule // nil for a disagreement
}

// compare asks both sides and returns where they differ, each difference with
// the rule that explains it, and how many comparisons that were.
func compare(p *peer, s sample) (cases int, found []difference, err error) {
	cases, found, err = ask(p, s)
	for i := range found {
		if err == nil {
			found[i].known, err = explain(p, found[i])
		}
	}
	return cases, found, err
}

func ask(p *peer, s sample) (cases int, found []difference, err error) {
	q := s.request()
	theirs, err := p.ask(q)
	if err != nil {
		return 0, nil, err
	}
	mine, err := ours(q)
	if err != nil {
		return 0, nil, err
	}
	note := func(texts []text, a, b outcome) {
		found = append(found, difference{sample: sample{s.spec, s.params, texts}, ours: a, theirs: b})
	}
	switch {
	case mine.Error != "" || theirs.Error != "":
		if mine.Error == "" || theirs.Error == "" {
			note(nil, outcome{Error: mine.Error}, outcome{Error: theirs.Error})
		}
		return 1, found, nil
	case s.spec.Kind == op.KindDeduplicator:
		if !slices.Equal(mine.Kept, theirs.Kept) || !slices.EqualFunc(mine.Texts, theirs.Texts, bytes.Equal) {
			note(s.texts, dataset(mine), dataset(theirs))
			found[0].blank = theirs.Blank
		}
		return 1, found, nil
	case len(mine.Rows) != len(q.Rows) || len(theirs.Rows) != len(q.Rows):
		return 0, nil, fmt.Errorf("%s: %d rows asked, %d of ours and %d of the peer's answered", q.Op, len(q.Rows), len(mine.Rows), len(theirs.Rows))
	}
	for i, t := range s.texts {
		if a, b := mine.Rows[i], theirs.Rows[i]; !agree(s.spec, a, b) {
			note([]text{t}, a, b)
		}
	}
	return len(s.texts), found, nil
}

// dataset tells what is left of a data set.
func dataset(r response) outcome {
	o := outcome{Kept: r.Kept}
	for _, t := range r.Texts {
		o.Texts = append(o.Texts, decodeText(t))
	}
	return o
}

func agree(spec op.Spec, a, b outcome) bool {
	if a.Error != "" || b.Error != "" {
		return a.Error != "" && b.Error != ""
	}
	return a.Keep == b.Keep && bytes.Equal(a.Text, b.Text) && sameStats(a.Stats, b.Stats, tolerance(spec.Name))
}

// tolerance is how far numbers may be from the peer's, relative to them. A
// model's sums are of single precision, and not in the same order.
func tolerance(operator string) float64 {
	if operator == "language_id_score_filter" {
		return 1e-5
	}
	return 1e-9
}

func sameStats(a, b map[string]any, tolerance float64) bool {
	if len(a) != len(b) {
		return false
	}
	for name, v := range a {
		w, ok := b[name]
		x, isNumber := v.(float64)
		y, both := w.(float64)
		switch {
		case !ok, isNumber != both:
			return false
		case isNumber:
			if math.Abs(x-y) > tolerance*max(1, math.Abs(y)) {
				return false
			}
		case fmt.Sprint(v) != fmt.Sprint(w):
			return false
		}
	}
	return true
}

// String shows the difference as a case that can be recorded.
func (d difference) String() string {
	q := d.request()
	input := bytes.Join(rawRows(q), []byte("\n       "))
	return fmt.Sprintf("%s %s\ninput  %s\nours   %s\ntheirs %s\n", q.Op, q.Params, input, d.ours, d.theirs)
}

// String is the outcome as JSON, with its text as a string.
func (o outcome) String() string {
	var shown struct {
		outcome
		Text *text `json:"text,omitempty"`
	}
	if shown.outcome = o; o.Text != nil {
		t := decodeText(o.Text)
		shown.Text = &t
	}
	b, err := json.Marshal(shown)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func rawRows(q request) [][]byte {
	raw := make([][]byte, len(q.Rows))
	for i, r := range q.Rows {
		raw[i] = r
	}
	return raw
}
