package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"corpusmill/backend/local"
	"corpusmill/backend/queue"
	"corpusmill/backend/slurm"
	"corpusmill/exec"
	"corpusmill/recipe"
)

// slurmBackend is the backend of a recipe that runs on Slurm.
func slurmBackend(r *recipe.Recipe, now exec.Clock, logf func(string, ...any)) (exec.Backend, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &slurm.Backend{Timing: queue.Timing{Clock: now, Lost: time.Duration(r.WorkerTimeout) * time.Second}, Command: []string{self, "worker"}, Build: buildVersion().String(),
		Workers: slurmWorkers, Options: r.SlurmOptions, Logf: logf}
	if r.NPGiven {
		b.Workers = r.NP
	}
	return b, nil
}

// slurmWorkers is how many tasks run at once on Slurm when np doesn't say it.
const slurmWorkers = 100

// driverWorkers is how many workers this process has for its own part.
func driverWorkers(r *recipe.Recipe) int {
	switch r.Backend {
	case "local", "processes":
		return r.NP
	}
	return min(r.NP, runtime.NumCPU())
}

// leadAbsence is how long a worker that an engine has started waits for who
// has started it.
const leadAbsence = 2 * time.Minute

// serveSession works for the lead of a session until it is over.
func serveSession(e *env, f *flags) error {
	np, err := strconv.Atoi(f.values["np"])
	if err != nil || np < 1 {
		return usageError{fmt.Sprintf("worker --session needs --np, a number of tasks, not %q", f.values["np"])}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	w := &queue.Worker{
		Timing: queue.Timing{Clock: clock(), Absent: leadAbsence}, Name: f.values["name"], Slots: np, Build: buildVersion().String(), Once: true,
		Logf: func(format string, args ...any) { fmt.Fprintf(e.stderr, format+"\n", args...) },
		Engine: func(dir string) exec.Backend {
			return &local.Processes{Command: []string{self, "worker"}, Memory: e.allotted(np) / int64(np+1), Dir: dir}
		},
	}
	_, err = w.Follow(e.ctx, f.values["session"])
	return err
}

// allotted is the memory, in bytes, for np tasks: what Slurm gave the job, or
// else their share of the machine's.
func (e *env) allotted(np int) int64 {
	const mb = 1 << 20
	if n, err := strconv.ParseInt(e.getenv("SLURM_MEM_PER_NODE"), 10, 64); err == nil && n > 0 {
		return n * mb
	}
	if n, err := strconv.ParseInt(e.getenv("SLURM_MEM_PER_CPU"), 10, 64); err == nil && n > 0 {
		return n * mb * int64(np)
	}
	d := defaults()
	return d.Memory * int64(np) / int64(max(np, d.NP))
}
