// Package dasktest starts Dask clusters for tests.
package dasktest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/shim/shimtest"
	"corpusmill/internal/netns"
)

// Cluster is a scheduler, on the first machine, and workers, with TLS by a
// certificate that both sides show.
type Cluster struct {
	Machines []*netns.Machine
	Address  string // of the scheduler
	Python   string // runs on the first machine
	Bin      string // has the programs
	Dir      string // the cluster's own files
	Workers  []*shimtest.Daemon

	env []string
}

// Start starts a scheduler with one worker on each of n machines, or with none
// where workers is false. The cluster ends with the test.
func Start(t testing.TB, n int, workers bool) *Cluster {
	t.Helper()
	c := &Cluster{Bin: shimtest.Bin(t), Machines: netns.New(t, n), Dir: t.TempDir()}
	head := c.Machines[0]
	c.Python = head.Program(t, filepath.Join(c.Bin, "python"))
	c.Address = "tls://" + head.IP + ":8786"
	cert := certificate(t, c.Dir)
	for _, v := range []string{"CA_FILE", "CLIENT__CERT", "CLIENT__KEY", "SCHEDULER__CERT", "SCHEDULER__KEY", "WORKER__CERT", "WORKER__KEY"} {
		c.env = append(c.env, "DASK_DISTRIBUTED__COMM__TLS__"+v+"="+cert)
	}
	c.env = append(c.env, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=true")
	if !workers {
		return c
	}
	d := c.start(t, head, "scheduler", "--protocol", "tls", "--host", head.IP, "--port", "8786", "--no-dashboard")
	says(t, d, "Scheduler at:")
	for _, m := range c.Machines {
		says(t, c.Worker(t, m), "Registered to:")
	}
	return c
}

// Worker starts a worker of one thread and 1 GiB on a machine, and doesn't wait for it.
func (c *Cluster) Worker(t testing.TB, m *netns.Machine) *shimtest.Daemon {
	t.Helper()
	w := c.start(t, m, "worker", c.Address, "--host", m.IP, "--nworkers", "1", "--nthreads", "1",
		"--memory-limit", "1GiB", "--no-dashboard", "--local-directory", filepath.Join(c.Dir, m.Name))
	c.Workers = append(c.Workers, w)
	return w
}

// Script runs a Python program on the first machine until the test ends, and
// waits for it to say something.
func (c *Cluster) Script(t testing.TB, text, until string) *shimtest.Daemon {
	t.Helper()
	d := shimtest.Start(t, c.Machines[0], c.Dir, c.env, filepath.Join(c.Bin, "python"), "-c", text)
	says(t, d, until)
	return d
}

// Retire has the scheduler close the workers of a machine.
func (c *Cluster) Retire(t testing.TB, m *netns.Machine) {
	t.Helper()
	const text = `import distributed, sys
with distributed.Client(sys.argv[1]) as client:
    there = [a for a in client.scheduler_info(n_workers=-1)["workers"] if "//%s:" % sys.argv[2] in a]
    client.retire_workers(there)
    sys.exit(not there)`
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Python, "-c", text, c.Address, m.IP)
	cmd.Env = append(os.Environ(), c.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("no worker of %s is retired: %v\n%s", m.IP, err, out)
	}
}

func (c *Cluster) start(t testing.TB, m *netns.Machine, args ...string) *shimtest.Daemon {
	t.Helper()
	return shimtest.Start(t, m, c.Dir, c.env, filepath.Join(c.Bin, "dask"), args...)
}

// Setenv sets for the test what the cluster's drivers need.
func (c *Cluster) Setenv(t *testing.T) {
	for _, e := range c.env {
		k, v, _ := strings.Cut(e, "=")
		t.Setenv(k, v)
	}
}

func says(t testing.TB, d *shimtest.Daemon, text string) {
	t.Helper()
	d.Wait(t, func(context.Context) bool { return strings.Contains(d.Said(), text) })
}

// certificate makes a key with a certificate that is its own authority, in
// one file.
func certificate(t testing.TB, dir string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	out := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})...)
	path := filepath.Join(dir, "tls.pem")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
