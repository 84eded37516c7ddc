package queue

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"corpusmill/exec"
)

// member is a worker as the lead sees it.
type member struct {
	hello   hello
	told    log
	said    tail
	heard   time.Duration // when its log last grew
	idle    time.Duration // when it last had a task
	tasks   map[held]exec.Task
	stopped int // the last run that it has stopped
	leaving bool
	bye     bool
}

type held struct{ id, attempt int }

// admit takes in the newcomers. Who has no worker looks each time, who has one
// less often.
func (d *Driver) admit() (some bool, err error) {
	if d.now()-d.looked < 4*d.Poll && len(d.members) > 0 {
		return false, nil
	}
	d.looked = d.now()
	dir := filepath.Join(d.folder, joinFolder)
	// A network file system may answer from what it remembers of a folder,
	// until this machine changes the folder itself.
	probe := filepath.Join(dir, ".probe")
	if err := os.WriteFile(probe, nil, 0o666); err != nil {
		return false, diskError(probe, err)
	}
	os.Remove(probe) // the next look's takes its place otherwise
	files, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") {
			continue
		}
		folder := filepath.Join(d.folder, workersFolder, f.Name())
		m := &member{heard: d.now(), idle: d.now(), tasks: map[held]exec.Task{},
			told: log{path: filepath.Join(folder, toldFile)}, said: tail{path: filepath.Join(folder, saidFile)}}
		m.hello.Name = f.Name()
		d.members = append(d.members, m)
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
			return some, err
		}
		some = true
	}
	return some, nil
}

// hear takes in what a worker has said, and says whether that was anything
// but a sign of life. A log that can't be read is silence.
func (d *Driver) hear(m *member, on func(exec.Event)) (some bool) {
	heard, _ := m.said.read(func(line []byte) error {
		var s said
		if err := json.Unmarshal(line, &s); err != nil {
			return fmt.Errorf("%s: %w", m.said.path, err)
		}
		if s.Hello != nil {
			m.hello = *s.Hello
			d.logf("%s has joined with %d workers", m.hello.Name, m.hello.Slots)
		}
		m.stopped = max(m.stopped, s.Stopped)
		m.bye = m.bye || s.Bye
		if s.Event != nil {
			some = true
		}
		if s.Event == nil || s.Run != d.run {
			return nil
		}
		d.pass(m, *s.Event, s.Took, on)
		return nil
	})
	if heard {
		m.heard = d.now()
	}
	return some || m.bye
}

// pass hands an event on, unless it is of a task that the worker doesn't have.
func (d *Driver) pass(m *member, e exec.Event, took time.Duration, on func(exec.Event)) {
	key := held{e.Task, e.Attempt}
	if e.Kind != exec.TaskProgress {
		if _, ok := m.tasks[key]; !ok {
			return
		}
	}
	switch e.Kind {
	case exec.TaskDone:
		if d.average == 0 {
			d.average = took
		}
		d.average = max((7*d.average+took)/8, time.Microsecond)
		delete(m.tasks, key)
	case exec.TaskFailed, exec.TaskLost:
		delete(m.tasks, key)
	}
	on(e)
}

// lose takes a worker's tasks from it.
func (m *member) lose(why string, on func(exec.Event)) {
	if !m.bye {
		// It may be gone for good, and can't be told then.
		_ = m.tell(told{Lost: true})
	}
	tasks := make([]exec.Task, 0, len(m.tasks))
	for _, t := range m.tasks {
		tasks = append(tasks, t)
	}
	slices.SortFunc(tasks, func(a, b exec.Task) int { return a.ID - b.ID })
	clear(m.tasks)
	for _, t := range tasks {
		on(exec.Event{Task: t.ID, Attempt: t.Attempt, Kind: exec.TaskLost, Err: why})
	}
}

func (m *member) tell(t told) error {
	return diskError(m.told.path, m.told.write(t))
}

// diskError lets the run tell a full disk from other failures.
func diskError(path string, err error) error {
	if full(err) {
		return &exec.DiskError{Path: path, Err: err}
	}
	return err
}

func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
