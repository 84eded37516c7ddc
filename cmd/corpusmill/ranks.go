package main

import (
	"fmt"
	"os"
	"time"

	"corpusmill/backend/ranks"
	"corpusmill/plan"
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
// the same exit code.
func (e *env) ranked(f *flags, r *recipe.Recipe, o plan.Output, run func() error) error {
	place, err := ranks.Find(e.getenv, f.values["rank"], f.values["world_size"])
	if err != nil {
		return usageError{err.Error()}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	folder, _, err := runFolder(o, r.WorkDir)
	if err != nil {
		return err
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

// rankWorkers is how many tasks a rank runs at once.
func rankWorkers(r *recipe.Recipe, place ranks.Place) int {
	if r.NPGiven {
		return r.NP
	}
	return max(1, r.NP/place.Local)
}
