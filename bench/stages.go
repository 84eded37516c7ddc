package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// stageCost is what a stage of one run used.
type stageCost struct {
	Name string  `json:"name"`
	CPU  float64 `json:"cpu_s"`
	// Left is the size of the run's folder when the stage was done, without
	// the output: what later stages read.
	Left int64 `json:"left_bytes"`
}

// stageWatch follows a run of corpusmill from outside: the journal in the run
// folder has an entry when a stage is done, and the CPU time of the process
// since the last one is the stage's. With one worker stages don't overlap. It
// looks often enough to be wrong by some 20 ms.
type stageWatch struct {
	folder string
	quit   chan struct{}
	done   chan []stageCost
}

func watchStages(folder string) *stageWatch {
	w := &stageWatch{folder, make(chan struct{}), make(chan []stageCost)}
	go w.run()
	return w
}

func (w *stageWatch) stop() []stageCost {
	close(w.quit)
	return <-w.done
}

func (w *stageWatch) run() {
	var costs []stageCost
	var names []string
	var before, now float64
	for {
		select {
		case <-w.quit:
			// The last stage ends with the process.
			if len(costs) == len(names)-1 {
				costs = append(costs, stageCost{Name: names[len(costs)], CPU: now - before})
			}
			w.done <- costs
			return
		case <-time.After(10 * time.Millisecond):
		}
		now = max(now, childTime())
		journal, _ := os.ReadFile(filepath.Join(w.folder, "work", "journal"))
		if len(names) == 0 {
			names = w.names()
		}
		if done := bytes.Count(journal, []byte(`"done":{"stage":`)); len(costs) < min(done, len(names)) {
			costs = append(costs, stageCost{names[len(costs)], now - before, folderSize(filepath.Join(w.folder, "work"))})
			before = now
		}
	}
}

// names are those of the plan's stages; none before there is a plan.
func (w *stageWatch) names() (names []string) {
	text, err := os.ReadFile(filepath.Join(w.folder, "work", "plan.json"))
	if err != nil {
		return nil
	}
	var plan struct {
		Stages []struct{ Name string }
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		return nil // it is being written
	}
	for _, s := range plan.Stages {
		names = append(names, s.Name)
	}
	return names
}

// childTime is the CPU seconds of this process's children that are running, to
// a hundredth.
func childTime() (seconds float64) {
	for _, pid := range descendants(os.Getpid()) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has ended
		}
		// Behind the name, which may have anything in it, user and system
		// time are the 12th and 13th field, in clock ticks.
		f := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(f) > 12 {
			user, _ := strconv.ParseFloat(string(f[11]), 64)
			system, _ := strconv.ParseFloat(string(f[12]), 64)
			seconds += (user + system) / 100
		}
	}
	return seconds
}

// folderSize is the bytes of a folder's files. Files come and go meanwhile.
func folderSize(name string) (size int64) {
	filepath.WalkDir(name, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			if info, err := e.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}
