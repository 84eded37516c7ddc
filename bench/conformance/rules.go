package main

import (
	"cmp"
	"regexp"
	"slices"
	"unicode"
)

// rule is a difference on purpose; docs/guide/data-juicer.md tells of each.
//
// A rule explains a difference if the sides agree without what it blames, so
// that it hides nothing else.
type rule struct {
	name string
	why  string
	// without returns the texts, or less of them, without what the rule
	// blames; they are not modified.
	without func(*peer, difference) []text
}

var rules = []rule{
	{
		"surrogate", "a lone surrogate is a code point of the text here; there it is lost, or the row is",
		eachText(func(_ *peer, t text) text { return cut(t, func(r rune) bool { return isHigh(r) || isLow(r) }) }),
	},
	{
		"Unicode", "a code point that the Unicode version of one side, or of its regular expressions, lacks",
		eachText(func(p *peer, t text) text { return cut(t, p.disputed) }),
	},
	{
		"HTML", "clean_html_mapper gives the text of the body, as 1.4.3 did; the parser there now also that of the head, and none of templates",
		eachText(withoutHead, "clean_html_mapper"),
	},
	{
		"short texts", "a text with fewer tokens than window_size is a duplicate of its equals alone; there such texts have one signature, or are lost",
		func(_ *peer, d difference) (rest []text) {
			for i, t := range d.texts {
				if !slices.Contains(d.blank, i) {
					rest = append(rest, t)
				}
			}
			return rest
		},
	},
}

// headTags are those of what stands in a page's head, or opens it.
var headTags = regexp.MustCompile(`(?i)</?(head|title|template|script|style)\b[^>]*>?`)

func withoutHead(_ *peer, t text) text {
	if s := string(t); headTags.MatchString(s) {
		return text(headTags.ReplaceAllString(s, ""))
	}
	return t
}

// eachText is the without of a rule about single texts, of all operators or of
// those named.
func eachText(change func(*peer, text) text, operators ...string) func(*peer, difference) []text {
	return func(p *peer, d difference) []text {
		if len(operators) > 0 && !slices.Contains(operators, d.spec.Name) {
			return d.texts
		}
		rest := make([]text, len(d.texts))
		for i, t := range d.texts {
			rest[i] = change(p, t)
		}
		return rest
	}
}

func cut(t text, blamed func(rune) bool) text { return slices.DeleteFunc(slices.Clone(t), blamed) }

var assigned = []*unicode.RangeTable{unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C}

// disputed says whether r is assigned in some of the versions of Unicode that
// are at work, and not in others.
func (p *peer) disputed(r rune) bool {
	here := unicode.In(r, assigned...)
	for _, ranges := range p.Unassigned {
		_, lacks := slices.BinarySearchFunc(ranges, r, func(lohi [2]rune, r rune) int {
			return cmp.Or(min(0, cmp.Compare(lohi[1], r)), max(0, cmp.Compare(lohi[0], r)))
		})
		if lacks == here {
			return true
		}
	}
	return false
}

// explain finds the rule that explains a difference alone, or else with those
// after it; nil when there is none.
func explain(p *peer, d difference) (*rule, error) {
	for i := range rules {
		if ok, err := settles(p, d, rules[i:i+1]); ok || err != nil {
			return &rules[i], err
		}
	}
	for i := range rules {
		if ok, err := settles(p, d, rules[i:]); ok || err != nil {
			return &rules[i], err
		}
	}
	return nil, nil
}

// settles says whether the sides agree without what the rules blame, the first
// of them among these.
func settles(p *peer, d difference, by []rule) (bool, error) {
	for i := range by {
		switch r := &by[i]; {
		case r.blames(p, d):
			if d.texts = r.without(p, d); len(d.texts) == 0 {
				return true, nil
			}
			_, found, err := ask(p, d.sample)
			if err != nil || len(found) == 0 {
				return err == nil, err
			}
			d = found[0]
		case i == 0:
			return false, nil
		}
	}
	return false, nil
}

// blames says whether the texts have something that the rule is about.
func (r *rule) blames(p *peer, d difference) bool {
	return !slices.EqualFunc(r.without(p, d), d.texts, slices.Equal[text])
}
