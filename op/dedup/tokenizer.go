package dedup

import (
	"fmt"
	"strings"

	"corpusmill/models"
	"corpusmill/op"
	"corpusmill/text/sentencepiece"
)

// openTokenizer opens a SentencePiece model by a path, or by its name in the
// folders for models.
func openTokenizer(env *op.Env, name string) (*sentencepiece.Model, error) {
	path := name
	if strings.ContainsAny(name, `/\`) {
		hash, err := models.Hash(path)
		if err != nil {
			return nil, fmt.Errorf("tokenizer_model: %w", err)
		}
		if err := env.Pin("the model of tokenizer_model "+name, path, hash); err != nil {
			return nil, err
		}
	} else {
		var err error
		if path, err = env.Model(name); err != nil {
			return nil, fmt.Errorf("tokenizer_model: %w", err)
		}
	}
	return sentencepiece.Open(path)
}
