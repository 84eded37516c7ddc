package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"corpusmill/recipe"
	"corpusmill/runs"
	"corpusmill/storage/object"
)

// driving is what this process tells others, in the run folder, of the run
// that it drives. A nil driving tells nothing.
type driving struct {
	command []string
	try     int // of a run that another command has started; 0 for none
	folder  string
	told    *runs.Driver // nil as long as nothing is told
	stop    func()       // ends the telling of progress
	// launches says that the run's ranks are this process's children.
	launches bool
}

// beatEvery is the time between two tellings of how far a run is.
const beatEvery = 2 * time.Second

// driven does a run, and tells how it ended. A run that another command has
// started goes on when its terminal goes and when what it prints finds no room.
func (e *env) driven(command []string, run func() error) error {
	try, err := runs.TryOf(e.getenv)
	if err != nil {
		return err
	}
	e.driving = &driving{command: command, try: try, stop: func() {}}
	if try > 0 {
		signal.Ignore(syscall.SIGHUP)
		e.stdout, e.stderr = heedless{e.stdout}, heedless{e.stderr}
	}
	err = run()
	e.driving.end(e, err)
	return err
}

// heedless prints what it can and never fails: a disk that is full of logs is
// no reason to end a run.
type heedless struct{ w io.Writer }

func (h heedless) Write(p []byte) (int, error) {
	_, _ = h.w.Write(p)
	return len(p), nil
}

// claim tells that this process drives the run that another command has
// started. In any other process it does nothing. A job that its system starts
// a second time goes on with what the first has done, whatever the command says.
func (d *driving) claim(f *flags, r *recipe.Recipe) (err error) {
	if d.try == 0 {
		return nil
	}
	if d.folder, err = folderOf(r); err != nil {
		return err
	}
	if err := os.MkdirAll(d.folder, 0o777); err != nil {
		return err
	}
	before, err := runs.ReadDriver(d.folder, d.try)
	if err != nil {
		return err
	}
	if before != nil && before.Begun {
		f.set["restart"] = false
	}
	d.told = &runs.Driver{Try: d.try, Process: runs.Self(), Since: time.Now()}
	return d.told.Write(d.folder)
}

// folderOf is the run folder of a recipe as an absolute path.
func folderOf(r *recipe.Recipe) (string, error) {
	if r.Export.Path == "-" {
		return "", usageError{"a run to standard output ends with who reads it: give --export_path"}
	}
	folder, _, err := runFolder(r.Job(nil).Output, r.WorkDir)
	if err != nil {
		return "", err
	}
	return filepath.Abs(folder)
}

// begun tells that all is checked, and from then on how far the run is. It is
// called while the run folder is locked. What fails here doesn't end the run.
func (d *driving) begun(folder string, r *recipe.Recipe, m *meter) error {
	if d == nil || r.Export.Path == "-" {
		return nil
	}
	if d.try == 0 {
		if err := d.enter(folder, r); err != nil {
			return fmt.Errorf("corpusmill status will not know of this run: %w", err)
		}
	}
	d.told.Begun = true
	if err := d.told.Write(d.folder); err != nil {
		return fmt.Errorf("corpusmill status will not know of this run: %w", err)
	}
	d.stop = runs.Beat(d.folder, beatEvery, func() *runs.Progress {
		p := m.progress()
		p.Try, p.At = d.told.Try, time.Now()
		return p
	})
	return nil
}

// enter makes this process known as a run of its own.
func (d *driving) enter(folder string, r *recipe.Recipe) (err error) {
	if d.folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	run, err := newRun(d.folder, d.command, r)
	if err != nil {
		return err
	}
	for _, in := range r.Inputs {
		if in.Path == "-" {
			run.Bound = "it read standard input"
		}
	}
	if r.Backend == "ranks" && !d.launches {
		run.Bound = "a launcher started its ranks, and has to start them again"
	}
	if err := run.Write(); err != nil {
		return err
	}
	d.told = &runs.Driver{Try: run.Try, Process: runs.Self(), Since: time.Now()}
	return nil
}

// newRun is the next run in a folder, of a command in the present one.
func newRun(folder string, command []string, r *recipe.Recipe) (*runs.Run, error) {
	old, err := runs.Read(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	run := &runs.Run{ID: runs.ID(folder), Folder: folder, Try: old.Try + 1, Backend: r.Backend, Place: runs.Terminal,
		Host: runs.Self().Host, Started: time.Now().Round(time.Millisecond), Env: map[string]string{}}
	if object.In(r.Export.Path) {
		run.Away = r.Export.Path
	}
	for _, arg := range command {
		if name := strings.ReplaceAll(strings.TrimLeft(arg, "-"), "-", "_"); name == "restart" || name == "restart=true" {
			run.Restart = true
		} else {
			run.Command = append(run.Command, arg)
		}
	}
	if run.Dir, err = os.Getwd(); err != nil {
		return nil, err
	}
	for _, name := range settings() {
		if v, set := os.LookupEnv(name); set {
			run.Env[name] = v
		}
	}
	return run, nil
}

// settings are the variables that set keys of a recipe.
func settings() (names []string) {
	for _, k := range recipe.Keys() {
		key := strings.ToUpper(k.Name)
		names = append(names, "CORPUSMILL_"+key, "DJ_PROCESS_"+key)
	}
	return names
}

// end tells how the run has ended.
func (d *driving) end(e *env, err error) {
	d.stop()
	if d.told == nil {
		return
	}
	now, readErr := runs.ReadDriver(d.folder, d.told.Try)
	if readErr != nil || now == nil || now.Process != d.told.Process {
		return // the folder is another run's by now, or gone
	}
	exit, interrupted := e.exitCode(err)
	end := &runs.End{At: time.Now(), State: runs.Failed, Exit: exit}
	switch {
	case interrupted:
		end.State = runs.Cancelled
	case exit == 0 || exit == exitQuarantine:
		end.State = runs.Done
	}
	if err != nil && !interrupted {
		end.Error = err.Error()
	}
	d.told.End = end
	if err := d.told.Finish(d.folder); err != nil {
		fmt.Fprintf(e.stderr, "note: corpusmill status will take this run for an interrupted one: %v\n", err)
	}
}
