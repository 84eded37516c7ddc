// Package ftfy mends garbled text: what was decoded with the wrong encoding
// (mojibake), and what was left over by escapes, terminals and typography. It
// does what fix_text of the Python package ftfy 6.3.1 does with its default
// settings, which is Robyn Speer's work and heuristic; tables that are facts of
// it (badness.txt, the clues and encodings) are reproduced under its licence,
// Apache-2.0.
//
// A text is mended line by line. To a line these steps are applied in turn
// until none changes it: HTML entities, encoding, C1 controls, Latin ligatures,
// character width, curly quotes, line breaks, surrogates, terminal escapes,
// control characters, Unicode normalisation. Read Fixer first, then encoding.go
// for the heart of it.
//
// Letters, numbers and normal forms are by the tables of the Go toolchain and of
// golang.org/x/text, those of Unicode 15.0; Python 3.11 carries 14.0.
package ftfy

//go:generate go run badness_gen.go
