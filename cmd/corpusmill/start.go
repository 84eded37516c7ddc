package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strconv"
	"strings"
	"time"

	"corpusmill/backend/ranks"
	"corpusmill/backend/slurm"
	"corpusmill/exec"
	"corpusmill/recipe"
	"corpusmill/runs"
)

// start is a run that is to be started.
type start struct {
	command []string
	place   runs.Place
	options []string  // for sbatch; none for those of the workers
	again   *runs.Run // the run to go on with; nil for another one
	force   bool      // also when it can't be seen whether that has ended
	tasks   int       // ranks of a job; 0 for a job that is the driver alone
}

// start checks a run as process would, and starts it. A run that is refused,
// also one that refuses by itself before its first task, leaves everything as
// it was. notes are what process prints at first.
func (e *env) start(s *start) (run *runs.Run, notes string, err error) {
	var said bytes.Buffer
	quiet := *e
	quiet.stderr = &said
	a, err := quiet.ask(s.command)
	if err != nil {
		return nil, "", err
	}
	if err := s.suits(e, a); err != nil {
		return nil, "", err
	}
	r := a.recipe
	folder, err := folderOf(r)
	if err != nil {
		return nil, "", err
	}
	release, err := runs.Claim(folder)
	if err != nil {
		return nil, "", err
	}
	defer func() {
		release()
		if err != nil {
			os.Remove(folder) // which it does to an empty one alone
		}
	}()
	if err := e.vacant(folder, s.force); err != nil {
		return nil, "", err
	}
	if run, err = newRun(folder, s.command, r); err != nil {
		return nil, "", err
	}
	kept, err := runs.Keep(folder)
	if err != nil {
		return nil, "", err
	}
	s.describe(run, r, kept)
	if err = run.Write(); err == nil {
		err = e.launch(run, a, kept)
	}
	if err != nil {
		if lost := kept.Restore(); lost != nil {
			fmt.Fprintf(e.stderr, "note: what %s told of its last run is lost: %v\n", folder, lost)
		}
		return nil, "", err
	}
	if err := e.enterRegistry(run); err != nil {
		fmt.Fprintf(&said, "note: corpusmill status without a path will not list this run: %v\n", err)
	}
	return run, said.String(), nil
}

// describe fills in where the run lives.
func (s *start) describe(run *runs.Run, r *recipe.Recipe, kept *runs.Kept) {
	run.Place, run.LogFrom = s.place, kept.Log
	if s.again != nil {
		run.LogFrom, run.Restart = s.again.LogFrom, false
	}
	name := fmt.Sprintf("corpusmill-%s-%d", run.ID, run.Started.UnixMilli())
	switch run.Place {
	case runs.SlurmJob:
		run.Job, run.Options, run.Tasks = name, s.options, s.tasks
		if len(run.Options) == 0 {
			run.Options = r.SlurmOptions
		}
	case runs.RayJob:
		run.Job, run.Address = name, r.RayAddress
	}
}

// suits refuses runs that can't go by themselves, and finds the place of those
// that have their own.
func (s *start) suits(e *env, a *asked) error {
	r := a.recipe
	for _, in := range r.Inputs {
		if in.Path == "-" {
			return usageError{"a run that goes by itself can't read standard input: give the path of a file"}
		}
	}
	job := r.Backend == "ray" && strings.Contains(r.RayAddress, "://")
	switch {
	case r.Backend == "ranks":
		return s.suitsRanks(e, a.flags)
	case job && a.command[0] == "dedup":
		return usageError{"dedup index can't be a job by the dashboard of Ray: give --ray_address auto or HOST:PORT, on a machine of the cluster"}
	case job && s.place == runs.SlurmJob:
		return usageError{"a run by the dashboard of Ray is a job on Ray already: leave out --driver job"}
	case job:
		s.place = runs.RayJob
	case s.place == runs.RayJob:
		s.place = runs.Detached
	}
	return nil
}

// suitsRanks refuses ranks that something else would have to start.
func (s *start) suitsRanks(e *env, f *flags) error {
	if f.values["rank"] != "" {
		return usageError{"submit starts all ranks of a run: leave out --rank, and give --world_size alone"}
	}
	n, err := strconv.Atoi(f.values["world_size"])
	if err != nil || n < 1 {
		return usageError{"--backend ranks needs --world_size N: that many ranks on this machine, or with --driver job in one job of Slurm. " +
			"Ranks of another launcher are kept going by that: have it start corpusmill process"}
	}
	if s.place == runs.SlurmJob {
		s.tasks = n
		return nil
	}
	if name := ranks.Launcher(e.getenv); name != "" {
		return usageError{fmt.Sprintf("%s is set: this is one of the processes that a launcher has started. Have it start corpusmill process, or unset the variable", name)}
	}
	return nil
}

// vacant refuses a folder where a run is at work. force is for one that can't be
// seen from here.
func (e *env) vacant(folder string, force bool) error {
	s, err := runs.Look(folder, time.Now(), e.askJob)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		id := s.ID
		switch {
		case s.State == runs.Silent && !force:
			return fmt.Errorf("run %s may still be at work in %s: %s. If that machine is gone for good: corpusmill resume --force %s", id, folder, s.Why, id)
		case s.State != runs.Silent && !s.State.Over():
			return fmt.Errorf("run %s is at work in %s (%s): corpusmill status %s tells more, corpusmill cancel %s stops it", id, folder, s.State, id, id)
		}
	}
	busy, err := exec.AtWork(folder)
	if err == nil && busy {
		err = fmt.Errorf("run %s is at work in %s: its lock is held", runs.ID(folder), folder)
	}
	return err
}

// launch starts the run at its place.
func (e *env) launch(run *runs.Run, a *asked, kept *runs.Kept) error {
	switch f := a.flags; run.Place {
	case runs.RayJob:
		c, err := e.rayCluster(run.Address)
		if err != nil {
			return err
		}
		f.set["restart"], f.set["json"] = run.Restart, false
		j, err := newRayJob(f, a.recipe)
		if err != nil {
			return err
		}
		j.Env[runs.TryVariable] = strconv.Itoa(run.Try)
		_, err = c.Submit(e.ctx, j, run.Job)
		return err
	case runs.SlurmJob:
		// What can be known before the job has its turn is known at once.
		if err := a.check(e); err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		env := maps.Clone(run.Env)
		env[runs.TryVariable] = strconv.Itoa(run.Try)
		job := &slurm.DriverJob{Name: run.Job, Dir: run.Dir, Command: append([]string{self}, run.Args()...), Env: env,
			Log: runs.Log(run.Folder), Options: run.Options, Tasks: run.Tasks}
		_, err = job.Submit(e.ctx)
		return err
	}
	return e.detach(run, kept)
}

// beginTime is how long a driver is waited for to begin. One that takes longer,
// over large models, tells the rest in its log.
const beginTime = 5 * time.Second

// detach starts the driver as a process of its own and waits until it begins.
// When it ends before, its exit code and what it has printed are this process's.
func (e *env) detach(run *runs.Run, kept *runs.Kept) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	driver, ended, err := run.Detach(self)
	if err != nil {
		return err
	}
	begun := func() bool {
		d, err := runs.ReadDriver(run.Folder, run.Try)
		// One that has only to publish doesn't begin.
		return err == nil && d != nil && (d.Begun || d.End != nil && d.End.State == runs.Done)
	}
	deadline := time.After(beginTime)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !begun() {
		select {
		case <-look.C:
		case <-deadline:
			return nil
		case <-e.ctx.Done():
			_ = driver.Signal(os.Interrupt) // it may just have ended
			select {
			case <-ended:
			case <-deadline:
				_ = driver.Kill() // it has done nothing yet
				select {
				case <-ended:
				case <-time.After(beginTime):
				}
			}
			return e.ctx.Err()
		case how := <-ended:
			if begun() {
				return nil
			}
			log := &runs.Reader{Path: runs.Log(run.Folder), Off: kept.Log}
			if err := log.Copy(e.stderr); err != nil {
				return err
			}
			if how.ExitCode() <= 0 {
				return fmt.Errorf("the driver ended before it began: %s", how)
			}
			return followed{how.ExitCode(), ""}
		}
	}
	return nil
}

func (e *env) enterRegistry(run *runs.Run) error {
	g, err := runs.Home(e.getenv)
	if err != nil {
		return err
	}
	return g.Put(run)
}
