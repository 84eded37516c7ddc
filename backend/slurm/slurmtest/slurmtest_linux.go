// Package slurmtest starts a Slurm for tests: a controller and one node on a
// machine of package netns, where nobody else reaches them.
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

// Cluster is a Slurm of one node with 8 CPUs.
type Cluster struct {
	Machine *netns.Machine
	// Conf is the value of SLURM_CONF for its programs.
	Conf string
}

// ArraySize is the MaxArraySize of a Cluster.
const ArraySize = 4

// ready is how long the node may take to be there.
const ready = time.Minute

// Start starts a cluster that ends with the test, and sets SLURM_CONF. Where
// Slurm isn't installed the test is skipped, or fails when CORPUSMILL_REQUIRE
// is all.
func Start(t *testing.T) *Cluster {
	t.Helper()
	for _, name := range []string{"slurmctld", "slurmd", "sbatch", "munged", "nsenter"} {
		if _, err := exec.LookPath(name); err != nil {
			netns.Skip(t, err.Error()+": slurmctld, slurmd, slurm-client and munge are needed")
		}
	}
	machine := netns.New(t, 1)[0]
	dir, err := os.MkdirTemp("", "cmslurm") // munge's socket needs a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	// The programs check that the folder can't be changed by others.
	for _, name := range []string{"", "state", "spool"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := &Cluster{Machine: machine, Conf: filepath.Join(dir, "slurm.conf")}
	key := make([]byte, 1024)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"munge.key":   string(key),
		"slurm.conf":  fmt.Sprintf(conf, dir, ArraySize),
		"cgroup.conf": "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SLURM_CONF", c.Conf)
	in := func(name string) string { return filepath.Join(dir, name) }
	c.start(t, "munged", "--foreground", "--force", "--socket="+in("munge.sock"), "--key-file="+in("munge.key"),
		"--pid-file="+in("munged.pid"), "--log-file="+in("munged.log"), "--seed-file="+in("munge.seed"))
	controller := c.start(t, "slurmctld", "-D", "-c")
	c.start(t, "slurmd", "-D", "-c")
	ctx, cancel := context.WithTimeout(t.Context(), ready)
	defer cancel()
	for {
		out, err := c.Command("sinfo", "--noheader", "--format=%T").CombinedOutput()
		if err == nil && strings.TrimSpace(string(out)) == "idle" {
			return c
		}
		select {
		case <-ctx.Done():
			t.Fatalf("Slurm isn't there after %v: %s: %v\n%s", ready, out, err, controller)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// start starts a program that ends with the machine, and returns what it says.
func (c *Cluster) start(t *testing.T, name string, args ...string) *bytes.Buffer {
	t.Helper()
	cmd := c.Command(name, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Machine.Kill()
		cmd.Wait() // it was killed
	})
	return &said
}

// Command is a command on the cluster. Unlike ip netns exec, nsenter leaves
// /sys as it is, where slurmd looks for control groups.
func (c *Cluster) Command(name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--net=/run/netns/" + c.Machine.Name, "--", name}, args...)...)
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
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[1]s/munge.sock
CredType=cred/munge
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=10000
SlurmdParameters=config_overrides
MaxArraySize=%[2]d
KillWait=1
MinJobAge=5
MpiDefault=none
NodeName=localhost CPUs=8 State=UNKNOWN
PartitionName=main Nodes=localhost Default=YES MaxTime=INFINITE State=UP
`
