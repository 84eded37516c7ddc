// Package pyregex runs patterns written for Python's regex module, which
// Data-Juicer's mappers compile theirs with, and substitutes by the rules of
// its sub function.
//
// A pattern is translated, then run by one of two engines: Go's regexp when
// the pattern has an equal there, which takes time linear in the text, else
// regexp2, which backtracks. \w, \d, \s and \b are Unicode's as they are in
// Python, by the tables of the Go toolchain (unicode.Version, 15.0.0 in Go
// 1.26).
//
// These go to regexp2: \b and \B, $ outside multi-line mode (it also matches
// before a last newline), look-around, back-references, atomic groups and
// possessive quantifiers, conditions, repeats above 1000, patterns that can
// match the empty string, and any text with a lone surrogate in it.
//
// Backtracking can take time exponential in the text. The stack that a match
// may use is bounded, at 32 MiB, so that running over is an error which depends
// on the pattern and the text alone; time is not bounded, since a clock would
// make results depend on the machine.
//
// Where a repeated group can match the empty string, or an atomic group is
// repeated, regexp2 and Python may part at what they match: in about 1 of 4,000
// random patterns rich in such groups.
//
// Not supported, and refused with the place in the pattern: fuzzy matching,
// recursion, branch reset, named lists, set operations, POSIX classes, \G, \K,
// \L, \N, \R, \X, \h, \m, \M, two groups of one name, surrogates in the
// pattern, the flags b, e, f, L, p, r, w and V1.
package pyregex
