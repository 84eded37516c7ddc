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
// never a read outside of the file. An ARPA file is read whole and takes some
// 40 bytes per n-gram; build_binary of KenLM makes a binary file of it.
//
// A Model is read-only and shared between goroutines.
package kenlm
