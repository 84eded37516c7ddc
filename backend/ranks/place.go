// Package ranks runs one job as N copies of the same command, which a
// launcher starts with a rank each: jobs of DLC, indexed Jobs of Kubernetes,
// srun, mpirun, torchrun. Rank 0 has the plan and hands out the tasks, and all
// of them work. They meet at the run folder, which they share.
package ranks

import (
	"fmt"
	"strconv"
	"strings"
)

// Place is which of the copies this process is.
type Place struct {
	Rank int
	// Size is the number of copies; 0 when the launcher doesn't say.
	Size int
	// Job is what the launcher calls the job, "" when it has no name: restarted
	// ranks have the same, another job has another.
	Job string
	// Local is the number of copies on this machine, 1 when nothing says so.
	Local int
}

// launchers are the variables of a rank and of the number of ranks, in the
// order in which they count: what is set for this very job comes before what
// an allocation around it may have left.
var launchers = [][2]string{
	{"RANK", "WORLD_SIZE"},
	{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
	{"PMI_RANK", "PMI_SIZE"},
	{"JOB_COMPLETION_INDEX", "WORLD_SIZE"},
	{"SLURM_PROCID", "SLURM_NTASKS"},
}

// locals are the variables of the number of ranks on a machine.
var locals = []string{"LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"}

// jobs are the variables that together name a job.
var jobs = [][]string{{"CORPUSMILL_JOB"}, {"TORCHELASTIC_RUN_ID"}, {"PMIX_NAMESPACE"}, {"SLURM_JOB_ID", "SLURM_STEP_ID"}}

// Launcher is the variable by which a launcher tells this process its rank; ""
// when there is none.
func Launcher(getenv func(string) string) string {
	for _, l := range launchers {
		if getenv(l[0]) != "" {
			return l[0]
		}
	}
	return ""
}

// Find reads a rank from the environment, or from flags that come before it:
// rank and size, "" for none.
func Find(getenv func(string) string, rank, size string) (Place, error) {
	p := Place{Local: 1}
	from, sizeFrom := "--rank", "--world-size"
	for _, l := range launchers {
		if rank != "" {
			break
		}
		if rank = getenv(l[0]); rank != "" {
			from = l[0]
			if size == "" {
				size, sizeFrom = getenv(l[1]), l[1]
			}
		}
	}
	if rank == "" {
		var names []string
		for _, l := range launchers {
			names = append(names, l[0])
		}
		return p, fmt.Errorf("--backend ranks: which rank is this? None of %s is set: start it with a launcher, or give --rank and --world-size", strings.Join(names, ", "))
	}
	var err error
	if p.Rank, err = strconv.Atoi(rank); err != nil || p.Rank < 0 {
		return p, fmt.Errorf("%s is %q, which is no rank: ranks are whole numbers from 0", from, rank)
	}
	if size != "" {
		if p.Size, err = strconv.Atoi(size); err != nil || p.Size < 1 {
			return p, fmt.Errorf("%s is %q, which is no number of ranks", sizeFrom, size)
		}
		if p.Rank >= p.Size {
			return p, fmt.Errorf("%s is %d, but %s is %d: ranks go from 0 to %d", from, p.Rank, sizeFrom, p.Size, p.Size-1)
		}
	}
	for _, name := range locals {
		if n, err := strconv.Atoi(getenv(name)); err == nil && n > 0 {
			p.Local = n
			break
		}
	}
	for _, names := range jobs {
		if id := getenv(names[0]); id == "" || id == "none" {
			continue // torchrun's name for a job without one is none
		}
		var parts []string
		for _, name := range names {
			parts = append(parts, getenv(name))
		}
		p.Job = strings.Join(parts, ".")
		break
	}
	return p, nil
}
