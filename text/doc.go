// Package text holds pure functions on text: code points, classes of them,
// lower case, words, n-grams and the built-in patterns. Data-Juicer's
// operators are Python, so the rules are those of Python's str methods and of
// its regex module; each function names the one that it follows.
//
// Texts are WTF-8: UTF-8 in which a lone surrogate, which JSON can spell and
// UTF-8 cannot, stands in its three-byte form and counts as one code point.
// Functions never fail on other bytes; what they make of them is unspecified.
//
// Character properties are those of the Go toolchain's Unicode tables
// (unicode.Version), which is 15.0.0 for Go 1.26. Python releases carry other
// versions, so code points assigned since may be classed differently there.
package text
