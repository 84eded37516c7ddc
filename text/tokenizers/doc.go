// Package tokenizers turns text into the token ids of a tokenizer.json, the
// file of Hugging Face's library of that name, and ids into text, as that
// library does.
//
// A text passes a normalizer, is cut into words by a pre-tokenizer, each word
// is cut into tokens by a model, and a post-processor adds what stands around
// them. Added tokens are taken out of the text first. Known here:
//
//	normalizers     NFC NFD NFKC NFKD Lowercase Strip StripAccents BertNormalizer
//	                Nmt Prepend Replace ByteLevel Sequence
//	pre-tokenizers  ByteLevel Whitespace WhitespaceSplit BertPreTokenizer Metaspace
//	                Digits Punctuation CharDelimiterSplit Split Sequence
//	models          BPE WordPiece Unigram WordLevel
//	post-processors ByteLevel TemplateProcessing BertProcessing RobertaProcessing
//	                Sequence, for single texts
//	decoders        ByteLevel WordPiece Metaspace BPEDecoder ByteFallback Fuse Strip
//	                Replace Sequence
//
// A file that asks for anything else is refused with the key that does. The
// truncation and padding that a file may hold are not applied. BPE is that of
// Sennrich, Haddow and Birch (2016) with merges by rank, then from the left;
// WordPiece takes the longest piece first; Unigram is the best path of Kudo,
// "Subword Regularization" (2018).
//
// Letters, marks and the like are those of the Go toolchain's tables
// (unicode.Version) and of golang.org/x/text; characters of other versions of
// Unicode may be cut otherwise by the library.
//
// A Tokenizer is read-only and shared; an Encoder belongs to one goroutine and
// allocates nothing once its buffers have grown.
package tokenizers
