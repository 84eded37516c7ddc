package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"corpusmill/runs"
)

func submit(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, []string{"driver", "driver_options"})
	if err != nil {
		return err
	}
	s := &start{command: runCommand(f.rest), options: strings.Fields(f.values["driver_options"])}
	switch driver := f.values["driver"]; driver {
	case "", "process":
		if len(s.options) > 0 {
			return usageError{"--driver_options are for the job of --driver job"}
		}
		s.place = runs.Detached
	case "job":
		s.place = runs.SlurmJob
	default:
		return usageError{fmt.Sprintf("--driver is process or job, not %q", driver)}
	}
	run, notes, err := e.start(s)
	if err != nil {
		return err
	}
	fmt.Fprint(e.stderr, notes)
	return e.printStarted(run, f.set["json"])
}

// started is what submit and resume print with --json.
type started struct {
	ID     string     `json:"id"`
	Output string     `json:"output"`
	Folder string     `json:"folder"`
	Place  runs.Place `json:"place"`
	Job    string     `json:"job,omitempty"`
	Log    string     `json:"log,omitempty"`
}

func (e *env) printStarted(run *runs.Run, asJSON bool) error {
	s := started{ID: run.ID, Output: run.Output(), Folder: run.Folder, Place: run.Place, Job: run.Job}
	if run.Place != runs.RayJob {
		s.Log = runs.Log(run.Folder)
	}
	if asJSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	what := "is started"
	if run.Job != "" {
		what = "is submitted as job " + run.Job
	}
	_, err := fmt.Fprintf(e.stdout, "run %s %s: %s\n"+
		"  corpusmill status %[1]s     how far it is\n"+
		"  corpusmill logs -f %[1]s    what it prints, until it ends\n"+
		"  corpusmill cancel %[1]s     stops it; corpusmill resume %[1]s goes on\n", run.ID, what, s.Output)
	return err
}
