package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"corpusmill/backend/slurm/slurmray"
)

func slurmCommand(e *env, args []string) error {
	switch append(args, "")[0] {
	case "ray":
		return e.slurmRay(args[1:])
	case "keeper":
		return e.slurmKeeper(args[1:])
	}
	return usageError{"write slurm ray [--nodes N] process --config RECIPE ..."}
}

// slurmKeeper looks after Ray on one node, or after what keepers of a job have
// left there.
func (e *env) slurmKeeper(args []string) error {
	f, err := takeFlags(args, nil, []string{"sweep"})
	if err != nil {
		return err
	}
	if job := f.values["sweep"]; job != "" {
		return slurmray.SweepNode(e.getenv, job)
	}
	// Slurm signals twice at a time limit, and what ends at the second signal has
	// removed nothing.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM)
	ctx, stop := signal.NotifyContext(e.ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	k := &slurmray.Keeper{Getenv: e.getenv, CPUs: runtime.NumCPU(), Now: time.Now}
	return k.Keep(ctx, e.stdin, e.stdout)
}

// slurmRay does a run on a Ray cluster of its own, on the nodes of a Slurm
// allocation: outside of one it submits a job.
func (e *env) slurmRay(args []string) error {
	own, err := takeFlags(args, nil, []string{"nodes"})
	if err != nil {
		return err
	}
	command := runCommand(own.rest)
	a, err := e.slurmRayRun(command)
	if err != nil {
		return err
	}
	nodes := 0
	if text := own.values["nodes"]; text != "" {
		if nodes, err = strconv.Atoi(text); err != nil || nodes < 1 {
			return usageError{fmt.Sprintf("--nodes is %q, which is no number of nodes", text)}
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	again := append([]string{self, "slurm", "ray"}, command...)
	if !slurmray.Inside(e.getenv) {
		return e.slurmRayJob(a, max(nodes, 1), again)
	}
	where, err := slurmray.Find(e.ctx, e.getenv)
	if err != nil {
		return err
	}
	if nodes > 0 && nodes != len(where.Nodes) {
		return usageError{fmt.Sprintf("--nodes is %d, but job %s, in which this is, has %d: leave it out here", nodes, where.Job, len(where.Nodes))}
	}
	if first := where.Nodes[0].Name; where.Here != first {
		return e.onNode(where, keeper(self), again)
	}
	return e.onRay(a, where, self)
}

// keeper is the command that looks after Ray on a node.
func keeper(self string) []string { return []string{self, "slurm", "keeper"} }

// onRay is the flag of all runs of slurm ray.
const onRay = "--backend=ray"

// slurmRayRun reads the command line and the recipe of the run. What these
// have to tell is told when it runs.
func (e *env) slurmRayRun(command []string) (*asked, error) {
	for _, arg := range command {
		name, _, _ := strings.Cut(arg, "=")
		switch strings.ReplaceAll(name, "-", "_") {
		case "__backend", "__ray_address":
			return nil, usageError{fmt.Sprintf("%s can't be given with slurm ray, which sets it", name)}
		}
	}
	silent := *e
	silent.stderr = io.Discard
	a, err := silent.ask(slices.Concat(command, []string{onRay}))
	if a != nil {
		a.command = command
	}
	return a, err
}

// slurmRayJob submits the command as a job, and stays with it.
func (e *env) slurmRayJob(a *asked, nodes int, command []string) error {
	f, r := a.flags, a.recipe
	if r.Export.Path == "-" {
		return usageError{"slurm ray needs an export_path in a folder that all nodes share: standard output isn't one"}
	}
	folder, err := folderOf(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	j := &slurmray.Job{Name: "corpusmill-ray", Command: command, Nodes: nodes, Options: r.SlurmOptions, Folder: folder, Stdout: e.stdout, Stderr: e.stderr}
	if !f.set["quiet"] {
		j.Logf = e.notef
	}
	err = j.Run(e.ctx)
	if failed := (*slurmray.Failed)(nil); errors.As(err, &failed) && failed.Exit > 0 {
		return followed{failed.Exit, failed.Error()}
	}
	return err
}

func (e *env) notef(format string, args ...any) {
	fmt.Fprintf(e.stderr, "note: %s\n", fmt.Sprintf(format, args...))
}

// onNode gives the command on the first node of the allocation. Signals reach
// it there. When it is killed, what it has left on the nodes goes.
func (e *env) onNode(where *slurmray.Allocation, keeper, command []string) error {
	node := where.Nodes[0].Name
	srun := osexec.CommandContext(e.ctx, "srun", append([]string{"--overlap", "--nodes=1", "--ntasks=1", "--nodelist=" + node, "--cpu-bind=none",
		"--mpi=none", "--quiet", "--disable-status"}, command...)...)
	srun.Stdin, srun.Stdout, srun.Stderr = nil, e.stdout, e.stderr
	srun.Cancel = func() error { return srun.Process.Signal(os.Interrupt) }
	srun.WaitDelay = nodeTime
	err := srun.Run()
	if exit := (*osexec.ExitError)(nil); errors.As(err, &exit) && e.ctx.Err() == nil {
		if exit.ExitCode() == killedExit {
			if left := slurmray.Sweep(e.ctx, where, where.Nodes, keeper); left != nil {
				e.notef("files of Ray may be left: %v", left)
			}
		}
		if exit.ExitCode() > 0 {
			return followed{exit.ExitCode(), fmt.Sprintf("the command on %s ended with exit code %d, as it says above", node, exit.ExitCode())}
		}
	}
	return err
}

// nodeTime is how long an interrupted command on another node may take to end.
const nodeTime = 2 * time.Minute

// onRay starts Ray on the allocation, does the run and ends Ray.
func (e *env) onRay(a *asked, where *slurmray.Allocation, self string) (err error) {
	o := slurmray.Options{Allocation: where, Python: a.recipe.Python, Keeper: keeper(self)}
	if !a.flags.set["quiet"] {
		o.Logf = e.notef
	}
	c, err := slurmray.Start(e.ctx, o)
	if err != nil {
		if e.ctx.Err() != nil {
			return context.Cause(e.ctx)
		}
		return err
	}
	defer func() {
		if end := c.Close(); err == nil {
			err = end
		}
	}()
	// The driver in Python, which this process starts, learns the token by them.
	os.Unsetenv("RAY_AUTH_TOKEN")
	os.Setenv("RAY_AUTH_MODE", "token")
	os.Setenv("RAY_AUTH_TOKEN_PATH", c.TokenFile)
	return a.run(e, onRay, "--ray_address="+c.Address)
}
