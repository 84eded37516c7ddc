// Package filter holds the operators that measure a record and judge it by
// what they measured, a file each.
package filter

import "errors"

// errTokenization is what filters of words say of their parameter tokenization.
var errTokenization = errors.New("tokenization: splitting words with a SentencePiece model is not built yet; " +
	"leave it false to split them at white space")
