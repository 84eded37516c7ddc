package fetch

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"corpusmill/models"
	"corpusmill/text/fasttext"
	"corpusmill/text/kenlm"
	"corpusmill/text/sentencepiece"
)

// maxWordFile is the size above which a file holds no lists of words.
const maxWordFile = 64 << 20

// checkKind opens the file as operators will. The error says what it is
// instead, as far as one can tell.
func checkKind(path string, kind models.Kind) error {
	err := open(path, kind)
	if err == nil {
		return nil
	}
	what := fmt.Sprintf("what came is no %s model", kind)
	if kind == models.Words {
		what = `what came is no list of words, {"language": ["word", ...]}`
	}
	if begin, e := beginning(path); e == nil {
		what += fmt.Sprintf("; it begins with %q", begin)
	}
	return fmt.Errorf("%s. %w", what, err)
}

func open(path string, kind models.Kind) error {
	switch kind {
	case models.FastText:
		m, err := fasttext.Open(path)
		if err != nil {
			return err
		}
		return m.Close()
	case models.KenLM:
		if begin, err := beginning(path); err == nil && strings.HasPrefix(strings.TrimSpace(begin), `\data\`) {
			return nil // an ARPA file, which may be too large to read it for this
		}
		m, err := kenlm.Open(path)
		if err != nil {
			return err
		}
		return m.Close()
	case models.SentencePiece:
		_, err := sentencepiece.Open(path)
		return err
	case models.Words:
		return openWords(path)
	}
	return fmt.Errorf("nothing is known of the kind %q", kind)
}

func openWords(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxWordFile {
		return fmt.Errorf("%s has more than %d MiB", path, maxWordFile>>20)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var lists map[string][]string
	if err := json.Unmarshal(b, &lists); err != nil {
		return err
	}
	if len(lists) == 0 {
		return errors.New("it has no language")
	}
	return nil
}

// beginning is how a file starts, for a message.
func beginning(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b := make([]byte, 40)
	n, err := f.Read(b)
	return string(b[:n]), err
}
