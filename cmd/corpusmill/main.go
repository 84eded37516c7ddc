// Corpusmill prepares training data: it runs the steps of a recipe over
// datasets of text and accounts for every row.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"corpusmill/backend/ranks"
	"corpusmill/exec"
	"corpusmill/models/fetch"
	"corpusmill/recipe"

	_ "corpusmill/op/all"
	_ "corpusmill/storage/csv"
	_ "corpusmill/storage/jsonl"
	_ "corpusmill/storage/object/s3"
	_ "corpusmill/storage/parquet"
)

// Exit codes.
const (
	exitFailure    = 1
	exitUsage      = 2 // command line or recipe
	exitQuarantine = 3 // finished, with more quarantined rows than allowed
	exitResume     = 4 // an interrupted run can't be continued
	exitAccount    = 5 // rows don't add up, or a file isn't what it was or should be
)

// env is what a command works with.
type env struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string
	lead   *ranks.Lead // in rank 0 of a run by ranks
	// driving is set in a run that others may ask for.
	driving *driving
}

type command struct {
	name    string
	args    string
	summary string
	run     func(e *env, args []string) error
}

func commands() []command {
	return []command{
		{"process", "--config RECIPE [--KEY VALUE] [--OP.PARAM VALUE]", "run a recipe", process},
		{"submit", "[COMMAND] --config RECIPE [--driver job] [flags of process]", "run a recipe and don't wait for it", submit},
		{"status", "[RUN] [--watch]", "tell how a run is, or list those that were submitted", status},
		{"logs", "RUN [-f] [--tail N]", "print what a submitted run prints", logs},
		{"cancel", "RUN [--force] [--timeout SECONDS]", "stop a run; what is done is kept", cancel},
		{"resume", "RUN [--force]", "go on with a run that was stopped or interrupted", resume},
		{"check", "RECIPE [--KEY VALUE]", "find all mistakes in a recipe", check},
		{"plan", "RECIPE [--KEY VALUE]", "show what a run would do", showPlan},
		{"resplit", "INPUT... -o FOLDER [--split_size 128MB]", "write a dataset anew, in files of one size", resplit},
		{"partition", "INPUT... -o FOLDER --nodes N|--hosts A,B,C [--by bytes|FIELD]", "share a dataset out, a file for each node", partitionCommand},
		{"explain", "OUTPUT --row FILE:LINE", "tell what became of a row of the input", explain},
		{"drops", "OUTPUT", "list the rows that a run dropped, and why, as JSON Lines", drops},
		{"report", "OUTPUT", "print the report of a finished run, with what it took", reportCommand},
		{"verify", "OUTPUT", "compare a result with its manifest", verify},
		{"dedup", "index build|add|info INDEX [--config RECIPE ...]", "keep the keys of rows, for runs over others", dedup},
		{"ops", "[NAME]", "list the operators, or describe one", ops},
		{"models", "list|pull [NAME...]", "list the models that recipes ask for, or fetch some", modelsCommand},
		{"slurm", "ray [--nodes N] process --config RECIPE ...", "run a recipe on Ray in a Slurm allocation", slurmCommand},
		{"doctor", "[--backend NAME] [--config RECIPE] [--folder DIR]", "find out whether runs would work on an engine", doctorCommand},
		{"worker", "FOLDER", "run tasks from JSON on standard input; for engines", worker},
		{"version", "", "print the version", version},
	}
}

func main() {
	ctx, stop := signals()
	e := &env{ctx: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	code := run(e, os.Args[1:])
	stop()
	os.Exit(code)
}

// caught is a context's cause when a signal cancelled it.
type caught struct{ os.Signal }

func (c caught) Error() string { return c.String() }

// signals returns a context that ends with the first SIGINT or SIGTERM. The
// second ends the process.
func signals() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		cancel(caught{<-ch})
		<-ch
		os.Exit(exitFailure)
	}()
	return ctx, func() { signal.Stop(ch) }
}

func run(e *env, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		usage(e.stdout)
		if len(args) == 0 {
			return exitUsage
		}
		return 0
	}
	name := args[0]
	if name == "--version" {
		name = "version"
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		for _, a := range args[1:] {
			if a == "--help" || a == "-h" {
				fmt.Fprintf(e.stdout, "usage: corpusmill %s %s\n\n%s\n", c.name, c.args, help(c))
				return 0
			}
		}
		return e.code(c.run(e, args[1:]))
	}
	return e.code(usageError{fmt.Sprintf("there is no command %q; corpusmill help lists them", name)})
}

func usage(w io.Writer) {
	fmt.Fprintf(w, "usage: corpusmill COMMAND ...\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(w, "\ncorpusmill COMMAND --help tells more. Each command takes --json.\n")
}

// usageError is a mistake on the command line.
type usageError struct{ msg string }

func (u usageError) Error() string { return u.msg }

// overLimit is a finished run with too many quarantined rows.
type overLimit struct{ msg string }

func (o overLimit) Error() string { return o.msg }

// code prints an error, if any, and returns the exit code for it.
func (e *env) code(err error) int {
	if err == nil {
		return 0
	}
	exit, interrupted := e.exitCode(err)
	var problems recipe.Problems
	var other followed
	switch {
	case interrupted:
	case errors.As(err, &other) && other.msg == "": // it has told itself
	case errors.As(err, &problems):
		fmt.Fprintln(e.stderr, problems.Error())
	default:
		fmt.Fprintf(e.stderr, "corpusmill: %v\n", err)
	}
	return exit
}

// exitCode is the exit code for an error, and whether that is a signal's.
func (e *env) exitCode(err error) (exit int, interrupted bool) {
	if err == nil {
		return 0, false
	}
	var signal caught
	if e.ctx.Err() != nil && errors.As(context.Cause(e.ctx), &signal) {
		if s, ok := signal.Signal.(syscall.Signal); ok {
			return 128 + int(s), true
		}
	}
	return failureCode(err), false
}

// failureCode is the exit code for an error of the run.
func failureCode(err error) int {
	var (
		problems recipe.Problems
		other    followed
		bad      usageError
		over     overLimit
		resume   *exec.UnsafeResume
		account  *exec.AccountError
		altered  *fetch.Mismatch
		changed  changedModels
	)
	switch {
	case errors.As(err, &other):
		return other.exit
	case errors.As(err, &bad), errors.As(err, &problems):
		return exitUsage
	case errors.As(err, &over):
		return exitQuarantine
	case errors.As(err, &resume):
		return exitResume
	case errors.As(err, &account), errors.As(err, &altered), errors.As(err, &changed):
		return exitAccount
	}
	return exitFailure
}
