package main

import (
	"fmt"
	"os"
	"slices"

	"corpusmill/runs"
)

// resume starts a run again by its own command, in its own folder.
func resume(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json", "force"}, nil)
	if err != nil {
		return err
	}
	s, err := e.find(f.rest)
	if err != nil {
		return err
	}
	run := s.Run
	switch {
	case run.Bound != "":
		return usageError{fmt.Sprintf("run %s can't be started by its command alone: %s", s.ID, run.Bound)}
	case s.State == runs.Done:
		return fmt.Errorf("run %s is done: %s; corpusmill submit runs its recipe anew", s.ID, run.Output())
	case len(run.Command) == 0 || !slices.Contains(runCommands, run.Command[0]):
		return fmt.Errorf("%s doesn't have the command of a run", run.Folder)
	}
	if err := os.Chdir(run.Dir); err != nil {
		return fmt.Errorf("the folder in which run %s was started: %w", s.ID, err)
	}
	for _, name := range settings() {
		if v, set := run.Env[name]; set {
			err = os.Setenv(name, v)
		} else {
			err = os.Unsetenv(name)
		}
		if err != nil {
			return err
		}
	}
	place := run.Place
	if place == runs.Terminal {
		place = runs.Detached
	}
	next, notes, err := e.start(&start{command: run.Command, place: place, options: run.Options, again: run, force: f.set["force"]})
	if err != nil {
		return err
	}
	fmt.Fprint(e.stderr, notes)
	return e.printStarted(next, f.set["json"])
}
