package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// measurement is runs of one kind.
type measurement struct {
	binary  string
	enter   []string // command before the program's
	flags   []string // that lead to the engine
	env     []string
	ranks   int // copies of the command; 0 for one without a rank
	data    string
	store   *store // of inputs and results; nil for files of this machine
	runs    int
	tasks   int
	timeout time.Duration
}

// figures are what the runs took.
type figures struct {
	first   time.Duration // the first run of one row, from the command to its end
	session time.Duration // a later one
	commit  time.Duration // from the command to the first row that is committed
	empty   time.Duration // each further task
	large   time.Duration
	cpu     time.Duration // of the large run's command and all its children here
	workers time.Duration // CPU of its workers, wherever they were, as they tell it
	rows    string        // digest of the large result
}

// recipe is some work for each row, and a stage that reads again.
const recipe = "process: [clean_email_mapper: {}, text_length_filter: {min_len: 20}, word_repetition_filter: {}, document_deduplicator: {}]\n"

// row is a task's input. All have the same length.
const row = `{"text":"a row that is a task of its own %012d"}` + "\n"

// take takes the figures. large may be "".
func (m measurement) take(large string) (f figures, err error) {
	dir, err := os.MkdirTemp(m.data, "engines-")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	one, many := filepath.Join(dir, "one.jsonl"), filepath.Join(dir, "many.jsonl")
	var rows bytes.Buffer
	for i := range m.tasks + 1 {
		fmt.Fprintf(&rows, row, i)
	}
	length := rows.Len() / (m.tasks + 1)
	if err := os.WriteFile(one, rows.Bytes()[:length], 0o666); err != nil {
		return f, err
	}
	if err := os.WriteFile(many, rows.Bytes(), 0o666); err != nil {
		return f, err
	}
	for _, input := range []*string{&one, &many, &large} {
		if *input, err = m.store.take(*input); err != nil {
			return f, err
		}
	}
	steps := []string{"--text_length_filter.min_len", "1", "--segment", fmt.Sprint(length)}
	for i := range m.runs + 1 {
		r, err := m.run(dir, one, steps)
		if err != nil {
			return f, err
		}
		if i == 0 {
			f.first = r.wall
			continue
		}
		f.session, f.commit = shorter(f.session, r.wall), shorter(f.commit, r.commit)
	}
	var all time.Duration
	for range m.runs {
		r, err := m.run(dir, many, steps)
		if err != nil {
			return f, err
		}
		all = shorter(all, r.wall)
	}
	f.empty = max(all-f.session, 0) / time.Duration(m.tasks)
	if large == "" {
		return f, nil
	}
	config := filepath.Join(dir, "recipe.yaml")
	if err := os.WriteFile(config, []byte(recipe), 0o666); err != nil {
		return f, err
	}
	for range m.runs {
		r, err := m.run(dir, large, []string{"--config", config})
		if err != nil {
			return f, err
		}
		if f.rows != "" && f.rows != r.digest {
			return f, fmt.Errorf("two runs over %s have different results", large)
		}
		f.rows = r.digest
		if f.large == 0 || r.wall < f.large {
			f.large, f.cpu, f.workers = r.wall, r.cpu, r.workers
		}
	}
	return f, nil
}

func shorter(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// single is what one run took.
type single struct {
	wall, commit, cpu, workers time.Duration
	digest                     string
}

// run does one run and removes its result.
func (m measurement) run(dir, input string, more []string) (s single, err error) {
	folder, err := os.MkdirTemp(dir, "run-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(folder)
	out := filepath.Join(folder, "out.jsonl")
	journal := filepath.Join(out+".run", "work", "journal")
	if m.store != nil {
		name := filepath.Base(folder)
		out = m.store.url + "/" + name + "/out.jsonl"
		journal = filepath.Join(folder, "corpusmill", strings.Replace(out, "://", "/", 1)+".run", "work", "journal")
		defer os.RemoveAll(filepath.Join(m.store.folder, name))
	}
	args := slices.Concat([]string{"process", "--dataset_path", input, "--export_path", out, "--json", "--quiet"}, m.flags, more)
	ctx, stop := context.WithTimeout(context.Background(), m.timeout)
	defer stop()
	var stdout bytes.Buffer
	var all []*exec.Cmd
	said := make([]bytes.Buffer, max(m.ranks, 1))
	began := time.Now()
	for rank := range max(m.ranks, 1) {
		line := slices.Concat(m.enter, []string{m.binary}, args)
		if m.ranks > 0 {
			line = append(line, "--rank", fmt.Sprint(rank), "--world-size", fmt.Sprint(m.ranks))
		}
		c := exec.CommandContext(ctx, line[0], line[1:]...)
		// By the job's name a rank that is late knows that the run is over.
		c.Env = append(slices.Clone(m.env), "CORPUSMILL_JOB="+filepath.Base(folder), "XDG_STATE_HOME="+folder)
		c.Stdout, c.Stderr = io.Discard, &said[rank]
		if rank == 0 {
			c.Stdout = &stdout
		}
		if err := c.Start(); err != nil {
			stop()
			wait(all)
			return s, err
		}
		all = append(all, c)
	}
	ended := make(chan time.Duration, 1)
	go func() {
		all[0].Wait() // its exit code is looked at below
		ended <- time.Since(began)
	}()
	for s.wall == 0 {
		if s.commit == 0 && committed(journal) {
			s.commit = time.Since(began)
		}
		select {
		case s.wall = <-ended:
		case <-time.After(2 * time.Millisecond):
		}
	}
	if s.commit == 0 {
		s.commit = s.wall
	}
	wait(all[1:])
	for rank, c := range all {
		s.cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		if !c.ProcessState.Success() {
			return s, fmt.Errorf("%s: %s: %s", strings.Join(c.Args, " "), c.ProcessState, said[rank].String())
		}
	}
	var report struct {
		Digest    string
		Resources struct {
			Workers []struct {
				CPU float64 `json:"cpu_seconds"`
			}
		}
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil || report.Digest == "" {
		return s, fmt.Errorf("the report has no digest: %v: %s", err, stdout.String())
	}
	s.digest = report.Digest
	for _, w := range report.Resources.Workers {
		s.workers += time.Duration(w.CPU * float64(time.Second))
	}
	return s, nil
}

// committed says whether a run has committed anything.
func committed(journal string) bool {
	info, err := os.Stat(journal)
	return err == nil && info.Size() > 0
}

func wait(all []*exec.Cmd) {
	for _, c := range all {
		c.Wait() // its exit code tells how it ended
	}
}

// store is a folder of an object store whose objects lie as files in a folder
// of this machine.
type store struct{ url, folder string }

// take brings a file to the store, and returns where it is there. It leaves ""
// as it is; so does a nil store all paths.
func (s *store) take(path string) (string, error) {
	if s == nil || path == "" {
		return path, nil
	}
	to := filepath.Join(s.folder, filepath.Base(path))
	src, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(dst, src)
	if e := dst.Close(); err == nil {
		err = e
	}
	return s.url + "/" + filepath.Base(path), err
}
