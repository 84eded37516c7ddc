// Package sentencepiece cuts text into the pieces of a SentencePiece model, as
// that library's encoder does: the same normalisation, and the same pieces for
// unigram and BPE models, with byte fallback, user-defined symbols and unused
// pieces.
//
// The file is a protocol buffer (sentencepiece_model.proto). Models of the
// types WORD and CHAR are refused. The unigram segmentation is the best path
// of Kudo, "Subword Regularization" (2018); BPE merges by score, then from the
// left.
//
// A Model is read-only and shared; an Encoder belongs to one goroutine and
// allocates nothing once its buffers have grown.
package sentencepiece
