package slurmray

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"corpusmill/internal/child"
)

// Options are how a cluster is started.
type Options struct {
	Allocation *Allocation
	// Python has Ray, on every node; "python3" when empty.
	Python string
	// Keeper is the program and its arguments that run Keeper.Keep on standard
	// input and output. It has to be there on every node.
	Keeper []string
	// Join is how long nodes may take to join, 5 min by default.
	Join time.Duration
	// Logf is told of nodes that are lost; nil for silence.
	Logf func(format string, args ...any)
}

// Cluster is a Ray cluster on the nodes of an allocation. The caller has to run
// on the first.
type Cluster struct {
	// Address is HOST:PORT of the head.
	Address string
	// TokenFile has the token for RAY_AUTH_TOKEN_PATH. It is on the first node.
	TokenFile string

	srun   *osexec.Cmd
	in     io.WriteCloser
	stderr child.Tail
	gone   chan struct{} // closed when srun has ended

	allocation *Allocation
	keeper     []string

	logf  func(format string, args ...any)
	mu    sync.Mutex
	clear map[string]bool // nodes on which nothing of Ray is left
	end   error           // how srun ended
	shut  bool            // Close was called
}

// closeTime is how long srun may take to end when the keepers are told to.
const closeTime = time.Minute

// Start starts Ray on all nodes and returns when they have joined, or names
// those that haven't. Nothing is left of the cluster after an error.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Join <= 0 {
		o.Join = 5 * time.Minute
	}
	if o.Python == "" {
		o.Python = "python3"
	}
	c := &Cluster{stderr: child.Tail{Max: 4 << 10}, gone: make(chan struct{}), logf: o.Logf,
		allocation: o.Allocation, keeper: o.Keeper, clear: map[string]bool{}}
	n := fmt.Sprint(len(o.Allocation.Nodes))
	c.srun = osexec.Command("srun", append([]string{"--overlap", "--nodes=" + n, "--ntasks=" + n, "--ntasks-per-node=1",
		"--no-kill", "--kill-on-bad-exit=0", "--wait=0", "--cpu-bind=none", "--mpi=none", "--job-name=ray", "--quiet"}, o.Keeper...)...)
	c.srun.Env = stepEnviron(os.Environ())
	c.srun.Stderr, c.srun.WaitDelay = &c.stderr, time.Second
	child.Tie(c.srun)
	var err error
	if c.in, err = c.srun.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.srun.StdoutPipe()
	if err != nil {
		return nil, err
	}
	reports := make(chan report)
	started := make(chan error)
	go c.own(out, reports, started)
	if err := <-started; err != nil {
		return nil, err
	}
	if err := c.join(ctx, o, reports); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	go func() {
		for r := range reports {
			c.lost(r)
		}
	}()
	return c, nil
}

// own starts srun and stays with it to its end, on one thread.
func (c *Cluster) own(out io.Reader, reports chan<- report, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.srun.Start()
	started <- err
	if err != nil {
		return
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var r report
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			if r.Clear {
				c.mu.Lock()
				c.clear[r.Node] = true
				c.mu.Unlock()
				continue
			}
			reports <- r
			continue
		}
		c.stderr.Write(append(lines.Bytes(), '\n'))
	}
	err = c.srun.Wait()
	c.mu.Lock()
	c.end = err
	c.mu.Unlock()
	close(c.gone)
	close(reports)
}

// join tells the keepers what to do until all have joined. It takes all
// reports until then, and after an error those that come later.
func (c *Cluster) join(ctx context.Context, o Options, reports <-chan report) (err error) {
	defer func() {
		if err != nil {
			go func() {
				for range reports {
				}
			}()
		}
	}()
	late := time.NewTimer(o.Join)
	defer late.Stop()
	if err := c.say(order{Job: o.Allocation.Job, Python: o.Python, Token: rand.Text() + rand.Text(), Nodes: o.Allocation.Nodes,
		Grace: grace(o.Allocation.KillWait)}); err != nil {
		return err
	}
	missing := []string{}
	for _, n := range o.Allocation.Nodes {
		missing = append(missing, n.Name)
	}
	for len(missing) > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return fmt.Errorf("after %v these nodes of job %s are not part of the Ray cluster: %s%s", o.Join, o.Allocation.Job, strings.Join(missing, ", "), c.words())
		case r, ok := <-reports:
			switch {
			case !ok:
				return fmt.Errorf("srun ended before Ray was there: %w%s", c.how(), c.words())
			case r.Err != "":
				return errors.New(r.Err)
			}
			missing = slices.DeleteFunc(missing, func(name string) bool { return name == r.Node })
			if r.Address != "" {
				c.Address, c.TokenFile = r.Address, r.Token
				if err := c.say(order{Head: r.Address}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *Cluster) say(o order) error {
	err := json.NewEncoder(c.in).Encode(o)
	if err != nil {
		return fmt.Errorf("telling the nodes of the Ray cluster what to do: %w%s", err, c.words())
	}
	return nil
}

// lost takes the report of a node that is no part of the cluster any more.
func (c *Cluster) lost(r report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.shut && c.logf != nil && r.Err != "" {
		c.logf("%s", r.Err)
	}
}

func (c *Cluster) how() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end == nil {
		return errors.New("without an error")
	}
	return c.end
}

// words are the last lines of what srun and the keepers said.
func (c *Cluster) words() string {
	if s := c.stderr.String(); s != "" {
		return "\n  " + strings.ReplaceAll(s, "\n", "\n  ")
	}
	return ""
}

// Close ends Ray on all nodes, and removes what keepers that were killed have
// left there.
func (c *Cluster) Close() error {
	c.mu.Lock()
	c.shut = true
	c.mu.Unlock()
	c.in.Close() // it may be closed already, when srun has ended
	select {
	case <-c.gone:
	case <-time.After(closeTime):
		child.KillGroup(c.srun)
		return fmt.Errorf("Ray's nodes haven't ended within %v: they end with job %s%s", closeTime, c.allocation.Job, c.words())
	}
	var left []Node
	c.mu.Lock()
	for _, n := range c.allocation.Nodes {
		if !c.clear[n.Name] {
			left = append(left, n)
		}
	}
	c.mu.Unlock()
	if err := Sweep(context.Background(), c.allocation, left, c.keeper); err != nil && c.logf != nil {
		c.logf("files of Ray may be left: %v", err)
	}
	return nil
}

// grace is how long a keeper waits for the lead when Slurm ends the job: the
// rest of the time is for Ray's processes to end in.
func grace(killWait time.Duration) time.Duration {
	return max(min(killWait/3, 10*time.Second), time.Second)
}

// stepEnviron is the environment for srun. What the job or a step around it
// was given for each of its tasks is no part of what a keeper gets: it has all
// of its node.
func stepEnviron(env []string) []string {
	return slices.DeleteFunc(env, func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "SLURM_NTASKS", "SLURM_NPROCS", "SLURM_NNODES", "SLURM_JOB_NUM_NODES", "SLURM_DISTRIBUTION", "SLURM_EXACT", "SLURM_EXCLUSIVE",
			"SLURM_CPUS_PER_TASK", "SRUN_CPUS_PER_TASK", "SLURM_TRES_PER_TASK", "SLURM_NTASKS_PER_NODE", "SLURM_TASKS_PER_NODE",
			"SLURM_NTASKS_PER_CORE", "SLURM_NTASKS_PER_SOCKET", "SLURM_NTASKS_PER_GPU", "SLURM_GPUS_PER_TASK", "SLURM_THREADS_PER_CORE":
			return true
		}
		return strings.HasPrefix(name, "SLURM_CPU_BIND") || strings.HasPrefix(name, "SLURM_MEM_BIND") || strings.HasPrefix(name, "SLURM_GPU_BIND")
	})
}
