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
		"HTML", "clean_html_mapper gives the text of the body; the newer parser there also that of titles, and none of templates",
		eachText(func(_ *peer, t text) text { return text(parserTags.ReplaceAllString(string(t), "")) }, "clean_html_mapper"),
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

var parserTags = regexp.MustCompile(`(?i)</?(title|template)[^>]*>?`)

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

// explain finds the rule that explains a difference, alone or with those after
// it; nil when there is none.
func explain(p *peer, d difference) (*rule, error) {
	for i := range rules {
		if !rules[i].blames(p, d) {
			continue
		}
		rest := d
		for _, r := range rules[i:] {
			if !r.blames(p, rest) {
				continue
			}
			if rest.texts = r.without(p, rest); len(rest.texts) == 0 {
				return &rules[i], nil
			}
			_, found, err := ask(p, rest.sample)
			if err != nil || len(found) == 0 {
				return &rules[i], err
			}
			rest = found[0]
		}
	}
	return nil, nil
}

// blames says whether the texts have something that the rule is about.
func (r *rule) blames(p *peer, d difference) bool {
	return !slices.EqualFunc(r.without(p, d), d.texts, slices.Equal[text])
}
