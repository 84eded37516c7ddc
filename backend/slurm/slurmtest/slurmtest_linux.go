// Package slurmtest starts a Slurm for tests: a controller and its nodes on
// machines of package netns, where nobody else reaches them.
package slurmtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/internal/netns"
)

// Cluster is a Slurm whose nodes have 8 CPUs and 2 GPUs each, as far as Slurm
// knows.
type Cluster struct {
	// Machine has the controller and the first node, and is where commands run.
	Machine *netns.Machine
	// Machines are those of all nodes, which are named node1, node2 and so on.
	Machines []*netns.Machine
	// Conf is the value of SLURM_CONF for its programs.
	Conf string
}

// ArraySize is the MaxArraySize of a Cluster.
const ArraySize = 4

// ready is how long the nodes may take to be there.
const ready = time.Minute

// Start starts a cluster of one node that ends with the test, and sets
// SLURM_CONF. Where Slurm isn't installed the test is skipped, or fails when
// CORPUSMILL_REQUIRE is all.
func Start(t *testing.T) *Cluster {
	t.Helper()
	return StartNodes(t, 1)
}

// StartNodes is Start with n nodes.
func StartNodes(t *testing.T, n int) *Cluster {
	t.Helper()
	for _, name := range []string{"slurmctld", "slurmd", "sbatch", "munged", "nsenter", "unshare"} {
		if _, err := exec.LookPath(name); err != nil {
			netns.Skip(t, err.Error()+": slurmctld, slurmd, slurm-client and munge are needed")
		}
	}
	machines := netns.New(t, n)
	dir, err := os.MkdirTemp("", "cmslurm") // munge's socket needs a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	// The programs check that the folder can't be changed by others.
	folders := []string{"", "state"}
	nodes := ""
	for i, m := range machines {
		folders = append(folders, "spool-"+nodeName(i))
		nodes += fmt.Sprintf("NodeName=%s NodeAddr=%s CPUs=8 Gres=gpu:2 State=UNKNOWN\n", nodeName(i), m.IP)
	}
	for _, name := range folders {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := &Cluster{Machine: machines[0], Machines: machines, Conf: filepath.Join(dir, "slurm.conf")}
	key := make([]byte, 1024)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"munge.key":   string(key),
		"slurm.conf":  fmt.Sprintf(conf, dir, ArraySize, machines[0].IP) + nodes,
		"gres.conf":   "Name=gpu File=/dev/null\nName=gpu File=/dev/zero\n", // any devices do
		"cgroup.conf": "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SLURM_CONF", c.Conf)
	in := func(name string) string { return filepath.Join(dir, name) }
	c.start(t, 0, "munged", "--foreground", "--force", "--socket="+in("munge.sock"), "--key-file="+in("munge.key"),
		"--pid-file="+in("munged.pid"), "--log-file="+in("munged.log"), "--seed-file="+in("munge.seed"))
	said := []*bytes.Buffer{c.start(t, 0, "slurmctld", "-D", "-c")}
	for i := range machines {
		said = append(said, c.start(t, i, "slurmd", "-D", "-c"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), ready)
	defer cancel()
	for {
		out, err := c.Command("sinfo", "--noheader", "--format=%T %D").CombinedOutput()
		if err == nil && strings.TrimSpace(string(out)) == fmt.Sprint("idle ", n) {
			return c
		}
		select {
		case <-ctx.Done():
			c.Machine.Kill()
			t.Fatalf("Slurm isn't there after %v: %s: %v\n%s", ready, out, err, said)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func nodeName(i int) string { return fmt.Sprint("node", i+1) }

// start starts a program that ends with the node's machine, and returns what
// it says. On the machine it is the node by name, which is how slurmd finds
// out which one it is.
func (c *Cluster) start(t *testing.T, node int, name string, args ...string) *bytes.Buffer {
	t.Helper()
	named := append([]string{"--uts", "--mount", "sh", "-c", `hostname "$0" && exec "$@"`, nodeName(node), name}, args...)
	m := c.Machines[node]
	cmd := enter(m, "unshare", named...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.Kill()
		cmd.Wait() // it was killed
	})
	return &said
}

// Command is a command on the cluster.
func (c *Cluster) Command(name string, args ...string) *exec.Cmd {
	return enter(c.Machine, name, args...)
}

// enter is a command on a machine. Unlike ip netns exec, nsenter leaves /sys
// as it is, where slurmd looks for control groups.
func enter(m *netns.Machine, name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--net=/run/netns/" + m.Name, "--", name}, args...)...)
}

// Lose has a node fail: all that runs on it is killed, and Slurm is told. The
// first node can't be lost.
func (c *Cluster) Lose(t testing.TB, node int) {
	t.Helper()
	c.Machines[node].Kill()
	out, err := c.Command("scontrol", "update", "nodename="+nodeName(node), "state=down", "reason=lost").CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// Queue is what squeue lists, a line for each job of an array.
func (c *Cluster) Queue(t testing.TB) []string {
	t.Helper()
	out, err := c.Command("squeue", "--noheader", "--array", "--format=%F_%K %T %j").Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

const conf = `ClusterName=test
SlurmctldHost=node1(%[3]s)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[1]s/munge.sock
CredType=cred/munge
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool-%%n
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd-%%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=10000
SlurmdParameters=config_overrides
MaxArraySize=%[2]d
KillWait=10
MinJobAge=5
MpiDefault=none
GresTypes=gpu
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`
