package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The names in a Post's folder. Those that end in a hyphen are followed by a
// probe's ID.
const (
	boardFile   = "board"
	inputsFile  = "inputs"
	helloFile   = "hello-"
	answerFile  = "answer-"
	factsFile   = "facts-"
	verdictFile = "verdict"
	byeFile     = "bye-"
)

// board is what the Post replaces all the time: a reader sees one of its
// states, or renames aren't atomic.
type board struct {
	Nonce string    `json:"nonce"`
	Seq   int64     `json:"seq"`
	Wall  time.Time `json:"wall"`
	Fill  string    `json:"fill"`
	Again int64     `json:"again"` // Seq
}

var fill = strings.Repeat("corpusmill ", 1<<9)

var errTorn = errors.New("it is not whole")

func readBoard(folder string) (b board, err error) {
	if err := readJSON(filepath.Join(folder, boardFile), &b); err != nil {
		return b, err
	}
	if b.Seq != b.Again || b.Nonce == "" {
		return b, errTorn
	}
	return b, nil
}

// hello is a probe's first word, and answer the Post's to it.
type hello struct {
	Wall time.Time `json:"wall"`
}

type answer struct {
	Wall time.Time `json:"wall"`
}

// Verdict is the judgement that who asked leaves for probes that wait for it.
type Verdict struct {
	Exit    int    `json:"exit"`
	Message string `json:"message"`
}

// publish puts a file in place, by rename.
func publish(folder, name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	temporary := filepath.Join(folder, "."+name)
	if err := os.WriteFile(temporary, append(raw, '\n'), 0o666); err != nil {
		return err
	}
	return os.Rename(temporary, filepath.Join(folder, name))
}

func readJSON(path string, v any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%w: %w", errTorn, err)
	}
	return nil
}
