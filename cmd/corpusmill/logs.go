package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"corpusmill/backend/ray"
	"corpusmill/runs"
)

// Intervals of logs -f.
const (
	logEvery = 200 * time.Millisecond // between two looks at the log
	askEvery = 15 * time.Second       // between two questions to Slurm
)

func logs(e *env, args []string) error {
	f, err := takeFlags(args, []string{"f", "follow"}, []string{"tail"})
	if err != nil {
		return err
	}
	lines := 0
	if v, given := f.values["tail"]; given {
		if lines, err = strconv.Atoi(v); err != nil || lines < 1 {
			return usageError{fmt.Sprintf("--tail is a number of lines, at least 1, not %q", v)}
		}
	}
	s, err := e.find(f.rest)
	if err != nil {
		return err
	}
	follow := f.set["f"] || f.set["follow"]
	switch s.Run.Place {
	case runs.Terminal:
		return fmt.Errorf("run %s was started by corpusmill process and printed where that was given; it has no log", s.ID)
	case runs.RayJob:
		return e.rayLogs(s, lines, follow)
	}
	log := &runs.Reader{Path: runs.Log(s.Folder), Off: s.Run.LogFrom}
	if lines > 0 {
		if err := log.Skip(lines); err != nil {
			return err
		}
	}
	if !follow {
		return log.Copy(e.stdout)
	}
	ask := e.seldom()
	for {
		// What is printed before the end is there when the end is seen.
		if s, err = runs.Look(s.Folder, time.Now(), ask); err != nil {
			return err
		}
		if err := log.Copy(e.stdout); err != nil {
			return err
		}
		if s.State.Over() {
			return ending(s)
		}
		select {
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-time.After(logEvery):
		}
	}
}

// seldom is askJob for who asks all the time: it asks now and then.
func (e *env) seldom() func(*runs.Run) (runs.JobState, error) {
	var asked time.Time
	var state runs.JobState
	var err error
	return func(r *runs.Run) (runs.JobState, error) {
		if time.Since(asked) >= askEvery {
			asked = time.Now()
			state, err = e.askJob(r)
		}
		return state, err
	}
}

// ending is the exit code of a run that is over, as an error.
func ending(s *runs.Status) error {
	if s.Driver == nil || s.Driver.End == nil {
		return fmt.Errorf("run %s was interrupted: %s. corpusmill resume %s goes on", s.ID, s.Why, s.ID)
	}
	if exit := s.Driver.End.Exit; exit != 0 {
		return followed{exit, fmt.Sprintf("run %s: %s, exit code %d, as its log says", s.ID, s.State, exit)}
	}
	return nil
}

// rayLogs prints what a job on Ray has printed, which Ray keeps.
func (e *env) rayLogs(s *runs.Status, lines int, follow bool) error {
	c, err := e.rayCluster(s.Run.Address)
	if err != nil {
		return err
	}
	said, err := c.Said(e.ctx, s.Run.Job)
	if err != nil {
		return err
	}
	shown := len(said)
	if lines > 0 {
		said = runs.LastLines(said, lines)
	}
	if _, err := fmt.Fprint(e.stdout, said); err != nil || !follow {
		return err
	}
	err = c.Follow(e.ctx, s.Run.Job, &shown, e.stdout)
	if exit := (*ray.Exit)(nil); errors.As(err, &exit) && exit.Code > 0 {
		return followed{exit.Code, fmt.Sprintf("run %s ended with exit code %d, as its log says", s.ID, exit.Code)}
	}
	return err
}
