package main

import (
	"fmt"
	"slices"
	"strings"

	"corpusmill/exec"
	"corpusmill/plan"
	"corpusmill/recipe"
)

// asked is a run as the command line of one of runCommands asks for it.
type asked struct {
	command []string // its name and its arguments
	flags   *flags
	recipe  *recipe.Recipe // its Export is the run's result
}

// runCommands are the commands that do a run: they take a backend, and what
// they were killed at the same command continues.
var runCommands = []string{"process", "resplit", "dedup"}

// runCommand is the command line of a run: its command's name first, which may
// be missing for process, or follow flags.
func runCommand(args []string) []string {
	args = slices.Clone(args)
	if i := slices.Index(args, "--"); i >= 0 {
		args = slices.Delete(args, i, i+1)
	}
	for i, a := range args {
		own := i == 0 || strings.Contains(args[i-1], "=") || !strings.HasPrefix(args[i-1], "--")
		if own && slices.Contains(runCommands, a) {
			return slices.Concat(args[i:], args[:i])
		}
	}
	return append([]string{"process"}, args...)
}

// ask reads the command line of a run and its recipe.
func (e *env) ask(command []string) (*asked, error) {
	a, args := &asked{command: command}, command[1:]
	var err error
	switch command[0] {
	case "resplit":
		if args, err = e.resplitArgs(args); err == nil {
			a.flags, a.recipe, err = e.begin(args)
		}
	case "dedup":
		if len(args) < 3 || args[0] != "index" || args[1] != "build" && args[1] != "add" || strings.HasPrefix(args[2], "-") {
			return nil, usageError{fmt.Sprintf("%s is no run: of dedup, index build INDEX and index add INDEX are", strings.Join(command, " "))}
		}
		a.flags, a.recipe, err = e.beginIndex(args)
	default:
		a.flags, a.recipe, err = e.begin(args)
	}
	return a, err
}

// check finds what is wrong with the run, as far as its plan tells.
func (a *asked) check(e *env) error {
	if a.command[0] != "dedup" {
		_, err := e.prepare(a.recipe)
		return err
	}
	folder, err := folderOf(a.recipe)
	if err != nil {
		return err
	}
	// One that was killed may have published, and has only to say so.
	if old, err := exec.Interrupted(folder); old != nil || err != nil {
		return err
	}
	job, err := e.indexJob(a.recipe, a.command[2] == "add")
	if err == nil {
		_, err = plan.Build(e.ctx, job)
	}
	return err
}

// run does the run.
func (a *asked) run(e *env, more ...string) error {
	args := slices.Concat(a.command[1:], more)
	switch a.command[0] {
	case "resplit":
		return resplit(e, args)
	case "dedup":
		return dedup(e, args)
	}
	return process(e, args)
}

// placed does a run in this process, or as one of several ranks.
func (e *env) placed(f *flags, r *recipe.Recipe, run func() error) error {
	drive := func() error {
		if err := e.driving.claim(f, r); err != nil {
			return err
		}
		return run()
	}
	if r.Backend == "ranks" {
		return e.ranked(f, r, drive) // rank 0 is the driver
	}
	return drive()
}
