// Package pattern matches the regular expressions by which tokenizers cut text
// into words.
//
// They are of the syntax of Oniguruma, in which Hugging Face's tokenizers
// write them: alternation, groups, (?i:...), classes with properties, nested
// sets and &&, greedy, lazy and possessive repeats, look-ahead, \A and \z.
// What matches is what a backtracking engine finds: the first alternative that
// leads to a match, from the leftmost place. \s is the property White_Space,
// \d a decimal digit, \w what is Alphabetic, a mark, a decimal digit or
// connector punctuation and, outside of a set, one of ²³¹¼½¾, by the tables of
// the Go toolchain (unicode.Version). Without
// regard to case, one character equals another by Unicode's simple folding.
//
// Refused, with the place: captures that are referred to, look-behind, \b, ^
// and $, unknown escapes, and a repeat without bound inside another one, so
// that no text takes exponential time. Beyond that the steps of a search are
// bounded; see Matcher.
package pattern
