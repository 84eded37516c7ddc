// Package raytest starts Ray clusters for tests.
package raytest

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/shim/shimtest"
	"corpusmill/internal/netns"
)

// Cluster is a Ray cluster of machines with one CPU each, unless Start is told
// otherwise, with token authentication. The first is the head and the one to drive from.
type Cluster struct {
	Machines []*netns.Machine
	Address  string // of the head
	Jobs     string // of the dashboard
	Python   string // runs on the head
	// Env is what the cluster's processes and drivers need.
	Env []string
	// Bin has the programs.
	Bin string
}

// patience is how long a node may take to be there.
const patience = 2 * time.Minute

// threshold is the variable with how many checks of a node fail before it is
// taken for lost.
const threshold = "RAY_health_check_failure_threshold"

// there ends with 0 when a node is part of the cluster.
const there = `import ray, sys
ray.init(sys.argv[1], logging_level="error")
sys.exit(sys.argv[2] not in [n["NodeManagerAddress"] for n in ray.nodes() if n["Alive"]])`

// Start starts a cluster of n nodes, which ends with the test. options are
// further ones of ray start, for each node.
func Start(t testing.TB, n int, options ...string) *Cluster {
	t.Helper()
	c := &Cluster{Bin: shimtest.Bin(t), Machines: netns.New(t, n)}
	head := c.Machines[0].IP
	c.Address, c.Jobs = head+":6379", "http://"+head+":8265"
	c.Python = c.Machines[0].Program(t, filepath.Join(c.Bin, "python"))
	dir, err := os.MkdirTemp("", "cmray") // sockets need a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte(rand.Text()+rand.Text()), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Env = []string{"RAY_AUTH_MODE=token", "RAY_AUTH_TOKEN_PATH=" + token, "RAY_USAGE_STATS_ENABLED=0",
		// A node that is gone is noticed in seconds.
		"RAY_health_check_period_ms=1000", "RAY_health_check_timeout_ms=2000", threshold + "=" + cmp.Or(os.Getenv(threshold), "3")}
	for i, m := range c.Machines {
		args := []string{"start", "--num-cpus=1", "--object-store-memory=100000000", "--disable-usage-stats", "--node-ip-address=" + m.IP}
		if i == 0 {
			args = append(args, "--head", "--port=6379", "--dashboard-host="+m.IP, "--temp-dir="+dir)
		} else {
			args = append(args, "--address="+c.Address)
		}
		c.start(t, m, dir, append(args, options...))
	}
	return c
}

// start starts a node, whose processes go on by themselves.
func (c *Cluster) start(t testing.TB, m *netns.Machine, dir string, args []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := m.Command(filepath.Join(c.Bin, "ray"), args...)
	said := &strings.Builder{}
	cmd.Env, cmd.Dir = append(append(os.Environ(), c.Env...), "TMPDIR="+dir), dir
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = said, said, time.Second
	defer context.AfterFunc(ctx, m.Kill)()
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatalf("ray %v: %v\n%s", args, err, said)
	}
	for {
		check := exec.CommandContext(ctx, c.Python, "-c", there, c.Address, m.IP)
		check.Env, check.Dir = cmd.Env, dir
		out, err := check.CombinedOutput()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the node %s isn't there after %s: %s\n%s", m.IP, patience, out, said)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// Setenv sets Env for the test.
func (c *Cluster) Setenv(t *testing.T) {
	for _, e := range c.Env {
		k, v, _ := strings.Cut(e, "=")
		t.Setenv(k, v)
	}
}
