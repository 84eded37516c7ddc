// Package kenlm scores text with n-gram language models: ARPA files and the
// binary files of KenLM, both its hash tables and its tries, quantised and
// with compressed pointers or not.
//
// Scores are those of the kenlm package, in single precision and added in the
// same order. Probabilities and backoffs are logarithms to base 10. The
// structures are those of Heafield, "KenLM: Faster and Smaller Language Model
// Queries" (2011), of file format version 5.
//
// A binary file is mapped read-only, so that processes share it, and only its
// head is read when it is opened. What lies beyond that has no checksum:
// damage there gives other scores, or words and n-grams that aren't found, and
// never a read outside of the file.
//
// Of an ARPA file, a binary file of hash tables is made, in memory or in a
// folder that keeps it, which KenLM reads too. It takes some 25 bytes per
// n-gram.
//
// A Model is read-only and shared between goroutines.
package kenlm
