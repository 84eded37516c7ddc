package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"corpusmill/backend/slurm/slurmray"
	"corpusmill/recipe"
)

func slurmCommand(e *env, args []string) error {
	switch append(args, "")[0] {
	case "ray":
		return e.slurmRay(args[1:])
	case "keeper":
		k := &slurmray.Keeper{Getenv: e.getenv, CPUs: runtime.NumCPU()}
		return k.Keep(e.ctx, e.stdin, e.stdout)
	}
	return usageError{"write slurm ray [--nodes N] process --config RECIPE ..."}
}

// slurmRay does a run on a Ray cluster of its own, on the nodes of a Slurm
// allocation: outside of one it submits a job.
func (e *env) slurmRay(args []string) error {
	own, err := takeFlags(args, nil, []string{"nodes"})
	if err != nil {
		return err
	}
	args = withoutProcess(own.rest)
	f, r, err := e.slurmRayRun(args)
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
	again := append([]string{self, "slurm", "ray", "process"}, args...)
	if !slurmray.Inside(e.getenv) {
		return e.slurmRayJob(f, r, max(nodes, 1), again)
	}
	a, err := slurmray.Find(e.ctx, e.getenv)
	if err != nil {
		return err
	}
	if nodes > 0 && nodes != len(a.Nodes) {
		return usageError{fmt.Sprintf("--nodes is %d, but job %s, in which this is, has %d: leave it out here", nodes, a.Job, len(a.Nodes))}
	}
	if first := a.Nodes[0].Name; a.Here != first {
		return e.onNode(first, again)
	}
	return e.onRay(f, r, a, self, args)
}

// withoutProcess leaves out -- and the name of the command process.
func withoutProcess(args []string) []string {
	args = slices.Clone(args)
	if i := slices.Index(args, "--"); i >= 0 {
		args = slices.Delete(args, i, i+1)
	}
	for i, a := range args {
		if a == "process" && (i == 0 || strings.Contains(args[i-1], "=") || !strings.HasPrefix(args[i-1], "--")) {
			return slices.Delete(args, i, i+1)
		}
	}
	return args
}

// slurmRayRun reads the command line and the recipe of the run. What the
// recipe has to tell is told when it runs.
func (e *env) slurmRayRun(args []string) (*flags, *recipe.Recipe, error) {
	f, err := takeFlags(args, []string{"json", "restart", "quiet", "q"}, []string{"config"})
	if err != nil {
		return nil, nil, err
	}
	over, _, err := recipe.ParseArgs(f.rest)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range over {
		if o.Key == "backend" || o.Key == "ray_address" {
			return nil, nil, usageError{fmt.Sprintf("%s can't be given with slurm ray, which sets it", o.Arg)}
		}
	}
	r, err := e.load(f)
	return f, r, err
}

// slurmRayJob submits the command as a job, and stays with it.
func (e *env) slurmRayJob(f *flags, r *recipe.Recipe, nodes int, command []string) error {
	if r.Export.Path == "-" {
		return usageError{"slurm ray needs an export_path in a folder that all nodes share: standard output isn't one"}
	}
	folder, _, err := runFolder(r.Job(nil).Output, r.WorkDir)
	if err != nil {
		return err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	j := &slurmray.Job{Name: "corpusmill-ray", Command: command, Nodes: nodes, Options: r.SlurmOptions, Folder: folder, Stdout: e.stdout, Stderr: e.stderr}
	if !f.set["quiet"] && !f.set["q"] {
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

// onNode gives the command on another node of the allocation. Signals reach
// it there.
func (e *env) onNode(node string, command []string) error {
	srun := osexec.CommandContext(e.ctx, "srun", append([]string{"--overlap", "--nodes=1", "--ntasks=1", "--nodelist=" + node, "--cpu-bind=none",
		"--mpi=none", "--quiet", "--disable-status"}, command...)...)
	srun.Stdin, srun.Stdout, srun.Stderr = nil, e.stdout, e.stderr
	srun.Cancel = func() error { return srun.Process.Signal(os.Interrupt) }
	srun.WaitDelay = nodeTime
	err := srun.Run()
	if exit := (*osexec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() > 0 && e.ctx.Err() == nil {
		return followed{exit.ExitCode(), fmt.Sprintf("the command on %s ended with exit code %d, as it says above", node, exit.ExitCode())}
	}
	return err
}

// nodeTime is how long an interrupted command on another node may take to end.
const nodeTime = 2 * time.Minute

// onRay starts Ray on the allocation, does the run and ends Ray.
func (e *env) onRay(f *flags, r *recipe.Recipe, a *slurmray.Allocation, self string, args []string) (err error) {
	o := slurmray.Options{Allocation: a, Python: r.Python, Keeper: []string{self, "slurm", "keeper"}}
	if !f.set["quiet"] && !f.set["q"] {
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
	return process(e, append(args, "--backend=ray", "--ray_address="+c.Address))
}
