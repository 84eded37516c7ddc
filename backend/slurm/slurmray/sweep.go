package slurmray

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"time"

	"golang.org/x/sync/errgroup"
)

// nodeTime is how long the sweeping of a node may take, and atOnce how many
// nodes are swept at once.
const (
	nodeTime = 30 * time.Second
	atOnce   = 16
)

// Sweep removes what keepers that were killed have left on nodes of an
// allocation, which has to be there still. keeper is Options.Keeper; with
// --sweep=JOB it runs SweepNode. The error names the nodes that it couldn't
// reach, or where something stays.
func Sweep(ctx context.Context, a *Allocation, nodes []Node, keeper []string) error {
	errs := make([]error, len(nodes))
	var all errgroup.Group
	all.SetLimit(atOnce)
	for i, n := range nodes {
		all.Go(func() error {
			ctx, stop := context.WithTimeout(ctx, nodeTime)
			defer stop()
			args := append([]string{"--jobid=" + a.Job, "--overlap", "--nodes=1", "--ntasks=1", "--nodelist=" + n.Name, "--cpu-bind=none",
				"--mpi=none", "--quiet"}, keeper...)
			c := osexec.CommandContext(ctx, "srun", append(args, "--sweep="+a.Job)...)
			c.Env, c.WaitDelay = stepEnviron(os.Environ()), time.Second
			if said, err := c.CombinedOutput(); err != nil {
				errs[i] = fmt.Errorf("on %s: srun: %w: %s", n.Name, err, bytes.TrimSpace(said))
			}
			return nil
		})
	}
	_ = all.Wait() // each error is in errs
	return errors.Join(errs...)
}
