package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"corpusmill/bench/peers"
)

//go:embed peer.py
var driver string

// peer is a Python process with the operators of py-data-juicer.
type peer struct {
	Versions  map[string]string   `json:"versions"`
	Operators map[string][]string `json:"operators"` // with the names of their parameters
	// Unassigned are the ranges of code points that each of its versions of
	// Unicode lacks, ends included, in order.
	Unassigned [][][2]rune `json:"unassigned"`

	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
	log  *os.File // what it and its libraries print
	home string   // its caches, empty at first, and the log
}

// request asks for an operator over rows. The driver's head describes it and
// the answer.
type request struct {
	Op     string            `json:"op"`
	Params json.RawMessage   `json:"params"`
	Rows   []json.RawMessage `json:"rows"`
}

type response struct {
	Rows  []outcome `json:"rows"`
	Kept  []int     `json:"kept"`  // rows that a deduplicator left
	Texts [][]byte  `json:"texts"` // theirs
	Blank []int     `json:"blank"` // rows without a signature
	Error string    `json:"error"`
}

// outcome is what became of a row on one side.
type outcome struct {
	Error string         `json:"error,omitempty"` // the row was refused
	Keep  bool           `json:"keep"`
	Stats map[string]any `json:"stats,omitempty"` // of a filter
	Text  []byte         `json:"text,omitempty"`  // of a mapper, WTF-8
	Kept  []int          `json:"kept,omitempty"`  // of a data set and a deduplicator
	Texts []text         `json:"texts,omitempty"` // of the rows kept
}

// startPeer starts the process, making its environment if need be. The models
// that it finds are those of models.
func startPeer(models string) (*peer, error) {
	bin, err := peers.Environment("datajuicer")
	if err != nil {
		return nil, err
	}
	if models, err = filepath.Abs(models); err != nil {
		return nil, err
	}
	p := &peer{cmd: exec.Command(filepath.Join(bin, "python"), "-c", driver)}
	if p.home, err = os.MkdirTemp("", "conformance-"); err != nil {
		return nil, err
	}
	p.cmd.Env = append(os.Environ(), "DATA_JUICER_CACHE_HOME="+p.home, "HF_HOME="+p.home, "HF_HUB_OFFLINE=1",
		"DATA_JUICER_MODELS_CACHE="+models, "PYTHONWARNINGS=ignore")
	if p.log, err = os.Create(filepath.Join(p.home, "log.txt")); err != nil {
		return nil, err
	}
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	p.out.Buffer(nil, 1<<30)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	return p, p.read(p)
}

// ask sends a request and waits for the answer.
func (p *peer) ask(q request) (response, error) {
	text, err := json.Marshal(q)
	if err != nil {
		return response{}, err
	}
	if _, err := p.in.Write(append(text, '\n')); err != nil {
		return response{}, p.ended(err)
	}
	var r response
	err = p.read(&r)
	return r, err
}

func (p *peer) read(into any) error {
	if !p.out.Scan() {
		return p.ended(p.out.Err())
	}
	if err := json.Unmarshal(p.out.Bytes(), into); err != nil {
		return fmt.Errorf("the peer's answer: %w in %.200s", err, p.out.Bytes())
	}
	return nil
}

// ended describes the end of the process in midst of the conversation.
func (p *peer) ended(err error) error {
	log, _ := os.ReadFile(p.log.Name())
	return fmt.Errorf("the peer's process has ended: %w\n%s", errors.Join(err, p.cmd.Wait()), log[max(0, len(log)-4000):])
}

// close ends the process and removes what it cached.
func (p *peer) close() {
	p.in.Close()
	p.cmd.Wait()
	p.log.Close()
	os.RemoveAll(p.home)
}
