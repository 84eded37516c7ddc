package main

import (
	"maps"
	"slices"
)

// shrink returns the smallest sample that it finds within a budget of
// comparisons on which the sides still disagree, with the difference.
func shrink(p *peer, d difference) (difference, error) {
	s := shrinker{peer: p, best: d, left: 400}
	for s.left > 0 {
		before := s.left
		smaller := s.params() || s.rows() || s.text()
		if s.err != nil || !smaller || s.left == before {
			break
		}
	}
	return s.best, s.err
}

type shrinker struct {
	peer *peer
	best difference
	left int // comparisons
	err  error
}

// try keeps a sample that the sides disagree on.
func (s *shrinker) try(c sample) bool {
	if s.left == 0 || s.err != nil {
		return false
	}
	s.left--
	_, found, err := compare(s.peer, c)
	s.err = err
	for _, d := range found {
		if d.known == nil && (len(d.texts) > 0) == (len(s.best.texts) > 0) {
			s.best = d
			return true
		}
	}
	return false
}

func (s *shrinker) params() (smaller bool) {
	for name := range s.best.params {
		c := s.best.sample
		if len(choices(c.spec.Name, name)) == 1 {
			continue
		}
		c.params = maps.Clone(c.params)
		delete(c.params, name)
		smaller = s.try(c) || smaller
	}
	return smaller
}

// rows takes rows out, from halves of them to single ones.
func (s *shrinker) rows() (smaller bool) {
	for n := len(s.best.texts) / 2; n > 0; n /= 2 {
		for i := 0; i+n <= len(s.best.texts); {
			c := s.best.sample
			c.texts = slices.Delete(slices.Clone(c.texts), i, i+n)
			if s.try(c) {
				smaller = true
			} else {
				i += n
			}
		}
	}
	return smaller
}

// text takes code points out of the texts in the same way.
func (s *shrinker) text() (smaller bool) {
	for row := range s.best.texts {
		for n := (len(s.best.texts[row]) + 1) / 2; n > 0; n /= 2 {
			for i := 0; i+n <= len(s.best.texts[row]); {
				c := s.best.sample
				c.texts = slices.Clone(c.texts)
				c.texts[row] = slices.Delete(slices.Clone(c.texts[row]), i, i+n)
				if s.try(c) {
					smaller = true
				} else {
					i += n
				}
			}
		}
	}
	return smaller
}
