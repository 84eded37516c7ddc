package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"corpusmill/bench/synth"
)

// The models of jobs that need some are trained on a corpus, on so much of it.
const (
	modelText   = 20e6
	modelPieces = 8000
)

// makeModels makes the setting's models unless they are there. The n-gram
// model is a binary file of KenLM, which all programs map.
func makeModels(c config, s *setting) error {
	if !s.job.models {
		return nil
	}
	s.models = filepath.Join(c.data, fmt.Sprintf("models-%d", synth.Version))
	if _, err := os.Stat(filepath.Join(s.models, "en.arpa.bin")); err == nil {
		return nil
	}
	text := setting{job: s.job, size: fmt.Sprintf("%.0fMB", modelText/1e6)}
	if err := makeCorpus(c, &text); err != nil {
		return err
	}
	cmd := exec.Command("go", "run", "./demo/train", "-binary", "-o", s.models,
		"-pieces", strconv.Itoa(modelPieces), "-bytes", strconv.FormatInt(modelText, 10), text.corpus)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}
