package main

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"time"

	"corpusmill/backend/ranks"
	"corpusmill/recipe"
)

// followed is a run that another process, rank 0 or a job, has ended otherwise
// than well. Its exit code is this one's.
type followed struct {
	exit int
	msg  string
}

func (f followed) Error() string { return f.msg }

// ranked does a run as one of several copies of the same command: rank 0 does
// the run, with the backend e.lead, and the others work for it. All end with
// the same exit code. Where no launcher has started the copies, rank 0 does.
func (e *env) ranked(f *flags, r *recipe.Recipe, run func() error) (err error) {
	place, launch, err := e.rankPlace(f)
	if err != nil {
		return usageError{err.Error()}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	folder, _, err := runFolder(r.Job(nil).Output, r.WorkDir)
	if err != nil {
		return err
	}
	if launch && r.Memory == defaults().Memory {
		r.Memory /= int64(place.Size) // it is that of the machine
	}
	workers := rankWorkers(r, place)
	job := &ranks.Job{Place: place, Folder: folder, Workers: workers, Command: []string{self, "worker"},
		Memory: r.Memory / int64(workers+1), Build: buildVersion().String()}
	job.Clock, job.Lost = clock(), time.Duration(r.WorkerTimeout)*time.Second
	if place.Rank > 0 {
		if !f.set["quiet"] {
			job.Logf = func(format string, args ...any) {
				fmt.Fprintf(e.stderr, "rank %d: %s\n", place.Rank, fmt.Sprintf(format, args...))
			}
		}
		exit, msg, err := job.Follow(e.ctx)
		if err == nil && exit != 0 {
			return followed{exit, "rank 0: " + msg}
		}
		return err
	}
	if e.lead, err = job.Lead(); err != nil {
		return err
	}
	if e.driving.launches = launch; launch {
		others := e.startRanks(self, place, r.Memory)
		defer func() {
			_, interrupted := e.exitCode(err)
			if end := others.end(interrupted); err == nil {
				err = end
			}
		}()
	}
	err = run()
	var end error
	if exit, interrupted := e.exitCode(err); interrupted {
		end = e.lead.Interrupt()
	} else if err != nil {
		end = e.lead.End(exit, err.Error())
	} else {
		end = e.lead.End(0, "")
	}
	if err == nil {
		err = end
	}
	return err
}

// rankPlace is which rank this process is. launch says that it is rank 0 of
// ranks that nobody has started: there is no launcher, and --world_size says
// how many are wanted.
func (e *env) rankPlace(f *flags) (place ranks.Place, launch bool, err error) {
	rank, size := f.values["rank"], f.values["world_size"]
	if launch = rank == "" && size != "" && ranks.Launcher(e.getenv) == ""; launch {
		rank = "0"
	}
	place, err = ranks.Find(e.getenv, rank, size)
	switch {
	case err != nil && rank == "" && size == "":
		err = fmt.Errorf("%w, or --world-size alone to have that many ranks on this machine", err)
	case launch:
		place.Local, place.Job = place.Size, cmp.Or(place.Job, rand.Text())
	}
	return place, launch, err
}

// rankWorkers is how many tasks a rank runs at once.
func rankWorkers(r *recipe.Recipe, place ranks.Place) int {
	if r.NPGiven {
		return r.NP
	}
	return max(1, r.NP/max(place.Local, 1))
}
